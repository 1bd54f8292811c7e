from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

from rich.cells import cell_len
from rich.console import Console

from foreshock.handling.figures import SHOWN_OWNERS, Load, OwnerFigures, lines, rows
from foreshock.handling.following import Handling
from foreshock.handling.telling import table, told, whole_percents
from schemas.alerts import Alert, Transition
from tests.support.alerts import alert
from tests.support.events import START
from tests.support.suppressions import suppression


def one(name: str, transition: Transition = "opened", sequence: int = 0, hour: float = 0, **more: Any) -> Alert:
    values = {"customer_key": name, "at": START + timedelta(hours=hour), "opened_at": START, **more}
    return alert(name, sequence, transition=transition, **values)


def handled(*transitions: Alert) -> Handling:
    handling = Handling()
    for each in transitions:
        handling.take(each)
    return handling


def figures(handling: Handling) -> dict[str, dict[str, float]]:
    return {figure.name: figure.values for figure in lines(handling)}


def of(handling: Handling, name: str) -> OwnerFigures:
    (found,) = [row for row in rows(handling) if row.name == name]
    return found


def test_nothing_is_said_of_nothing() -> None:
    assert rows(Handling()) == []
    assert figures(Handling()) == {}
    assert table(Handling(), is_chinese=False) is None


def test_the_load_is_per_owner_and_day_of_alerts_that_ask_for_a_call() -> None:
    handling = handled(
        one("a", org_path="HQ/A/1", owner="a desk"),
        one("b", org_path="HQ/A/2", owner="a desk", hour=1),
        one("c", org_path="HQ/B", hour=48),
        one("watch only", org_path="HQ/B", level="blue"),
    )

    assert of(handling, "a desk").load == Load(2 / 3, 0, 2, 2)
    assert of(handling, "HQ/B").load == Load(1 / 3, 0, 1, 1)
    assert rows(handling)[-1].load == Load(3 / 6, 0, 2, 2)
    assert [row.alerts for row in rows(handling)] == [2, 1, 3]


def test_an_alert_is_taken_once_and_by_whoever_was_first() -> None:
    handling = handled(
        one("a"),
        one("a", "acknowledged", 1, hour=2),
        one("a", "acknowledged", 1, hour=2),
        one("a", "lapsed", 2, hour=80),
        one("a", "resolved", 3, hour=90),
        one("b"),
        one("b", "dismissed", 1, hour=10),
        one("c"),
        one("c", "expired", 1, hour=80),
        one("d", hour=3),
    )

    (row,) = rows(handling)
    assert (row.alerts, row.taken, row.take_hours) == (4, 2, (6.0, 10.0))
    assert row.ends == {"resolved": 1, "dismissed": 1, "expired": 1, "complained": 0, "open": 1}


def test_an_alert_that_is_opened_again_is_open() -> None:
    handling = handled(one("a"), one("a", "resolved", 1, hour=2), one("a", "reopened", 2, hour=3))

    assert rows(handling)[0].ends["open"] == 1
    assert rows(handling)[0].ends["resolved"] == 0


def test_what_goes_up_stays_with_whom_it_began_and_comes_to_whom_it_came() -> None:
    handling = handled(
        one("a", owner="desk"),
        one("a", "escalated", 1, hour=4, owner="office"),
        one("a", "escalated", 2, hour=8, owner="head"),
        one("a", "escalated", 1, hour=4, owner="office"),
    )

    found = {row.name: (row.alerts, row.went_up, row.came_up) for row in rows(handling)}
    assert found == {"desk": (1, 2, 0), "head": (0, 0, 1), "office": (0, 0, 1), "": (1, 2, 2)}


def test_what_the_cap_held_back_counts_for_the_owner_of_the_unit_and_once_per_alert() -> None:
    handling = handled(one("told", org_path="HQ/A", owner="desk"))
    for each in (
        suppression("a", "capacity", 1, org_path="HQ/A"),
        suppression("a", "capacity", 2, org_path="HQ/A"),
        suppression("b", "capacity", 3, org_path="HQ/B"),
        suppression("c", "silence", 4, org_path="HQ/A"),
        suppression("d", "capacity", 5, org_path="HQ/A", level="blue"),
    ):
        handling.take_suppression(each)

    assert {row.name: row.capped for row in rows(handling)} == {"desk": 1, "HQ/B": 1, "": 2}


def test_leads_are_of_alerts_that_a_complaint_followed() -> None:
    transitions = []
    for name, hours in (("a", 6.0), ("b", 30.0), ("c", 50.0), ("d", 90.0)):
        transitions += [one(name), one(name, "complained", 1, hour=hours, lead_seconds=hours * 3_600)]

    assert figures(handled(*transitions))["lead"] == {
        "count": 4,
        "hours": 40.0,
        "lower": 6.0,
        "upper": 50.0,
        "long": 3 / 4,
    }


def test_what_was_held_back_is_joined_with_complaints_and_compared_with_what_was_told_at_once() -> None:
    handling = Handling()
    for each in (
        suppression("a", "silence"),
        suppression("a", "silence"),
        suppression("b", "inhibit"),
        suppression("a", "complained_after", 4),
        suppression("c", "dedup"),
        suppression("blue", "silence", 5, level="blue"),
        suppression("blue", "complained_after", 6, level="blue"),
    ):
        handling.take_suppression(each)
    for transition in (one("b", "told", 1, hour=5), one("e"), one("f"), one("f", "complained", 1, hour=9)):
        handling.take(transition)

    found = figures(handling)
    assert found["held back"] == {"dedup": 1, "inhibit": 1, "silence": 2}
    assert found["silent"] == {"alerts": 2, "complained": 1, "share": 0.5, "told": 1}
    assert found["told"] == {"alerts": 2, "complained": 1, "share": 0.5}


def test_of_many_owners_those_with_the_most_alerts_have_rows_and_the_others_one_together() -> None:
    transitions = [
        one(f"{owner}-{number}", owner=f"desk {owner:02}", org_path=f"HQ/{owner}")
        for owner in range(SHOWN_OWNERS + 5)
        for number in range(owner + 1)
    ]
    handling = handled(*transitions)

    found = rows(handling)
    assert [row.name for row in found[:2]] == [f"desk {SHOWN_OWNERS + 4:02}", f"desk {SHOWN_OWNERS + 3:02}"]
    assert [row.owners for row in found[-2:]] == [5, SHOWN_OWNERS + 5]
    assert sum(row.alerts for row in found[:-1]) == found[-1].alerts == len(transitions)


def test_shares_that_are_shown_add_up() -> None:
    for counts in ([1, 1, 1], [2, 3, 7, 0, 1], [1] * 7, [0, 0, 5]):
        assert sum(whole_percents(counts)) == 100
    assert whole_percents([0, 0]) == [0, 0]


def shown(handling: Handling, *, is_chinese: bool) -> list[str]:
    console = Console(width=100, file=StringIO(), record=True)
    console.print(table(handling, is_chinese=is_chinese))
    return [line.rstrip() for line in console.export_text().splitlines()]


def story() -> Handling:
    handling = handled(
        one("a", owner="desk", org_path="HQ/A"),
        one("a", "acknowledged", 1, hour=1.5),
        one("a", "resolved", 2, hour=20),
        one("b", owner="desk", org_path="HQ/A", hour=30),
        one("b", "escalated", 1, hour=34, owner="head"),
        one("b", "complained", 2, hour=50, lead_seconds=50 * 3_600.0),
    )
    handling.take_suppression(suppression("c", "capacity", org_path="HQ/A"))
    return handling


def test_the_table_is_as_reviewed_in_english() -> None:
    assert shown(story(), is_chinese=False) == ENGLISH.splitlines()


def test_the_table_is_as_reviewed_in_chinese() -> None:
    assert shown(story(), is_chinese=True) == CHINESE.splitlines()


def test_the_lines_are_as_reviewed_in_both_languages() -> None:
    assert list(told(story(), is_chinese=False)) == [
        ("lead time", "median 50 h (middle half 50 to 50) over 1 that complained, 100% a day or more"),
        ("held back by rule", "capacity 1"),
        ("held back and complained", "0 of 1 alerts held back (0.0%); told later: 0"),
        ("told at once and complained", "1 of 2 alerts never held back (50.0%)"),
    ]
    assert list(told(story(), is_chinese=True)) == [
        ("提前量", "1 起投诉的中位数 50 小时（中间一半 50 至 50），100% 提前一日以上"),
        ("按规则未推送", "超出当日处理量 1"),
        ("未推送而后投诉", "未推送 1 条中 0 条（0.0%）；0 条后来已推送"),
        ("及时推送而后投诉", "从未被搁置的 2 条中 1 条（50.0%）"),
    ]


def test_units_do_not_repeat_what_they_have_in_common() -> None:
    units = [one(name, org_path=f"HQ/Guangdong/Shenzhen/{name}") for name in ("Futian", "Longgang")]

    drawn = "\n".join(shown(handled(*units), is_chinese=False))

    assert "…/Longgang" in drawn
    assert "HQ" not in drawn


def test_the_heading_has_two_lines_and_figures_of_a_large_company_fit_a_hundred_columns() -> None:
    transitions = [
        each
        for number in range(1_200)
        for each in (
            one(f"{number}", owner=f"desk-in-{number % 30:04}", org_path=f"HQ/{number % 30}"),
            one(f"{number}", "escalated", 1, hour=150, owner="head"),
            one(f"{number}", "acknowledged", 2, hour=200),
        )
    ]
    handling = handled(*transitions)

    for is_chinese in (False, True):
        _, _, first, *_ = drawn = shown(handling, is_chinese=is_chinese)
        assert first.startswith("desk-in-")
        assert max(map(cell_len, drawn)) <= 100
        assert not any("…" in line for line in drawn)
        assert "200/200" in first


ENGLISH = """\
                     a day: mean       after h        %     %       %      %    %   went/
owner        alerts /p50/p90/max taken p50/p90 resolved false expired compl. open came up capped
desk              2   1.00/1/1/1   50% 1.5/1.5       50     0       0     50    0     1/0      1
head              0   0.00/0/0/0     -       -        -     -       -      -    -     0/1      0
all 2             2   1.00/1/1/1   50% 1.5/1.5       50     0       0     50    0     1/1      1
"""
CHINESE = """\
                    每日：均值/      几小时后      %    %    %    %    % 上报/
负责人       预警 中位/P90/最多 接手 中位/P90 已处理 误报 失效 投诉 未结  收到 超额
desk            2    1.00/1/1/1  50%  1.5/1.5     50    0    0   50    0   1/0    1
head            0    0.00/0/0/0    -        -      -    -    -    -    -   0/1    0
全部 2 位       2    1.00/1/1/1  50%  1.5/1.5     50    0    0   50    0   1/1    1
"""
