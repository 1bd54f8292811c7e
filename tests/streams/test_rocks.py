"""Rows on a disk: the same as in memory, and still there after the process is gone."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.errors import ConfigurationError
from streams.newest import FENCE_KEY
from streams.rocks import DiskStore
from streams.stores import Gone, MemoryRows, MemoryStore, Rows, Store
from streams.tables import BatchTable
from tests.support.counting import EPOCH, counted_position
from tests.support.guarded import stock_app
from tests.support.peers import CHECKOUT

CHANGELOG = "foreshock.score-states-changelog"


def row(offset: int, epoch: str = EPOCH) -> bytes:
    return b'[1,"%s",%d,0,0]' % (epoch.encode(), offset)


def opened(folder: Path, cluster: str = "abc", partitions: int = 4, epoch: str = EPOCH) -> DiskStore:
    store = DiskStore(folder, CHANGELOG, partitions, epoch)
    store.identify(cluster)
    return store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DiskStore]:
    made = opened(tmp_path)
    yield made
    made.release()


def table_in(store: Store) -> BatchTable:
    return BatchTable(stock_app(), row_position=counted_position, epoch=EPOCH, store=store, name="states", partitions=4)


def contents(rows: Rows) -> dict[bytes, bytes]:
    return dict(rows.items())


def test_rows_and_how_far_they_reach_are_there_after_a_restart(tmp_path: Path) -> None:
    before = opened(tmp_path)
    before.open(2).write({b"c_a": b"1", b"@engine/2": b"e", b"c_b": b"2"}, 41)
    before.open(2).write({b"c_b": None}, 42)
    before.release()

    after = opened(tmp_path)
    rows = after.open(2)

    assert contents(rows) == {b"@engine/2": b"e", b"c_a": b"1"}
    assert (rows.reached, rows.own(), list(rows)) == (42, {b"@engine/2": b"e"}, [b"@engine/2", b"c_a"])
    assert rows.get(b"c_b") is None
    with pytest.raises(KeyError):
        rows[b"c_b"]
    after.release()


@pytest.mark.parametrize(
    ("other", "because"),
    [
        ({"cluster": "xyz"}, "its cluster is 'abc'"),
        ({"partitions": 8}, "its partitions is 4"),
        ({"epoch": "2"}, "its epoch is '0'"),
    ],
)
def test_a_disk_that_follows_from_something_else_is_made_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, other: dict[str, object], because: str
) -> None:
    before = opened(tmp_path)
    before.open(0).write({b"c_a": b"1"}, 41)
    before.release()

    after = opened(tmp_path, **other)  # type: ignore[arg-type]
    with caplog.at_level(logging.WARNING):
        rows = after.open(0)

    assert (contents(rows), rows.reached) == ({}, None)
    assert [record.message for record in caplog.records] == ["store_rebuilt"]
    assert because in caplog.records[0].because  # type: ignore[attr-defined]
    after.release()


def test_a_disk_that_cannot_be_read_is_made_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    before = opened(tmp_path)
    before.open(0).write({b"c_a": b"1"}, 41)
    before.release()
    (tmp_path / CHANGELOG / "0" / "rows" / "CURRENT").write_text("junk")

    after = opened(tmp_path)
    rows = after.open(0)

    assert (contents(rows), rows.reached) == ({}, None)
    assert "RocksDB cannot read it" in caplog.records[0].because  # type: ignore[attr-defined]
    after.release()


def test_a_folder_belongs_to_one_worker(store: DiskStore, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="another worker uses"):
        opened(tmp_path)


def test_a_partition_that_is_open_is_not_opened_again(store: DiskStore) -> None:
    rows = store.open(0)
    rows.write({b"c_a": b"1"}, 3)

    assert store.open(0) is rows


def test_a_partition_that_moves_away_and_back_is_read_on_where_it_was(store: DiskStore) -> None:
    table = BatchTable(
        stock_app(), row_position=counted_position, epoch=EPOCH, store=store, name="states", partitions=4
    )
    table.apply(0, [(b"c_a", row(5)), (b"c_b", row(6))], reached=17)

    table.forget([0])
    table.apply(0, [(b"c_a", row(9))], reached=30)

    assert contents(table.partition_rows(0)) == {b"c_a": row(9), b"c_b": row(6)}
    assert table.reached(0) == 30


_WRITER = """
import sys
from pathlib import Path
from streams.rocks import DiskStore

store = DiskStore(Path(sys.argv[1]), "changelog", 1, "0")
store.identify("abc")
rows, number = store.open(0), 0
print("ready", flush=True)
while True:
    rows.write({b"c_%d" % (number + k): b"%d" % number for k in range(20)}, number + 19)
    number += 20
"""


@pytest.mark.parametrize("seconds", [0.05, 0.2])
def test_a_killed_writer_never_leaves_an_offset_without_its_rows(tmp_path: Path, seconds: float) -> None:
    command = [sys.executable, "-c", _WRITER, str(tmp_path)]
    environment = {"PYTHONPATH": str(CHECKOUT)}
    with subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)

    after = DiskStore(tmp_path, "changelog", 1, "0")
    after.identify("abc")
    rows = after.open(0)

    assert rows.reached is not None
    assert len(list(rows)) == rows.reached + 1
    after.release()


keys = st.sampled_from([b"c_a", b"c_b", b"@engine/0", FENCE_KEY])
positions = st.integers(0, 9)
epochs = st.sampled_from([EPOCH, "former"])
records = st.tuples(
    keys,
    st.one_of(
        st.builds(row, positions, epochs),
        st.builds(lambda offset, epoch: Gone(epoch, (offset, 0)), positions, epochs),
    ),
)


def _newest(record: tuple[bytes, bytes | Gone]) -> tuple[bool, object]:
    value = record[1]
    epoch, at = (value.epoch, value.position) if isinstance(value, Gone) else counted_position(value)
    return epoch == EPOCH, at


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(records, max_size=6), max_size=6), st.sets(st.integers(0, 5)))
def test_on_a_disk_as_in_memory_the_highest_position_wins(
    tmp_path_factory: pytest.TempPathFactory, portions: list[list[tuple[bytes, bytes | Gone]]], closed_after: set[int]
) -> None:
    """Whatever the order in which rows and removals come, and however often the disk is closed in between."""
    store = opened(tmp_path_factory.mktemp("rocks"))
    tables = [table_in(each) for each in (MemoryStore(), store)]

    for number, portion in enumerate(portions):
        for table in tables:
            table.apply(0, portion, reached=number)
        if number in closed_after:
            tables[1].rows.pop(0, None)
            store.close(0)

    in_memory, on_disk = (contents(table.partition_rows(0)) for table in tables)
    assert on_disk == in_memory
    for key in {key for portion in portions for key, _ in portion} - {FENCE_KEY}:
        ours = [record for portion in portions for record in portion if record[0] == key]
        assert _newest(max(ours, key=_newest)) == max(map(_newest, ours))
        if (kept := in_memory.get(key)) is not None:
            assert _newest((key, kept)) == max(map(_newest, ours))
    store.release()


def test_memory_keeps_nothing_for_later() -> None:
    store = MemoryStore()
    store.open(0).write({b"c_a": b"1"}, 5)

    assert store.open(0) == MemoryRows()
    assert store.open(0).reached is None
