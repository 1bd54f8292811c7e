from __future__ import annotations

import asyncio
import dataclasses
import time
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from faust.types import TP
from prometheus_client import CollectorRegistry

import streams.lanes
from schemas.errors import ConfigurationError
from sinks.prometheus import Metrics
from streams.exits import ExitCode
from streams.holes import Holes
from streams.lanes import Lanes
from streams.ledger import Ledger
from streams.settings import load_settings
from streams.tables import BatchTable
from streams.topics import CHANGELOG
from tests.support.counting import EPOCH, counted_position, counting_core
from tests.support.guarded import stock_app
from tests.support.journal import call
from tests.support.records import record_of


class ProcessEndedError(Exception):
    """Stands for the end of the process."""


class Journal:
    """Answers about a journal of ten records, of which the first ones may be gone."""

    def __init__(self, first: int = 0, end: int = 10) -> None:
        self.first, self.end = first, end

    def highwater(self, partition: int) -> int | None:
        return self.end

    async def earliest(self, partition: int) -> int | None:
        return self.first


class Harness:
    """Lanes over a producer that acknowledges everything, or refuses it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, journal: Journal | None = None) -> None:
        self.settings = load_settings()
        self.metrics = Metrics(CollectorRegistry())
        self.holes = Holes(self.metrics)
        self.ledger = Ledger("foreshock.journal")
        self.table = BatchTable(stock_app(), row_position=counted_position, epoch=EPOCH, name="states", partitions=4)
        self.moved: dict[TP, int] = {}
        self.ended: list[tuple[str, ExitCode, dict[str, Any]]] = []
        self.refuse = False
        monkeypatch.setattr(streams.lanes, "send_records", self._send)
        monkeypatch.setattr(streams.lanes, "die", self._die)
        self.lanes = Lanes(
            self.settings,
            counting_core(),
            self.table,
            self.ledger,
            SimpleNamespace(),  # type: ignore[arg-type]
            journal or Journal(),
            self.metrics,
            lambda tp, offset: self.moved.update({tp: offset}),
            self.holes,
        )

    async def carry(self, offset: int, *numbers: int, value: bytes | None = None, times: bytes | None = None) -> None:
        events = record_of(*(call(number) for number in numbers)) if value is None else value
        await self.lanes.carry(0, offset, events, 0.0, times)

    async def _send(self, _: Any, topic: str, partition: int, records: list[Any]) -> int | None:
        if self.refuse:
            raise ConnectionError("refused")
        return len(records) - 1 if records else None

    def _die(self, reason: str, code: ExitCode = ExitCode.INFRASTRUCTURE, **facts: Any) -> None:
        self.ended.append((reason, code, facts))
        raise ProcessEndedError(reason)


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Harness:
    return Harness(monkeypatch)


async def test_a_settled_group_is_everywhere_at_once(harness: Harness) -> None:
    await harness.carry(0, 1, 2)
    await harness.lanes.drain(2.0)

    assert harness.ledger.settled(0) == 1
    assert set(harness.table.partition_rows(0)) == {b"c_1", b"c_2", b"@engine/0"}
    assert harness.moved == {TP("foreshock.score-states-changelog", 0): 2}
    assert harness.metrics.lag.labels("score")._value.get() == 9
    (family,) = harness.metrics.write_seconds.collect()
    assert {sample.name: sample.value for sample in family.samples}["foreshock_write_seconds_count"] == 1
    harness.lanes.reset()


async def test_what_has_not_settled_leaves_no_trace_in_the_table(harness: Harness) -> None:
    harness.refuse = True
    await harness.carry(0, 1)
    harness.lanes.reset()

    assert harness.table.partition_rows(0) == {}
    assert harness.ledger.settled(0) is None


async def test_a_refused_batch_ends_the_process_and_stops_commits(harness: Harness) -> None:
    harness.refuse = True
    await harness.carry(0, 1)
    await asyncio.sleep(0.05)

    assert harness.ended[0][:2] == ("carrying_failed", ExitCode.INFRASTRUCTURE)
    assert harness.ledger.failed
    harness.lanes.reset()


@pytest.mark.parametrize(
    ("error", "code"),
    [(RuntimeError("a bug"), ExitCode.INFRASTRUCTURE), (ConfigurationError("a setting"), ExitCode.CONFIGURATION)],
)
async def test_an_error_while_carrying_ends_the_process_and_never_reaches_the_agent(
    harness: Harness, error: Exception, code: ExitCode
) -> None:
    """Faust acknowledges a record whose agent raised, and goes on with the next."""

    def pass_over(*_: Any) -> None:
        raise error

    harness.lanes._core = dataclasses.replace(harness.lanes._core, pass_over=pass_over)

    with pytest.raises(ProcessEndedError):
        await harness.carry(0, 1)

    assert [ended[1] for ended in harness.ended] == [code]
    assert harness.ledger.failed
    harness.lanes.reset()


async def test_a_skipped_position_ends_the_process_and_is_counted(harness: Harness) -> None:
    await harness.carry(0, 1)
    with pytest.raises(ProcessEndedError):
        await harness.carry(3, 2)

    assert harness.ended[0][0] == "journal_positions_skipped"
    assert harness.metrics.skipped_positions.labels("score")._value.get() == 2
    harness.lanes.reset()


async def test_a_partition_without_rows_begins_at_the_beginning_and_nowhere_else(harness: Harness) -> None:
    with pytest.raises(ProcessEndedError):
        await harness.carry(4, 1)

    assert harness.ended[0][2] == {"partition": 0, "expected": 0, "got": 4}


async def test_what_was_written_before_a_restart_may_be_committed_at_once(harness: Harness) -> None:
    harness.table.apply(0, [(b"@engine/0", orjson.dumps([1, EPOCH, 6, 0, 0]))])
    await harness.carry(5, 1)

    assert harness.ledger.uncommitted() == {0: 7}
    harness.lanes.reset()


async def test_a_journal_that_was_trimmed_before_it_was_read_is_counted_and_read_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    harness = Harness(monkeypatch, Journal(first=3))
    harness.table.apply(0, [(b"@engine/0", orjson.dumps([1, EPOCH, 0, 0, 0]))])
    await harness.carry(3, 2)
    await harness.lanes.drain(2.0)

    assert harness.ended == []
    (hole,) = harness.holes.told()
    assert (hole["topic"], hole["partition"], hole["first"], hole["last"]) == ("foreshock.journal", 0, 1, 2)
    assert harness.metrics.skipped_positions.labels("score")._value.get() == 2
    assert harness.ledger.settled(0) == 4
    harness.lanes.reset()


async def test_a_journal_shorter_than_the_state_was_created_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = Harness(monkeypatch, Journal(end=5))
    harness.table.apply(0, [(b"@engine/0", orjson.dumps([1, EPOCH, 40, 0, 0]))])

    with pytest.raises(ProcessEndedError):
        await harness.carry(0, 1)

    reason, code, facts = harness.ended[0]
    assert (reason, code) == ("journal_was_recreated", ExitCode.CONFIGURATION)
    assert "FORESHOCK_JOURNAL_EPOCH" in facts["what_to_do"]


async def test_after_a_restart_reading_goes_on_behind_the_last_written_record(harness: Harness) -> None:
    await harness.carry(0, 1)
    await harness.carry(1, 1)
    await harness.lanes.drain(2.0)
    before = dict(harness.table.partition_rows(0))
    harness.lanes.reset()
    await harness.carry(0, 1)
    await harness.carry(1, 1)
    await harness.lanes.drain(2.0)

    assert harness.table.partition_rows(0) == before
    assert harness.ledger.settled(0) == 2
    harness.lanes.reset()


async def test_a_cancelled_record_is_left_to_whoever_reads_it_next(harness: Harness) -> None:
    gate = asyncio.Event()

    async def never(*_: Any) -> int | None:
        await gate.wait()
        return None

    harness.lanes._send = never  # type: ignore[method-assign]
    harness.lanes._settings = load_settings(max_waiting_records=1)
    await harness.carry(0, 1)
    await asyncio.sleep(0.01)
    carrying = asyncio.create_task(harness.carry(1, 2))
    await asyncio.sleep(0.01)
    carrying.cancel()
    await asyncio.gather(carrying, return_exceptions=True)

    assert carrying.cancelled()
    assert harness.ended == []
    harness.lanes.reset()


async def test_a_record_that_lost_lines_is_a_hole_and_one_that_did_not_is_none(harness: Harness) -> None:
    await harness.carry(0, 1, 2, times=b"1767571200000,5")
    assert harness.holes.told() == []
    await harness.carry(1, 3, times=b"1767571200000,5")
    await harness.lanes.drain(2.0)

    (hole,) = harness.holes.told()
    assert (hole["reason"], hole["first"], hole["last"]) == ("lines", 1, 1)
    harness.lanes.reset()


async def test_latency_counts_from_the_producer(harness: Harness) -> None:
    sent_at = int(time.time() * 1000) - 20_000
    await harness.carry(0, 1, times=b"%d" % sent_at)
    await harness.lanes.drain(2.0)

    assert 20.0 <= harness.metrics.alert_seconds._sum.get() < 30.0
    harness.lanes.reset()


async def test_a_lane_tells_the_watchdog_what_is_in_its_hands_and_what_is_not_written(harness: Harness) -> None:
    gate = asyncio.Event()

    async def wait(*_: Any) -> int | None:
        await gate.wait()
        return None

    harness.lanes._send = wait  # type: ignore[method-assign]
    harness.lanes._settings = load_settings(max_waiting_records=1)
    harness.lanes.starts_at = {0: 0, 1: 7}
    before = harness.lanes.standing([0, 1])
    await harness.carry(0, 1)
    await asyncio.sleep(0.01)
    carrying = asyncio.create_task(harness.carry(1, 2))
    await asyncio.sleep(0.01)
    (during,) = harness.lanes.standing([0])
    gate.set()
    await carrying
    await harness.lanes.drain(2.0)
    (after,) = harness.lanes.standing([0])

    assert [(lane.next_offset, lane.in_hand, lane.is_writing) for lane in before] == [
        (0, None, False),
        (7, None, False),
    ]
    assert (during.in_hand, during.is_writing, during.groups) == (1, True, 0)
    assert (after.next_offset, after.in_hand, after.is_writing, after.groups) == (2, None, False, 2)
    harness.lanes.reset()


async def test_garbage_in_the_changelog_is_passed_over_and_removed_with_the_next_group(harness: Harness) -> None:
    harness.table.apply(0, [(b"stranger", b"hello"), (b"@engine/0", b"hello")])
    sent: list[Any] = []

    async def send(topic: str, _: int, records: list[Any]) -> int | None:
        sent.extend((record.key, record.value) for record in records if topic == CHANGELOG)
        return len(records) - 1 if records else None

    harness.lanes._send = send  # type: ignore[method-assign]
    await harness.carry(0, 1)
    await harness.lanes.drain(2.0)

    assert harness.ended == []
    assert (b"stranger", None) in sent
    assert dict(sent)[b"@engine/0"]
    assert set(harness.table.partition_rows(0)) == {b"c_1", b"@engine/0"}
    assert harness.metrics.foreign_rows._value.get() == 2
    harness.lanes.reset()


async def test_a_row_that_only_begins_as_ours_ends_the_worker_with_its_key_and_a_remedy(harness: Harness) -> None:
    harness.table.apply(0, [(b"@engine/0", orjson.dumps([1, EPOCH, "much", 0]))])
    harness.table._row_position = lambda _: (EPOCH, (0, 0))

    with pytest.raises(ProcessEndedError):
        await harness.carry(0, 1)

    reason, code, facts = harness.ended[0]
    assert (reason, code) == ("configuration_unusable", ExitCode.CONFIGURATION)
    assert "keys begin with @" in facts["error"]
    assert "partition 0 of foreshock.score-states-changelog" in facts["error"]
    assert "To go on without it, write a record with that key and no value" in facts["error"]
