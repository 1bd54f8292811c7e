"""Alerts reach every sink, at each sink's own pace."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import orjson
import pytest
from prometheus_client import CollectorRegistry

from schemas.alerts import Alert
from schemas.codec import decode_journal_line, encode
from schemas.errors import SinkRefusedError, SinkUnavailableError
from schemas.ticks import Tick
from sinks.base import Sink
from sinks.memory import MemorySink
from sinks.prometheus import Metrics
from streams.agents.deliver import run_deliver
from streams.agents.tick import run_tick
from streams.broker import EmbeddedBroker
from streams.connections import new_producer
from streams.duty import Duty
from streams.journal import SOURCE_TIME
from streams.outbox import Record, send_records
from streams.settings import Settings
from tests.support.alerts import SOME_TIME, alert
from tests.support.journal import broker_settings, delete_before, prepare_topics, read_topic

pytestmark = pytest.mark.broker


class Unsteady(MemorySink):
    """Down for the first delivery, and never willing to take the alert `refused`."""

    name = "log"

    def __init__(self) -> None:
        super().__init__()
        self.failures = 1

    async def deliver(self, alert: Alert) -> None:
        if alert.alert_id == "refused":
            raise SinkRefusedError(self.name, "unknown branch")
        if self.failures:
            self.failures -= 1
            raise SinkUnavailableError(self.name, timedelta(0))
        await super().deliver(alert)


@pytest.fixture
async def settings(embedded_broker: EmbeddedBroker) -> Settings:
    settings = broker_settings(embedded_broker.bootstrap_servers, sink_backoff_seconds=0.01, tick_seconds=0.1)
    await prepare_topics(settings)
    return settings


async def write_alerts(settings: Settings, *values: bytes, to: int = 0) -> None:
    producer = new_producer(settings)
    await producer.start()
    try:
        await send_records(producer, settings.topic("alerts"), to, [Record(None, value) for value in values])
    finally:
        await producer.stop()


async def deliver_until(settings: Settings, sinks: list[Sink], count: int) -> Metrics:
    """Run a delivery per sink until each has so many alerts or dead letters, then stop in order."""
    metrics, stop = Metrics(CollectorRegistry()), asyncio.Event()
    outlet = new_producer(settings)
    await outlet.start()
    tasks = [asyncio.create_task(run_deliver(settings, sink, outlet, metrics, stop)) for sink in sinks]

    def seen(sink: Sink) -> float:
        return metrics.delivered.labels(sink.name)._value.get()

    try:
        async with asyncio.timeout(150):
            while any(seen(sink) < count for sink in sinks):  # noqa: ASYNC110 - a counter announces nothing
                await asyncio.sleep(0.02)
        stop.set()
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await outlet.stop()
    return metrics


async def test_every_sink_gets_every_alert_and_what_it_refuses_is_kept(settings: Settings) -> None:
    await write_alerts(settings, encode(alert("a")), encode(alert("refused")), b"{broken", encode(alert("b")))
    steady, unsteady = MemorySink(), Unsteady()
    # The steady sink takes the refused one too; each counts for itself.
    metrics = await deliver_until(settings, [unsteady], 2)
    await deliver_until(settings, [steady], 3)

    assert [one.alert_id for one in steady.delivered] == ["a", "refused", "b"]
    assert [one.alert_id for one in unsteady.delivered] == ["a", "b"]
    assert metrics.delivery_attempts.labels("log")._value.get() == 3
    letters = [orjson.loads(record.value) for record in await read_topic(settings, "dead-letters", 1)]
    assert sorted((letter["offset"], letter["reason"]) for letter in letters) == [
        (1, "undeliverable"),
        (2, "not_json"),
        (2, "not_json"),
    ]


async def test_delivery_is_timed_from_the_producer_of_the_event(settings: Settings) -> None:
    producer = new_producer(settings)
    await producer.start()
    sent_at = b"%d" % (time.time() * 1000 - 30_000)
    records = [Record(None, encode(alert("a")), [(SOURCE_TIME, sent_at)]), Record(None, encode(alert("b")))]
    await send_records(producer, settings.topic("alerts"), 0, records)
    await producer.stop()
    metrics = await deliver_until(settings, [MemorySink()], 2)

    seconds = metrics.delivery_seconds.labels("memory")
    assert 30.0 <= seconds._sum.get() < 60.0


async def test_a_sink_goes_on_where_it_stopped(settings: Settings) -> None:
    await write_alerts(settings, encode(alert("a")))
    first = MemorySink()
    await deliver_until(settings, [first], 1)
    await write_alerts(settings, encode(alert("b")))
    second = MemorySink()
    await deliver_until(settings, [second], 1)

    assert [one.alert_id for one in second.delivered] == ["b"]


class Away(MemorySink):
    """Asks to be left alone for long."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def deliver(self, alert: Alert) -> None:
        self.asked.set()
        raise SinkUnavailableError(self.name, timedelta(minutes=10))


async def test_a_sink_that_is_away_holds_up_no_rebalance(settings: Settings) -> None:
    """Another worker, whose way to the same destination is open, gets partitions at once."""
    for partition in range(settings.partitions):
        await write_alerts(settings, *(encode(alert(f"a{partition}{number}")) for number in range(3)), to=partition)
    away, open_way = Away(), MemorySink()
    stop, outlet, metrics = asyncio.Event(), new_producer(settings), Metrics(CollectorRegistry())
    await outlet.start()
    duty = Duty("deliver", "deliver.memory")
    first = asyncio.create_task(run_deliver(settings, away, outlet, metrics, stop, duty=duty))
    tasks = [first]
    try:
        async with asyncio.timeout(150):
            await away.asked.wait()
            tasks.append(asyncio.create_task(run_deliver(settings, open_way, outlet, metrics, stop)))
            while not open_way.delivered:  # noqa: ASYNC110 - a list announces nothing
                await asyncio.sleep(0.02)
            assert not first.done()
            assert duty.waits_for == "memory"
            stop.set()
            await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await outlet.stop()
    assert away.delivered == []
    assert await read_topic(settings, "dead-letters", 1) == []


@pytest.mark.kafka
async def test_alerts_that_were_removed_before_a_sink_had_them_are_a_hole(apache_kafka: str) -> None:
    settings = broker_settings(apache_kafka, session_timeout_seconds=6.0, heartbeat_seconds=1.0, partitions=1)
    await prepare_topics(settings)
    await write_alerts(settings, encode(alert("a")), encode(alert("b")))
    await deliver_until(settings, [MemorySink()], 2)
    await write_alerts(settings, *(encode(alert(name)) for name in "cdef"))
    await delete_before(settings, "alerts", 4)
    sink = MemorySink()
    metrics = await deliver_until(settings, [sink], 2)

    assert [one.alert_id for one in sink.delivered] == ["e", "f"]
    assert metrics.skipped_positions.labels("deliver")._value.get() == 2


async def test_the_wall_clock_reaches_every_partition_again_and_again(settings: Settings) -> None:
    stop, outlet = asyncio.Event(), new_producer(settings)
    await outlet.start()
    ticking = asyncio.create_task(run_tick(settings, outlet, stop, now=lambda: SOME_TIME))
    await asyncio.sleep(0.5)
    stop.set()
    await ticking
    await outlet.stop()

    ticks = [(record.partition, decode_journal_line(record.value)) for record in await read_topic(settings, "journal")]
    assert {partition for partition, _ in ticks} == set(range(settings.partitions))
    assert all(tick == Tick(at=SOME_TIME, partition=partition) for partition, tick in ticks)
    assert len(ticks) >= 2 * settings.partitions


async def test_with_the_event_clock_the_wall_clock_writes_nothing(settings: Settings) -> None:
    stop, outlet = asyncio.Event(), new_producer(settings)
    await outlet.start()
    ticking = asyncio.create_task(run_tick(settings.model_copy(update={"clock": "event"}), outlet, stop))
    await asyncio.sleep(0.3)
    stop.set()
    await ticking
    await outlet.stop()

    assert await read_topic(settings, "journal") == []
