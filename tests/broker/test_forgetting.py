"""A customer asks to be forgotten: what is left on the topics, and what a later version's row does to a worker."""

from __future__ import annotations

import asyncio
from pathlib import Path

import orjson
import pytest

from models.row_formats import ROW_FORMAT
from models.rows import decode_row
from schemas.codec import CustomerEvent, encode
from streams.broker import EmbeddedBroker
from streams.connections import new_producer
from streams.exits import ExitCode
from streams.outbox import Record, send_records
from streams.settings import Settings
from streams.topics import CHANGELOG
from tests.support.events import action, call
from tests.support.journal import broker_settings, prepare_topics, read_topic
from tests.support.settling import READY
from tests.support.worker_process import WorkerProcess

pytestmark = pytest.mark.broker

KEY = "c_forgetme"
WORKER = "tests.support.real_worker"


@pytest.fixture
async def settings(embedded_broker: EmbeddedBroker) -> Settings:
    settings = broker_settings(embedded_broker.bootstrap_servers, partitions=1, clock="event")
    await prepare_topics(settings)
    return settings


async def write(settings: Settings, topic: str, *records: Record) -> None:
    producer = new_producer(settings)
    await producer.start()
    try:
        await send_records(producer, settings.topic(topic), 0, records)
    finally:
        await producer.stop()


def line(event: CustomerEvent) -> Record:
    return Record(None, encode(event))


async def last_of(settings: Settings, topic: str) -> dict[bytes, bytes | None]:
    """What compaction would leave."""
    return {record.key: record.value for record in await read_topic(settings, topic)}


async def until_alerts(settings: Settings, reason: str) -> bytes:
    """Wait until an alert gives this reason, and return all alerts."""
    async with asyncio.timeout(150):
        while reason not in (told := b"\n".join(r.value or b"" for r in await read_topic(settings, "alerts"))).decode():
            pass
    return told


async def test_who_asks_for_it_is_forgotten_on_every_topic_that_keeps_the_last_word(
    settings: Settings, tmp_path: Path
) -> None:
    angry = call(KEY, text="打了三次都没人回，我要投诉到银保监！", event_id="secret-7", policy_ref="P-secret")
    with WorkerProcess(settings, tmp_path / "log", module=WORKER) as worker:
        await worker.has_said(READY)
        await write(settings, "journal", line(angry), line(action(KEY, day=0.1, what="erase", event_id="ask-1")))
        await until_alerts(settings, "erased")
        await asyncio.sleep(0.5)  # rows follow their outputs

        assert (await last_of(settings, "risk"))[KEY.encode()] is None
        row = (await last_of(settings, CHANGELOG))[KEY.encode()]
        assert row is not None
        assert decode_row(row).forgotten_at
        assert b"secret" not in row

        # And they come back as somebody new.
        await write(settings, "journal", line(call(KEY, day=1.0, event_id="again")))
        async with asyncio.timeout(150):
            while not (risk := (await last_of(settings, "risk"))[KEY.encode()]):
                pass
        assert orjson.loads(risk)["heat"] == 0.0


async def test_a_row_of_a_later_version_stops_the_worker_with_a_word_for_people(
    settings: Settings, tmp_path: Path
) -> None:
    later = orjson.dumps([ROW_FORMAT + 1, "0", 0, 0, "something new"])
    await write(settings, CHANGELOG, Record(KEY.encode(), later))
    with WorkerProcess(settings, tmp_path / "log", module=WORKER) as worker:
        await worker.has_said(READY)
        await write(settings, "journal", line(call(KEY)))
        code = await asyncio.to_thread(worker.wait, 30.0)

    assert code == ExitCode.CONFIGURATION
    assert "a later version of Foreshock has written it" in worker.said()
