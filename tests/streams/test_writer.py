from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from sinks.prometheus import Metrics
from streams.lane import Group, Lane
from streams.newest import tombstone_headers
from streams.outbox import MAX_RECORD_BYTES, Record, RecordTooLargeError, send_records
from streams.stores import MemoryRows
from streams.writer import GroupWriter
from tests.support.counting import counting_core
from tests.support.journal import call
from tests.support.records import record_of


class Turns:
    """Somebody else who needs the event loop."""

    def __init__(self) -> None:
        self.count = 0

    async def take(self) -> None:
        while True:
            self.count += 1
            await asyncio.sleep(0)


class Topics:
    """A broker that acknowledges when it is told to."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.refuse: str | None = None
        self.may_acknowledge = asyncio.Event()
        self.may_acknowledge.set()

    async def send(self, topic: str, partition: int, records: list[Record]) -> int | None:
        self.log.append(f"send {topic}")
        await self.may_acknowledge.wait()
        if topic == self.refuse:
            raise ConnectionError(f"{topic} refused")
        self.log.append(f"acknowledge {topic}")
        return len(records) - 1


class Harness:
    """A lane with its writer, and what became of its groups."""

    def __init__(self, topics: Topics, max_waiting: int = 64) -> None:
        self.settled: list[Group] = []
        self.failures: list[BaseException] = []
        self.lane = Lane(0, "journal", counting_core(), MemoryRows(), set(), 100, Metrics(CollectorRegistry()))
        self.writer = GroupWriter(
            self.lane,
            topics.send,
            "changelog",
            lambda group, _: self._settle(topics, group),
            self._fail,  # type: ignore[arg-type]  # the real one ends the process
            max_waiting,
        )

    def carry(self, offset: int, *numbers: int) -> None:
        self.lane.carry(offset, record_of(*(call(number) for number in numbers)), 0.0)

    def _settle(self, topics: Topics, group: Group) -> None:
        topics.log.append("settle")
        self.settled.append(group)

    def _fail(self, error: BaseException) -> None:
        self.failures.append(error)


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0)


async def test_outputs_are_acknowledged_then_rows_then_the_offset_moves() -> None:
    topics = Topics()
    topics.may_acknowledge.clear()
    harness = Harness(topics)
    harness.carry(0, 1)
    await harness.writer.admit()
    await until(lambda: len(topics.log) == 2)
    topics.may_acknowledge.set()
    await until(lambda: harness.settled)

    assert topics.log == [
        "send risk",
        "send alerts",
        "acknowledge risk",
        "acknowledge alerts",
        "send changelog",
        "acknowledge changelog",
        "settle",
    ]
    harness.writer.stop()


async def test_a_tombstone_says_what_it_follows_from() -> None:
    topics, sent = Topics(), []

    async def send(topic: str, partition: int, records: list[Record]) -> int | None:
        sent.extend(record for record in records if topic == "changelog" and record.value is None)
        return await Topics.send(topics, topic, partition, records)

    topics.send = send  # type: ignore[method-assign]
    harness = Harness(topics)
    harness.carry(0, 1)
    del harness.lane.states["c_1"]
    await harness.writer.admit()
    await until(lambda: harness.settled)

    assert sent == [Record(b"c_1", None, tombstone_headers("0", (0, 0)))]
    harness.writer.stop()


@pytest.mark.parametrize("refusing", ["alerts", "changelog"])
async def test_a_refused_batch_settles_nothing_and_is_noticed(refusing: str) -> None:
    topics = Topics()
    topics.refuse = refusing
    harness = Harness(topics)
    harness.carry(0, 1)
    await harness.writer.admit()
    await until(lambda: harness.failures)

    assert harness.settled == []
    assert str(harness.failures[0]) == f"{refusing} refused"


async def test_refused_outputs_keep_their_rows_from_leaving() -> None:
    topics = Topics()
    topics.refuse = "alerts"
    harness = Harness(topics)
    harness.carry(0, 1)
    await harness.writer.admit()
    await until(lambda: harness.failures)

    assert "send changelog" not in topics.log


async def test_records_that_come_meanwhile_form_the_next_group() -> None:
    topics = Topics()
    topics.may_acknowledge.clear()
    harness = Harness(topics)
    harness.carry(0, 1)
    await harness.writer.admit()
    await until(lambda: topics.log)
    for offset in (1, 2, 3):
        harness.carry(offset, offset)
        await harness.writer.admit()
    topics.may_acknowledge.set()
    await until(lambda: len(harness.settled) == 2)

    assert [group.next_offset for group in harness.settled] == [1, 4]
    harness.writer.stop()


async def test_what_one_request_carries_grows_with_the_load() -> None:
    carried = {}
    for load in (1, 4, 16):
        topics = Topics()
        harness = Harness(topics)
        for group in range(3):
            # While a request is under way so many records come.
            for offset in range(group * load, (group + 1) * load):
                harness.carry(offset, offset)
            await harness.writer.admit()
            await until(lambda harness=harness: harness.writer.is_idle)
        carried[load] = [len(group.outputs["risk"]) for group in harness.settled]
        assert topics.log.count("send changelog") == topics.log.count("send risk") == 3
        harness.writer.stop()

    assert carried == {1: [1] * 3, 4: [4] * 3, 16: [16] * 3}


async def test_reading_pauses_while_too_much_waits() -> None:
    topics = Topics()
    topics.may_acknowledge.clear()
    harness = Harness(topics, max_waiting=2)
    harness.carry(0, 1)
    await harness.writer.admit()
    await until(lambda: topics.log)
    for offset in (1, 2):
        harness.carry(offset, offset)
    waiting = asyncio.create_task(harness.writer.admit())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    topics.may_acknowledge.set()

    await asyncio.wait_for(waiting, 30)
    harness.writer.stop()


async def test_stopping_lets_go_of_whoever_waits_for_room() -> None:
    topics = Topics()
    topics.may_acknowledge.clear()
    harness = Harness(topics, max_waiting=1)
    harness.carry(0, 1)
    waiting = asyncio.create_task(harness.writer.admit())
    await asyncio.sleep(0.01)
    harness.carry(1, 2)
    harness.writer.stop()

    await asyncio.wait_for(waiting, 30)
    assert harness.failures == []


async def test_draining_tells_whether_everything_settled_in_time() -> None:
    topics = Topics()
    topics.may_acknowledge.clear()
    harness = Harness(topics)
    harness.carry(0, 1)
    await harness.writer.admit()

    assert await harness.writer.drain(0.02) is False
    topics.may_acknowledge.set()
    assert await harness.writer.drain(2.0) is True
    harness.writer.stop()


async def test_several_rows_of_the_partition_leave_in_a_batch_of_their_own() -> None:
    sent: list[list[bytes | None]] = []

    class Batches(Topics):
        async def send(self, topic: str, partition: int, records: list[Record]) -> int | None:
            if topic == "changelog":
                sent.append([record.key for record in records])
            return await super().send(topic, partition, records)

    harness = Harness(Batches())
    group = Group(1, {}, {b"c_1": b"row"}, {b"@snapshot/0": b"weights", b"@engine/0": b"position"})
    await harness.writer._write(group)

    assert sent == [[b"c_1"], [b"@snapshot/0", b"@engine/0"]]
    harness.writer.stop()


class Broker:
    """A producer that keeps its batches, and acknowledges one at a time."""

    def __init__(self) -> None:
        self.batches: list[list[bytes]] = []
        self.under_way = 0
        self.most_under_way = 0

    def create_batch(self) -> Any:
        return SmallBatch()

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> asyncio.Future[Any]:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        offset = sum(map(len, self.batches))
        self.batches.append(batch.values)
        future = asyncio.get_running_loop().create_future()

        def acknowledge() -> None:
            self.under_way -= 1
            future.set_result(type("Acknowledged", (), {"offset": offset}))

        asyncio.get_running_loop().call_later(0.001, acknowledge)
        return future


class SmallBatch:
    """A batch with room for two records."""

    def __init__(self) -> None:
        self.values: list[bytes] = []

    def append(self, *, timestamp: Any, key: bytes | None, value: bytes, headers: list[Any]) -> object | None:
        if len(self.values) == 2:
            return None
        self.values.append(value)
        return object()

    def record_count(self) -> int:
        return len(self.values)

    def close(self) -> None:
        """Nothing to do."""


async def test_a_batch_waits_for_the_one_before_it() -> None:
    broker = Broker()

    last = await send_records(broker, "topic", 0, [Record(None, b"%d" % number) for number in range(5)])

    assert broker.batches == [[b"0", b"1"], [b"2", b"3"], [b"4"]]
    assert broker.most_under_way == 1
    assert last == 4


async def test_nothing_to_send_sends_nothing() -> None:
    assert await send_records(Broker(), "topic", 0, []) is None


async def test_a_record_that_no_broker_takes_is_refused_at_once() -> None:
    with pytest.raises(RecordTooLargeError, match="at most 900000 fit"):
        await send_records(Broker(), "topic", 0, [Record(None, b"x" * (MAX_RECORD_BYTES + 1))])


async def test_a_backlog_of_slow_records_leaves_others_their_turn() -> None:
    harness = Harness(Topics())
    turns = Turns()
    taking = asyncio.create_task(turns.take())
    for offset in range(10):
        harness.carry(offset, offset)
        time.sleep(0.011)  # noqa: ASYNC251 - a core that takes so long
        await harness.writer.admit()
    taking.cancel()

    # A request to the broker takes about a dozen.
    assert turns.count >= 9 * 12
