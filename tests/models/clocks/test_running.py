from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from models.clocks.packs import load_pack
from models.clocks.running import level_of, next_moment, passed_at, pressing, started
from models.engine import Engine
from models.params import Params, load_params
from models.reasons import reasons_for
from models.rows import decode_row, encode_row
from schemas.actions import Action
from schemas.labels import Complaint
from schemas.ticks import Tick
from tests.support.core import Core, told

CHINA, UK = load_pack("cn"), load_pack("uk")
NONE, YELLOW, ORANGE, RED = 0, 2, 3, 4


def at(month: int, day: int, hour: float = 0) -> datetime:
    return datetime(2026, month, day, int(hour), int(hour % 1 * 60), tzinfo=UTC)


def due(jurisdiction: object, when: datetime) -> list[datetime]:
    clocks = started(jurisdiction, "internal", when.timestamp())  # type: ignore[arg-type]
    return [datetime.fromtimestamp(clock.due_at, UTC) for clock in clocks]


def test_days_end_at_midnight_of_local_time() -> None:
    # 02:00 in China on 3 March: the days count from there, and the 18th ends at 16:00 UTC.
    assert due(CHINA, at(3, 2, 18)) == [at(3, 18, 16), at(4, 2, 16), at(5, 2, 16)]


def test_business_days_leave_out_holidays() -> None:
    # Received on the Thursday before Easter: Good Friday, the week-end and Easter Monday do not count.
    assert due(UK, at(4, 2, 10))[0] == at(4, 9, 17)
    assert due(UK, at(4, 2, 10))[1] == at(5, 29)


@pytest.mark.parametrize(
    ("day", "level"), [(2, NONE), (9, NONE), (10, YELLOW), (14, ORANGE), (16, ORANGE), (17, RED), (40, RED)]
)
def test_a_clock_presses_more_and_more(day: int, level: int) -> None:
    clocks = started(CHINA, "regulator", at(3, 2).timestamp())
    when = at(3, day) if day < 32 else at(4, day - 31)

    assert level_of(clocks, when.timestamp()) == level


def test_a_source_that_does_not_count_starts_no_clock() -> None:
    only = UK.model_copy(update={"counts_as_complaint": ("regulator",)})

    assert started(only, "internal", 0.0) == []
    assert len(started(only, "regulator", 0.0)) == 2


def test_the_clock_that_ends_next_is_the_one_to_name() -> None:
    clocks = started(CHINA, "internal", at(3, 2).timestamp())

    assert pressing(clocks, at(3, 3).timestamp()) == clocks[0]
    assert pressing(clocks, at(3, 20).timestamp()) == clocks[1]
    assert pressing(clocks, at(12, 1).timestamp()) == clocks[2]
    assert passed_at(clocks, at(3, 3).timestamp()) == 0
    assert next_moment(clocks, at(12, 1).timestamp()) is None


def complaint(when: datetime, number: int = 1, **given: object) -> Complaint:
    return Complaint.model_validate(
        {"event_id": f"c{number}", "occurred_at": when, "customer_id": "c_1", "source": "regulator", **given}
    )


def resolved(when: datetime) -> Action:
    return Action(event_id="r", occurred_at=when, customer_id="c_1", action="resolved")


def tick(when: datetime) -> Tick:
    return Tick(at=when, partition=0)


def core(pack: str | None = "cn") -> Core:
    return Core(load_params(None, None, pack))


def test_time_alone_opens_and_raises_the_alert_of_an_open_complaint() -> None:
    one = core()

    alerts = one.alerts(complaint(at(3, 2)), tick(at(3, 17)))

    assert told(alerts) == [
        ("statutory_clock", "opened", "yellow"),
        ("statutory_clock", "raised", "orange"),
        ("statutory_clock", "raised", "red"),
    ]
    assert alerts[0].at == datetime.fromtimestamp(started(CHINA, "regulator", at(3, 2).timestamp())[0].yellow_at, UTC)
    assert alerts[0].reasons[0].code == "statutory_clock"
    assert alerts[0].reasons[0].numbers["hours"] == pytest.approx(alerts[0].reasons[0].numbers["days"] * 12, abs=0.1)


def test_without_a_pack_no_clock_runs() -> None:
    assert core(None).alerts(complaint(at(3, 2)), tick(at(3, 17))) == []
    assert Params().jurisdiction.clocks == ()


def test_an_answer_stops_the_clock() -> None:
    one = core()
    one.take(complaint(at(3, 2)), tick(at(3, 11)))

    assert told(one.alerts(resolved(at(3, 12)))) == [("statutory_clock", "resolved", "yellow")]
    assert one.alerts(tick(at(6, 12))) == []


def test_so_does_a_withdrawal() -> None:
    one = core()

    assert one.alerts(complaint(at(3, 2)), complaint(at(3, 5), 2, withdrawn=True), tick(at(3, 25))) == []


def test_a_second_complaint_gives_the_first_no_more_time() -> None:
    one = core()
    one.take(complaint(at(3, 2)), tick(at(3, 11)))

    assert one.alerts(complaint(at(3, 12), 2)) == []
    assert told(one.alerts(tick(at(3, 17)))) == [
        ("statutory_clock", "raised", "orange"),
        ("statutory_clock", "raised", "red"),
    ]


def test_a_clock_survives_a_restart() -> None:
    whole, first = core(), core()
    messages = [complaint(at(3, 2)), tick(at(3, 11)), tick(at(3, 15)), tick(at(3, 17)), resolved(at(3, 18))]
    expected = whole.alerts(*messages)
    begun = first.alerts(*messages[:2])
    second = Core(first.engine.params)
    second.states = {key: decode_row(encode_row(state)) for key, state in first.states.items()}
    own = first.engine.partition_rows()
    second.engine = Engine(first.engine.params, epoch="test")
    rows = {key: encode_row(state) for key, state in second.states.items()}
    second.engine.restore(rows.items(), next(iter(own.values())), None)

    assert begun + second.alerts(*messages[2:]) == expected


def test_the_reason_calls_the_clock_as_the_pack_does() -> None:
    (opened,) = core().alerts(complaint(at(3, 2)), tick(at(3, 10)))

    assert "“作出处理决定，15 日”还剩" in opened.reasons[0].text.zh
    assert "(decision, 15 days) is over in" in opened.reasons[0].text.en


def test_a_clock_that_is_over_is_said_to_be_over_though_a_longer_one_runs() -> None:
    one = core()
    one.take(complaint(at(3, 2)), tick(at(3, 17)))
    why = reasons_for("statutory_clock", one.states["c_1"], at(3, 22).timestamp(), 0.0, one.engine.params)[0]

    assert "“作出处理决定，15 日”已过 104 小时" in why.text.zh
    assert "was over 104 h ago" in why.text.en
    assert why.numbers["overdue_hours"] == -why.numbers["hours"] == 104


@pytest.mark.parametrize("changed", [{}, {"clocks": ()}])
def test_without_the_pack_that_named_it_the_clock_is_spoken_of_without_a_name(changed: dict[str, object]) -> None:
    one = core()
    one.take(complaint(at(3, 2)), tick(at(3, 10)))
    state = one.states["c_1"]
    state.clocks = [clock._replace(name="of another pack") for clock in state.clocks]
    params = one.engine.params.model_copy(update={"jurisdiction": CHINA.model_copy(update=changed)})

    why = reasons_for("statutory_clock", state, state.clock, 0.0, params)[0]

    assert "of another pack" not in why.text.en
    assert why.text.en.startswith("The time that the law gives the complaint is over in")


def test_a_name_with_braces_is_a_name() -> None:
    rules = tuple(rule.model_copy(update={"zh": "{回复}", "en": "{answer}"}) for rule in CHINA.clocks)
    params = Params(jurisdiction=CHINA.model_copy(update={"clocks": rules}))
    (opened,) = Core(params).alerts(complaint(at(3, 2)), tick(at(3, 10)))

    assert "({answer}, 15 days)" in opened.reasons[0].text.en


def test_a_clock_of_a_row_of_before_has_no_name() -> None:
    one = core()
    one.take(complaint(at(3, 2)))
    state = one.states["c_1"]
    values = orjson.loads(encode_row(state))
    assert values[-1][0][-1] == "decision"
    values[-1] = [clock[:-1] for clock in values[-1]]

    assert [clock.name for clock in decode_row(orjson.dumps(values)).clocks] == ["", "", ""]


def test_business_days_are_called_so() -> None:
    one = Core(Params(jurisdiction=UK))
    (opened, *_) = one.alerts(complaint(at(4, 2, 10)), tick(at(4, 8)))

    assert "(summary resolution, 3 business days)" in opened.reasons[0].text.en
    assert "“简易结案，3 个工作日”" in opened.reasons[0].text.zh
