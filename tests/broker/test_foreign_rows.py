"""Somebody else wrote to the changelog, and an earlier version did: what the worker makes of either."""

from __future__ import annotations

import asyncio
from pathlib import Path

import orjson
import pytest

from models.partition import engine_key
from models.row_formats import ROW_FORMAT
from models.rows import decode_row
from schemas.codec import encode
from streams.broker import EmbeddedBroker
from streams.connections import new_producer
from streams.exits import ExitCode
from streams.outbox import Record, send_records
from streams.settings import Settings
from streams.topics import CHANGELOG
from tests.support.events import call
from tests.support.journal import broker_settings, prepare_topics, read_topic
from tests.support.settling import READY
from tests.support.worker_process import REAL, WorkerProcess

pytestmark = pytest.mark.broker

KEY = "c_known"
ROW_1 = Path(__file__).parents[1] / "models" / "fixtures" / "row_v1.json"


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


async def last_of(settings: Settings) -> dict[bytes, bytes | None]:
    """What compaction would leave of the changelog."""
    return {record.key: record.value for record in await read_topic(settings, CHANGELOG)}


def is_mended(rows: dict[bytes, bytes | None]) -> bool:
    """Whether everything has been written over: not all in one request, so one may be seen before another."""
    values = set(rows.values())
    return not {b"hello", b"\xff\xfe", b"{}", ROW_1.read_bytes().strip()} & values


async def test_garbage_is_replaced_and_what_an_earlier_version_wrote_is_brought_up_to_date(
    settings: Settings, tmp_path: Path
) -> None:
    await write(
        settings,
        CHANGELOG,
        Record(KEY.encode(), ROW_1.read_bytes().strip()),
        Record(KEY.encode(), b"hello"),
        Record(b"nobody", b"\xff\xfe"),
        Record(engine_key(0).encode(), b"{}"),
    )
    with WorkerProcess(settings, tmp_path / "log", REAL) as worker:
        await worker.has_said(READY)
        await write(settings, "journal", Record(None, encode(call(KEY, day=10))))
        async with asyncio.timeout(150):
            while not is_mended(rows := await last_of(settings)):
                assert worker.exit_code is None, worker.said()

    row = rows[KEY.encode()]
    assert row is not None
    assert row.startswith(b"[%d," % ROW_FORMAT)
    assert decode_row(row).claims[0].ref == "CL-1"
    assert rows[b"nobody"] is None
    assert "changelog_has_foreign_records" in worker.said()


async def test_a_row_that_only_begins_as_ours_ends_the_worker_until_a_person_has_removed_it(
    settings: Settings, tmp_path: Path
) -> None:
    # Of an earlier format, so that it is read whole as the partition is taken up.
    await write(settings, CHANGELOG, Record(KEY.encode(), orjson.dumps([1, "0", 0, 0, "x"])))
    with WorkerProcess(settings, tmp_path / "log", REAL) as worker:
        await worker.has_said(READY)
        await write(settings, "journal", Record(None, encode(call(KEY))))
        code = await asyncio.to_thread(worker.wait, 60.0)

        assert code == ExitCode.CONFIGURATION, worker.said()
        assert f"the row with the key {KEY.encode()!r} in partition 0" in worker.said()

        await write(settings, CHANGELOG, Record(KEY.encode(), None))
        worker.start()
        async with asyncio.timeout(150):
            while not (row := (await last_of(settings))[KEY.encode()]):
                assert worker.exit_code is None, worker.said()

    assert decode_row(row).events == 1
