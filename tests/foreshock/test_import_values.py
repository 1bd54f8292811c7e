"""How cells become values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreshock.importing.cells import decimal_of, seconds_of
from foreshock.importing.conditions import compiled_when
from foreshock.importing.fields import Value
from foreshock.importing.mapping import Rule
from foreshock.importing.reading import compiled, items_of
from schemas.errors import UnreadableMessageError

EMPTY = frozenset({"NULL", "无"})


def read(cells: dict[str, Any], **value: Any) -> Any:
    return compiled(Value.model_validate(value), EMPTY)(cells)


def refusal(cells: dict[str, Any], **value: Any) -> str:
    with pytest.raises(UnreadableMessageError) as caught:
        read(cells, **value)
    return caught.value.detail


@pytest.mark.parametrize("cell", ["", "  ", "\u3000", "NULL", " 无 ", None])
def test_an_empty_cell_leaves_the_field_out_or_gives_the_default(cell: Any) -> None:
    assert read({"a": cell}, column="a") is None
    assert read({"a": cell}, column="a", default="x") == "x"
    assert read({"a": cell, "b": "y"}, column=["a", "b"]) == "y"


def test_blanks_around_text_are_no_part_of_it() -> None:
    assert read({"a": "\u3000客户 一 "}, column="a") == "客户 一"


def test_a_template_is_empty_when_one_of_its_columns_is() -> None:
    assert read({"a": "1", "b": 2}, template="{a}/x/{b}") == "1/x/2"
    assert read({"a": "1", "b": ""}, template="{a}/x/{b}") is None


def test_dots_reach_into_json() -> None:
    cells = {"a": {"b": [{"c": "deep"}]}, "x.y": "literal"}

    assert read(cells, column="a.b.0.c") == "deep"
    assert read(cells, column="a.b.1.c") is None
    assert read(cells, column="a.b.c") is None
    assert read(cells, column="x.y") == "literal"


def test_the_elements_of_a_list_become_words() -> None:
    assert read({"a": [17, 4]}, column="a", words="w{}") == "w17 w4"
    assert read({"a": ["x"]}, column="a", words="{}") == "x"
    assert read({"a": None}, column="a", words="w{}") is None
    assert refusal({"a": "17"}, column="a", words="w{}") == "not a list"


def test_words_are_mapped_and_the_rest_stays_or_becomes_otherwise() -> None:
    assert read({"a": "是"}, column="a", map={"是": True}) is True
    assert read({"a": "也许"}, column="a", map={"是": True}) == "也许"
    assert read({"a": "也许"}, column="a", map={"是": True}, otherwise=False) is False
    assert read({"a": True}, column="a", map={"true": "yes"}) == "yes"
    assert read({"a": 3}, column="a", map={"3": "app"}) == "app"


def test_several_words_in_a_cell_are_split_and_mapped() -> None:
    assert read({"a": "老人、无、 病"}, column="a", split="、", map={"老人": "elder"}) == ["elder", "病"]


@pytest.mark.parametrize(
    ("cell", "how", "expected"),
    [
        ("12.30", {"unit": "yuan"}, 1230),
        ("¥1,234,567.89", {"unit": "yuan"}, 123_456_789),
        ("0.29", {"unit": "yuan"}, 29),
        ("3.2", {"unit": "wan_yuan"}, 3_200_000),
        ("５００ 元", {"unit": "fen"}, 500),
        ("1.5", {"unit": "minutes"}, 90),
        ("250", {"unit": "milliseconds"}, 0.25),
        ("1:02:03", {"unit": "clock"}, 3723),
        ("02:03.5", {"unit": "clock"}, 123.5),
        ("1.234,50", {"multiply": 100, "decimal": ","}, 123_450),
        (-0.5, {"add": 3}, 2.5),
        ("7", {"number": True}, 7),
    ],
)
def test_numbers_are_converted_exactly(cell: Any, how: dict[str, Any], expected: float) -> None:
    found = read({"a": cell}, column="a", **how)

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("cell", ["abc", "1,5", "1,23,456", "nan", "1e99", "-", "--3", True])
def test_what_is_no_number_is_refused_without_repeating_it(cell: Any) -> None:
    assert refusal({"a": cell}, column="a", number=True).startswith("not a number")


@pytest.mark.parametrize("cell", ["90", "1:2:3:4", "1:-2", "a:b"])
def test_what_is_no_clock_is_refused(cell: str) -> None:
    with pytest.raises(UnreadableMessageError, match="not a duration"):
        seconds_of(cell)


@given(st.decimals(-(10**12), 10**12, places=2))
def test_a_number_is_read_as_it_was_written(number: Any) -> None:
    assert decimal_of(f"{number:,}") == number == decimal_of(str(number))


@pytest.mark.parametrize(
    ("cell", "how", "expected"),
    [
        ("2026-03-02 09:05", {"format": "%Y-%m-%d %H:%M", "zone": "Asia/Shanghai"}, (2026, 3, 2, 1, 5)),
        ("2026/3/2", {"format": ["%Y-%m-%d", "%Y/%m/%d"], "zone": "Europe/Rome"}, (2026, 3, 1, 23)),
        ("2026-07-02T09:05:00+02:00", {"format": "iso"}, (2026, 7, 2, 7, 5)),
        ("2026-07-02 09:05", {"zone": "Asia/Shanghai"}, (2026, 7, 2, 1, 5)),
        ("2026-07-02T09:05:00+02:00", {"zone": "Asia/Shanghai"}, (2026, 7, 2, 7, 5)),
        (1_772_413_500, {"format": "epoch_seconds"}, (2026, 3, 2, 1, 5)),
        ("1772413500000", {"format": "epoch_milliseconds"}, (2026, 3, 2, 1, 5)),
        ("02 Mar 2026 09:05 +0800", {"format": "%d %b %Y %H:%M %z"}, (2026, 3, 2, 1, 5)),
    ],
)
def test_times_come_out_in_utc(cell: Any, how: dict[str, Any], expected: tuple[int, ...]) -> None:
    assert read({"a": cell}, column="a", **how) == datetime(*expected, tzinfo=UTC)  # type: ignore[misc]


@pytest.mark.parametrize("cell", ["2026-02-30", "tomorrow", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:00"])
def test_what_is_no_time_is_refused(cell: str) -> None:
    assert refusal({"a": cell}, column="a", format=["iso"]) == "not a time written as iso"


def test_a_time_without_offset_or_zone_is_refused() -> None:
    assert "gives no zone" in refusal({"a": "2026-03-02 09:05"}, column="a", format="iso")


def test_seconds_can_be_added_to_a_time() -> None:
    value = {"column": "a", "format": "%Y-%m-%d", "zone": "UTC", "plus": {"column": "n"}}

    assert read({"a": "2026-03-02", "n": "3"}, **value) == datetime(2026, 3, 2, 0, 0, 3, tzinfo=UTC)
    assert read({"a": "2026-03-02", "n": ""}, **value) == datetime(2026, 3, 2, tzinfo=UTC)
    assert "beyond all calendars" in refusal({"a": "2026-03-02", "n": "1e18"}, **value)


def test_synthetic_time_steps_by_row_and_by_element() -> None:
    value = {"start": "2026-01-01T00:00:00+08:00", "step_seconds": 600, "item_seconds": 60}

    assert read({"#row": 1}, **value).timestamp() == datetime(2025, 12, 31, 16, tzinfo=UTC).timestamp()
    assert read({"#row": 3, "#item": 2}, **value).timestamp() == datetime(2025, 12, 31, 16, 22, tzinfo=UTC).timestamp()


def test_long_text_is_cut_only_where_asked() -> None:
    assert read({"a": "abcdef"}, column="a", cut=3) == "abc"


def test_parts_leave_out_what_is_not_whole() -> None:
    parts = [
        {"dimension": name, "expectation": {"column": f"e{name}"}, "perception": {"column": f"p{name}"}}
        for name in ("empathy", "assurance")
    ]

    found = read({"eempathy": "6", "pempathy": "3", "eassurance": "7", "passurance": ""}, parts=parts)

    assert found == [{"dimension": "empathy", "expectation": "6", "perception": "3"}]


def test_json_lists_become_entries() -> None:
    cells = {"turns": [{"who": "c", "said": "hi"}, {"who": "a", "said": "hello"}]}
    value = {"each": "turns", "fields": {"speaker": {"column": "turns.who"}, "text": {"column": "turns.said"}}}

    assert read(cells, **value) == [{"speaker": "c", "text": "hi"}, {"speaker": "a", "text": "hello"}]
    assert read({"turns": []}, **value) is None
    assert refusal({"turns": "text"}, **value) == "turns: not a list"


def test_a_transcript_in_one_cell_becomes_entries_and_lines_go_on() -> None:
    each = Rule.model_validate(
        {"kind": "call", "each": {"column": "t", "pattern": "(?P<who>客户|坐席)[:：](?P<said>.*)"}}
    ).each
    assert each is not None

    items = list(items_of(each, {"t": "客户：你好\n坐席:您好\n  请讲\n\n客户：好", "id": "7"}))

    assert [(item["t.who"], item["t.said"], item["#item"]) for item in items] == [
        ("客户", "你好", 0),
        ("坐席", "您好\n  请讲", 1),
        ("客户", "好", 2),
    ]
    with pytest.raises(UnreadableMessageError, match="its first line does not match"):
        list(items_of(each, {"t": "hello"}))


@pytest.mark.parametrize(
    ("condition", "cell", "holds"),
    [
        ("来电", "来电", True),
        (["a", "b"], "c", False),
        ({"none_of": ["a"]}, "", True),
        ({"none_of": ["a"]}, "a", False),
        ({"contains": "投诉"}, "我要投诉", True),
        ({"contains": "投诉"}, "", False),
        ({"matches": "^T-\\d+$"}, "T-77", True),
        ({"below": -0.5}, -0.51, True),
        ({"below": -0.5}, -0.5, False),
        ({"at_least": 3, "at_most": 5}, "5", True),
        ({"above": 3}, "many", False),
        ({"above": 3}, "", False),
        ({"empty": True}, " NULL ", True),
        ({"empty": True}, [], True),
        ({"empty": False}, "x", True),
        (3, 3, True),
        (True, True, True),
    ],
)
def test_conditions(condition: Any, cell: Any, holds: bool) -> None:
    rule = Rule.model_validate({"kind": "call", "when": {"a": condition}})

    assert compiled_when(rule.when, EMPTY)({"a": cell}) is holds
