from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import faust
import orjson
import pytest
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from models.rows import row_position
from streams.newest import FENCE_KEY, POSITION_HEADER, removal, tombstone_headers
from streams.stores import Gone, MemoryRows
from streams.tables import BatchTable, CustomerStates
from tests.support.counting import EPOCH, counted_position


def row(offset: int, count: int, epoch: str = EPOCH) -> bytes:
    return orjson.dumps([1, epoch, offset, 0, count])


def changelog(key: bytes, value: bytes | None, partition: int = 0) -> Any:
    message = SimpleNamespace(key=key, value=value, partition=partition, headers={})
    return SimpleNamespace(key=key, value=value, message=message)


@pytest.fixture
def app() -> faust.App:
    return faust.App("tables", broker="kafka://127.0.0.1:1", store="memory://")


@pytest.fixture
def table(app: faust.App) -> BatchTable:
    return BatchTable(app, row_position=counted_position, epoch=EPOCH, name="states", partitions=2)


def test_stock_recovery_lets_the_last_row_win_even_if_it_is_older(app: faust.App) -> None:
    stock = faust.Table(app, name="stock", partitions=2, key_type=bytes, value_type=bytes)

    stock.apply_changelog_batch([changelog(b"c", row(9, 5)), changelog(b"c", row(7, 4))])

    assert stock[b"c"] == row(7, 4)


def test_our_recovery_lets_the_highest_position_win(table: BatchTable) -> None:
    table.apply_changelog_batch([changelog(b"c", row(9, 5)), changelog(b"c", row(7, 4))])

    assert table.partition_rows(0) == {b"c": row(9, 5)}
    assert table.stale_rows == 1


def test_a_key_whose_last_row_is_stale_is_marked_to_be_written_again(table: BatchTable) -> None:
    table.apply(0, [(b"c", row(9, 5)), (b"c", row(7, 4))])

    assert table.to_heal[0] == {b"c"}


def test_a_newer_row_after_a_stale_one_needs_no_healing(table: BatchTable) -> None:
    table.apply(0, [(b"c", row(9, 5)), (b"c", row(7, 4)), (b"c", row(10, 6))])

    assert table.to_heal[0] == set()


def test_a_row_of_another_epoch_never_wins_over_one_of_ours(table: BatchTable) -> None:
    table.apply(0, [(b"c", row(3, 1)), (b"c", row(900, 70, epoch="old"))])

    assert table.partition_rows(0) == {b"c": row(3, 1)}


def test_a_row_of_ours_wins_over_one_of_another_epoch(table: BatchTable) -> None:
    table.apply(0, [(b"c", row(900, 70, epoch="old")), (b"c", row(3, 1))])

    assert table.partition_rows(0) == {b"c": row(3, 1)}


def test_the_fence_is_not_state(table: BatchTable) -> None:
    table.apply(0, [(FENCE_KEY, b"[]")])

    assert table.partition_rows(0) == {}


async def test_rows_of_partitions_that_went_elsewhere_are_dropped(table: BatchTable) -> None:
    table.apply(0, [(b"c", row(9, 5))])
    table.apply(1, [(b"d", row(9, 5))])

    await table.on_recovery_completed({TP("states-changelog", 1)}, set())

    assert set(table.rows) == {1}


def test_stock_faust_would_decode_rows_as_json_if_the_types_were_left_out(app: faust.App) -> None:
    careless = faust.Table(app, name="careless", partitions=2)

    assert careless.value_serializer == "json"


def test_our_table_reads_raw_rows(table: BatchTable) -> None:
    assert (table.key_serializer, table.value_serializer) == ("raw", "raw")


def test_a_single_write_is_refused(table: BatchTable) -> None:
    with pytest.raises(TypeError, match=r"streams\.writer"):
        table.on_key_set(b"c", b"row")


class Decoder:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, value: bytes) -> int:
        self.calls += 1
        return int(value)


def test_decoded_states_are_dropped_by_the_eighth_and_never_before_they_are_written() -> None:
    states, _ = states_of(MemoryRows(), cached=80)
    kept = []
    for number in range(200):
        states[f"c{number}"] = number
        states.acknowledged(states.take_rows())
        kept.append(len(states._decoded))

    assert max(kept) == 90
    assert min(kept[100:]) == 80
    assert [states[f"c{number}"] for number in range(200)] == list(range(200))


def states_of(rows: MemoryRows, cached: int = 10) -> tuple[CustomerStates[int], Decoder]:
    decode = Decoder()
    return CustomerStates(rows, lambda state: b"%d" % state, decode, cached), decode


def test_a_hot_customer_is_decoded_once() -> None:
    states, decode = states_of(MemoryRows({b"a": b"1"}))

    assert [states["a"], states["a"]] == [1, 1]
    assert decode.calls == 1


def test_a_state_reaches_the_table_only_when_it_is_acknowledged() -> None:
    rows = MemoryRows({b"a": b"1"})
    states, _ = states_of(rows)

    states["a"] = 2
    taken = states.take_rows()

    assert taken == {b"a": b"2"}
    assert rows == {b"a": b"1"}
    states.acknowledged(taken)
    assert rows == {b"a": b"2"}


def test_a_state_that_waits_is_read_back_after_it_was_evicted() -> None:
    states, _ = states_of(MemoryRows({b"a": b"1"}), cached=0)

    states["a"] = 2
    states.take_rows()

    assert states["a"] == 2


def test_an_older_acknowledgement_does_not_end_the_wait_of_a_newer_row() -> None:
    rows = MemoryRows()
    states, _ = states_of(rows, cached=0)
    states["a"] = 1
    first = states.take_rows()
    states["a"] = 2
    states.take_rows()

    states.acknowledged(first)

    assert states["a"] == 2


def test_a_state_written_twice_leaves_once() -> None:
    states, _ = states_of(MemoryRows())

    states["a"] = 1
    states["a"] = 2

    assert states.take_rows() == {b"a": b"2"}
    assert states.take_rows() == {}


def test_the_partitions_own_rows_are_not_customers() -> None:
    states, _ = states_of(MemoryRows({b"@engine/0": b"7", b"a": b"1"}))
    states["b"] = 3

    assert sorted(states) == ["a", "b"]
    assert len(states) == 2
    assert dict(states.acknowledged_rows()) == {"a": b"1"}


def test_an_unknown_customer_is_a_key_error() -> None:
    states, _ = states_of(MemoryRows())

    assert states.get("nobody") is None
    with pytest.raises(KeyError, match="nobody"):
        states["nobody"]


def test_a_removed_customer_is_unknown_at_once_and_leaves_as_a_tombstone() -> None:
    rows = MemoryRows({b"a": b"1", b"b": b"2"})
    states, _ = states_of(rows)

    del states["a"]

    assert "a" not in states
    assert list(states) == ["b"]
    taken = states.take_rows()
    assert taken == {b"a": None}
    assert "a" not in states
    assert rows == {b"a": b"1", b"b": b"2"}
    states.acknowledged(taken)
    assert rows == {b"b": b"2"}


def test_a_removed_customer_who_returns_leaves_as_a_row() -> None:
    states, _ = states_of(MemoryRows({b"a": b"1"}))

    del states["a"]
    states["a"] = 7

    assert states.take_rows() == {b"a": b"7"}


def test_nobody_can_be_removed_who_is_not_there() -> None:
    states, _ = states_of(MemoryRows())

    with pytest.raises(KeyError, match="nobody"):
        del states["nobody"]


def gone(offset: int, epoch: str = EPOCH) -> Gone:
    return Gone(epoch, (offset, 0))


def test_a_row_behind_a_later_removal_stays_away_and_the_removal_is_written_again(table: BatchTable) -> None:
    table.apply(0, [(b"c", row(5, 1)), (b"c", gone(9)), (b"c", row(7, 4))])

    assert table.partition_rows(0) == {}
    assert table.to_heal[0] == {b"c"}


def test_a_removal_behind_a_later_row_removes_nothing(table: BatchTable) -> None:
    table.apply(0, [(b"c", row(9, 5)), (b"c", gone(7))])

    assert table.partition_rows(0) == {b"c": row(9, 5)}
    assert table.to_heal[0] == {b"c"}


def test_a_customer_who_returns_after_a_removal_is_there(table: BatchTable) -> None:
    table.apply(0, [(b"c", row(5, 1)), (b"c", gone(9))])
    table.apply(0, [(b"c", row(11, 1))])

    assert table.partition_rows(0) == {b"c": row(11, 1)}


def test_what_a_removal_follows_from_survives_the_broker() -> None:
    assert removal(tuple(tombstone_headers(EPOCH, (9, 0)))) == gone(9)
    assert removal(()) is None


def test_rows_reach_as_far_as_the_last_record_that_was_looked_at(table: BatchTable) -> None:
    table.apply(0, [(b"c", row(9, 5))], reached=41)

    assert table.reached(0) == 41
    assert table.reached(1) is None
    assert table.reached_with(0, 3, 44) == 44


def test_what_somebody_else_wrote_in_between_is_looked_at_later(table: BatchTable) -> None:
    table.apply(0, [(b"c", row(9, 5))], reached=41)

    assert table.reached_with(0, 3, 45) is None


GARBAGE = [b"", b"hello", b"[]", b"[1,2", b'{"a":1,"b":2,"c":3,"d":4}', b"\xff\xfe\x00\x01", b'[1,"0",x,0,9]', b"null"]


@pytest.fixture
def ours(app: faust.App) -> tuple[BatchTable, list[int]]:
    """A table that reads rows as the product does, and what it tells of foreign ones."""
    table = BatchTable(app, row_position=row_position, epoch=EPOCH, name="ours", partitions=4)
    told: list[int] = []
    table.on_foreign = told.append
    return table, told


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_never_replaces_a_row_and_the_row_is_written_again(
    ours: tuple[BatchTable, list[int]], garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    table, told = ours
    table.apply(0, [(b"c", row(9, 5)), (b"c", garbage)], reached=1)

    assert table.partition_rows(0) == {b"c": row(9, 5)}
    assert table.to_heal[0] == {b"c"}
    assert told == [1]
    (record,) = [record for record in caplog.records if record.message == "changelog_has_foreign_records"]
    assert "find out who else may write" in vars(record)["what_to_do"]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_a_row_of_ours_wins_over_garbage_before_it(ours: tuple[BatchTable, list[int]], garbage: bytes) -> None:
    table, _ = ours
    table.apply(0, [(b"c", garbage), (b"d", garbage)])
    table.apply(0, [(b"c", row(2, 1)), (b"d", gone(2))])

    assert table.partition_rows(0) == {b"c": row(2, 1)}
    assert not table.to_heal[0]


def test_garbage_does_not_bring_back_who_was_removed(ours: tuple[BatchTable, list[int]]) -> None:
    table, told = ours
    table.apply(0, [(b"c", gone(9)), (b"c", b"hello")])

    assert table.partition_rows(0) == {}
    assert table.to_heal[0] == {b"c"}
    assert told == [1]


def test_garbage_where_nobodys_row_was_is_set_aside_and_removed(ours: tuple[BatchTable, list[int]]) -> None:
    table, told = ours
    table.apply(0, [(b"a", row(3, 1)), (b"stranger", b"hello"), (b"\xff\xfe", row(4, 1))])

    assert table.set_aside_foreign(0) == 2
    assert table.partition_rows(0) == {b"a": row(3, 1)}
    assert table.to_heal[0] == {b"stranger", b"\xff\xfe"}
    assert told == [2]
    assert table.set_aside_foreign(0) == 0


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_reading_the_position_of_any_bytes_fails_in_one_way_only(raw: bytes) -> None:
    try:
        row_position(raw)
    except ValueError:
        return
    assert raw.count(b",") >= 4


@pytest.mark.parametrize("header", [b"", b"hello", b"7", b"[1]", b"null"])
def test_a_removal_whose_header_is_not_ours_says_nothing_of_since_when(header: bytes) -> None:
    assert removal([(POSITION_HEADER, header)]) is None
