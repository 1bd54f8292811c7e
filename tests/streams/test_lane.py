from __future__ import annotations

import dataclasses

import orjson
import pytest
from prometheus_client import CollectorRegistry

from schemas.codec import encode
from sinks.prometheus import Metrics
from streams.journal import source_time
from streams.lane import Group, Lane
from streams.newest import tombstone_headers
from streams.outbox import Record
from streams.stores import MemoryRows
from tests.support.counting import counting_core
from tests.support.journal import call


def lane_of(rows: dict[bytes, bytes] | None = None, to_heal: set[bytes] | None = None) -> Lane:
    return Lane(
        0,
        "journal",
        counting_core(),
        MemoryRows(rows or {}),
        to_heal if to_heal is not None else set(),
        cached=100,
        observer=Metrics(CollectorRegistry()),
    )


def record(*numbers: int, customers: int = 2, text: str = "") -> bytes:
    return b"\n".join(encode(call(number, customers, text)) for number in numbers)


def taken(lane: Lane) -> Group:
    group = lane.take()
    assert group is not None
    return group


def test_records_that_wait_together_leave_as_one_group() -> None:
    lane = lane_of()
    lane.carry(0, record(0, 1), 0.0)
    lane.carry(1, record(2, 3), 0.0)

    group = taken(lane)

    assert group.next_offset == 2
    assert len(group.outputs["alerts"]) == 4
    assert len(group.outputs["risk"]) == 2
    assert set(group.rows) == {b"c_0", b"c_1"}
    assert lane.take() is None


def test_an_alert_says_when_its_event_left_the_producer() -> None:
    lane = lane_of()
    lane.carry(0, record(0, 1), 0.0, b"1767571200000,7")
    lane.carry(1, record(2), 0.0)

    group = taken(lane)

    assert [source_time(alert.headers) for alert in group.outputs["alerts"]] == [1767571200.0, 1767571200.007, None]
    assert group.alert_times == [1767571200.0, 1767571200.007]


def test_the_producer_s_time_changes_nothing_that_is_decided() -> None:
    with_times, without = lane_of(), lane_of()
    with_times.carry(0, record(0, 1), 0.0, b"1767571200000,7")
    without.carry(0, record(0, 1), 0.0)

    first, second = taken(with_times), taken(without)

    assert first.rows == second.rows
    assert [alert.value for alert in first.outputs["alerts"]] == [alert.value for alert in second.outputs["alerts"]]


@pytest.mark.parametrize("times", [b"", b"yesterday", b"1", b",,,,,"])
def test_a_header_that_is_not_ours_stops_nothing(times: bytes) -> None:
    lane = lane_of()
    lane.carry(0, record(0, 1), 0.0, times)

    assert len(taken(lane).outputs["alerts"]) == 2


def test_only_the_last_row_of_a_customer_leaves() -> None:
    lane = lane_of()
    lane.carry(0, record(0, 0, 0, customers=1), 0.0)

    group = taken(lane)

    assert [orjson.loads(row)[4] for row in group.rows.values()] == [3]


def test_the_row_with_the_position_is_the_last() -> None:
    lane = lane_of()
    lane.carry(7, record(0, 1), 0.0)

    group = taken(lane)

    assert list(group.own_rows) == [b"@engine/0"]
    assert orjson.loads(group.own_rows[b"@engine/0"])[2:4] == [7, 1]


def test_a_record_without_a_value_says_nothing_and_stops_nobody() -> None:
    lane = lane_of()
    lane.carry(0, None, 0.0)
    lane.carry(1, record(0), 0.0)

    group = taken(lane)

    assert len(group.outputs["alerts"]) == 1
    assert "dead-letters" not in group.outputs
    assert group.next_offset == 2


def test_a_line_that_cannot_be_read_does_not_take_its_neighbours_along() -> None:
    lane = lane_of()
    lane.carry(0, record(0) + b"\n{broken\n" + record(1), 0.0)

    group = taken(lane)

    assert len(group.outputs["alerts"]) == 2
    letter = orjson.loads(group.outputs["dead-letters"][0].value)
    assert (letter["offset"], letter["line"], letter["reason"]) == (0, 1, "not_json")
    assert letter["raw"] == "{broken"


def test_a_line_that_the_core_fails_on_is_kept_without_the_text_of_the_error() -> None:
    lane = lane_of()
    lane.carry(0, record(0, text="boom") + b"\n" + record(1), 0.0)

    group = taken(lane)

    letter = orjson.loads(group.outputs["dead-letters"][0].value)
    assert (letter["reason"], letter["error"]) == ("failed", "RuntimeError")
    assert len(group.outputs["alerts"]) == 1


def test_a_record_of_dead_letters_moves_the_position_too() -> None:
    lane = lane_of()
    lane.carry(5, b"{broken", 0.0)

    assert orjson.loads(taken(lane).own_rows[b"@engine/0"])[2:4] == [5, 0]


def test_a_record_that_was_completely_written_is_passed_over() -> None:
    first = lane_of()
    first.carry(3, record(0, 1), 0.0)
    group = taken(first)

    again = lane_of(group.rows | group.own_rows)

    assert again.restored_offset == 3
    assert again.carry(3, record(0, 1), 0.0) is False
    assert again.take() is None


def test_a_record_that_comes_again_before_it_is_written_is_passed_over() -> None:
    lane = lane_of()

    assert [lane.carry(offset, record(offset), 0.0) for offset in (0, 1, 0, 1, 2)] == [True, True, False, False, True]
    assert len(taken(lane).outputs["alerts"]) == 3


def test_after_a_half_written_group_only_the_missing_half_is_made_again() -> None:
    first = lane_of()
    first.carry(0, record(0, 1), 0.0)
    whole = taken(first)

    # The row of one customer was written before the crash, the other and the position were not.
    again = lane_of({b"c_0": whole.rows[b"c_0"]})
    again.carry(0, record(0, 1), 0.0)
    group = taken(again)

    assert group.rows == {b"c_1": whole.rows[b"c_1"]}
    assert group.outputs["alerts"] == [whole.outputs["alerts"][1]]


def test_the_next_offset_is_known_from_the_rows() -> None:
    lane = lane_of()
    lane.carry(8, record(0), 0.0)
    group = taken(lane)

    assert lane_of().next_offset == 0
    assert lane_of(group.own_rows).next_offset == 9


def test_rows_to_heal_leave_with_the_next_group_until_they_are_acknowledged() -> None:
    rows = {b"c_9": orjson.dumps([1, "0", 4, 0, 2])}
    to_heal = {b"c_9"}
    lane = lane_of(rows, to_heal)
    lane.carry(5, record(0, customers=1), 0.0)

    group = taken(lane)

    assert group.rows[b"c_9"] == rows[b"c_9"]
    assert to_heal == {b"c_9"}
    lane.acknowledged(group)
    assert to_heal == set()


def test_a_customer_who_is_removed_leaves_a_tombstone_that_says_since_when() -> None:
    lane = lane_of()
    lane.carry(0, record(0, 1), 0.0)
    lane.acknowledged(taken(lane))
    del lane.states["c_0"]
    lane.carry(1, record(1), 0.0)

    group = taken(lane)

    assert group.rows[b"c_0"] is None
    assert group.removed_at == tombstone_headers("0", (1, 0))
    lane.acknowledged(group)
    assert set(lane.states) == {"c_1"}


def test_a_removal_that_was_overwritten_leaves_again() -> None:
    lane = lane_of(to_heal={b"c_9"})
    lane.carry(0, record(0, customers=1), 0.0)

    group = taken(lane)

    assert group.rows[b"c_9"] is None
    assert group.removed_at


def test_nothing_is_believed_any_more_about_a_customer_who_is_forgotten() -> None:
    core = dataclasses.replace(counting_core(), risk_of=lambda engine, key, state: None)
    lane = Lane(0, "journal", core, MemoryRows(), set(), cached=100, observer=Metrics(CollectorRegistry()))
    lane.carry(0, record(0), 0.0)

    assert taken(lane).outputs["risk"] == [Record(b"c_0", None)]


def test_alerts_carry_cloud_events_headers_that_survive_a_replay() -> None:
    groups = []
    for _ in range(2):
        lane = lane_of()
        lane.carry(0, record(0), 0.0)
        groups.append(taken(lane))

    headers = dict(groups[0].outputs["alerts"][0].headers)
    assert headers["ce_type"] == b"foreshock.alert.v1"
    assert headers["ce_id"] == b"e0/1"
    assert groups[0].outputs == groups[1].outputs


@pytest.mark.parametrize("lines", [b"", b"\n\n"])
def test_an_empty_record_only_moves_on(lines: bytes) -> None:
    lane = lane_of()
    lane.carry(0, lines, 0.0)

    group = taken(lane)

    assert (group.next_offset, group.outputs, group.rows) == (1, {}, {})
