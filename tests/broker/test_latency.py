"""Light traffic waits for nobody, heavy traffic batches."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from models.pseudonym import partition_of
from schemas.codec import encode
from streams.broker import EmbeddedBroker
from streams.connections import new_producer
from streams.outbox import Record, send_records
from streams.settings import Settings
from tests.broker.test_health import Watched
from tests.support.journal import broker_settings, call, prepare_topics, read_topic

IDLE_WAIT_SECONDS = 2.0
"""Fetches of idle readers; on the embedded broker a reader that always waited so long would be seconds late."""


@pytest.fixture
async def settings(embedded_broker: EmbeddedBroker) -> Settings:
    """Topics of one's own, and fetches that wait long while nothing comes."""
    settings = broker_settings(
        embedded_broker.bootstrap_servers, partitions=2, fetch_wait_seconds=IDLE_WAIT_SECONDS, stuck_after_seconds=600.0
    )
    await prepare_topics(settings)
    return settings


async def send(settings: Settings, numbers: range, pause_seconds: float = 0.0) -> None:
    """Send events, each by itself if there is a pause between them."""
    producer = new_producer(settings)
    await producer.start()
    try:
        step = 1 if pause_seconds else len(numbers)
        for start in numbers[::step]:
            places: dict[int, list[Record]] = {}
            for event in (call(number) for number in range(start, start + step)):
                places.setdefault(partition_of(event.customer_id, 2), []).append(Record(None, encode(event)))
            for partition, records in places.items():
                await send_records(producer, settings.topic("calls"), partition, records)
            await asyncio.sleep(pause_seconds)
    finally:
        await producer.stop()


async def counted(worker: Watched, name: str, count: int) -> dict[str, float]:
    """Wait until a metric has come so far, and return all of them."""
    for _ in range(600):
        metrics = await worker.metrics()
        if metrics.get(name, 0.0) >= count:
            return metrics
        await asyncio.sleep(0.2)
    raise AssertionError(f"{name} never was {count}: {worker.process.said()[-2000:]}")


async def test_an_event_that_comes_alone_waits_for_nobody(settings: Settings, tmp_path: Path) -> None:
    worker = Watched(settings, tmp_path, "ingest,score")
    with worker.process:
        await worker.ready()
        await send(settings, range(10), pause_seconds=0.05)
        before = await counted(worker, "foreshock_alert_latency_seconds_count", 10)
        await send(settings, range(10, 60), pause_seconds=0.05)
        after = await counted(worker, "foreshock_alert_latency_seconds_count", 60)

    def within(bound: str) -> float:
        name = f'foreshock_alert_latency_seconds_bucket{{le="{bound}"}}'
        return after[name] - before[name]

    # A quarter of a second is generous for a busy machine, and a quarter of what one idle fetch waits on average.
    assert within("0.25") >= 25


async def test_the_heavier_the_load_the_more_events_go_on_together(settings: Settings, tmp_path: Path) -> None:
    worker = Watched(settings, tmp_path, "ingest,score")
    with worker.process:
        await worker.ready()
        await send(settings, range(40), pause_seconds=0.05)
        await counted(worker, "foreshock_alert_latency_seconds_count", 40)
        light = len(await read_topic(settings, "journal"))
        await send(settings, range(40, 4040))
        await counted(worker, "foreshock_alert_latency_seconds_count", 4040)
        records = await read_topic(settings, "journal")

    assert sum(record.value.count(b"\n") + 1 for record in records) == 4040
    # Each event of light traffic by itself, or nearly so on a busy machine; of heavy traffic dozens.
    assert 40 / light < 10
    assert 4000 / (len(records) - light) > 32
