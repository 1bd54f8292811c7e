"""An upgrade without loss: what former versions left in the changelog is taken up by workers of this one.

The changelog is written here as former versions wrote it: customers' rows of every format, the partitions' own rows as
short as they once were, and a snapshot that lacks the features that came since. Nothing of it is made by today's code.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from models.engine import Engine, step
from models.features import FAMILIES
from models.params import load_params
from models.partition import engine_key, snapshot_key
from models.pseudonym import partition_of
from models.risk import untrained
from models.row_formats import ROW_FORMAT
from models.rows import decode_row, encode_row
from models.state import CustomerState
from schemas.codec import decode_journal_line, encode
from schemas.ticks import Tick
from schemas.types import Position
from streams.broker import EmbeddedBroker
from streams.connections import new_producer
from streams.exits import ExitCode
from streams.outbox import Record, send_records
from streams.settings import Settings
from streams.topics import CHANGELOG
from tests.support.events import call
from tests.support.journal import broker_settings, prepare_topics, read_topic
from tests.support.outcomes import engine_offsets
from tests.support.settling import READY
from tests.support.worker_process import REAL, WorkerProcess

pytestmark = pytest.mark.broker

PARTITIONS = 3
FIXTURES = Path(__file__).parents[1] / "models" / "fixtures"
FORMATS = range(1, ROW_FORMAT)
LAST = 1773219600.0
"""When the customers of the fixtures were last heard of, and as far as the partitions' clocks are."""


def former_row(number: int) -> bytes:
    """A customer's row of a former format, as of the first record of a journal "0"."""
    items = orjson.loads((FIXTURES / f"row_v{number}.json").read_bytes())
    return orjson.dumps([items[0], "0", 0, 0, *items[4:]])


def former_weights() -> dict[str, Any]:
    """A snapshot of before the last family of features: every line lacks its numbers."""
    known = list(FAMILIES.values())[-1].start
    weights = untrained(load_params(None)).model_dump(mode="json") | {"number": 7}
    for line in weights["lines"]:
        for horizon in ("risk_7d", "risk_30d"):
            line[horizon]["dense"], line[horizon]["means"] = (line[horizon][n][:known] for n in ("dense", "means"))
    return weights


def customers() -> dict[str, bytes]:
    """Four customers of each former format, spread as their keys say."""
    return {f"c_v{number}{letter}": former_row(number) for number in FORMATS for letter in "abcd"}


def own_rows(partition: int) -> dict[str, bytes]:
    """What a partition remembered in formats 1, 2 and 3: position, clock and snapshot, nothing that came since."""
    return {
        snapshot_key(partition): orjson.dumps([partition + 1, "0", 0, 0, former_weights()]),
        engine_key(partition): orjson.dumps([partition + 1, "0", 0, 0, LAST, 7]),
    }


async def write(settings: Settings, topic: str, partition: int, records: Sequence[Record]) -> None:
    producer = new_producer(settings)
    await producer.start()
    try:
        await send_records(producer, settings.topic(topic), partition, records)
    finally:
        await producer.stop()


@pytest.fixture
async def settings(embedded_broker: EmbeddedBroker) -> Settings:
    """A journal and a changelog as a former version left them: everything is scored."""
    settings = broker_settings(embedded_broker.bootstrap_servers, partitions=PARTITIONS, clock="event")
    await prepare_topics(settings)
    for partition in range(PARTITIONS):
        tick = encode(Tick(at=datetime.fromtimestamp(LAST, UTC), partition=partition))
        await write(settings, "journal", partition, [Record(None, tick)])
        rows = {key: row for key, row in customers().items() if partition_of(key, PARTITIONS) == partition}
        found = [Record(key.encode(), row) for key, row in (rows | own_rows(partition)).items()]
        await write(settings, CHANGELOG, partition, found)
    return settings


def said_on(day: int) -> dict[int, list[bytes]]:
    """Everybody calls once, in their partitions."""
    lines: dict[int, list[bytes]] = {}
    for key in customers():
        event = call(key, day=day, event_id=f"{key}-{day}", text="打了三次都没人回，我要投诉")
        lines.setdefault(partition_of(key, PARTITIONS), []).append(encode(event))
    return lines


async def everybody_calls(settings: Settings, day: int, offset: int, *workers: WorkerProcess) -> None:
    """Write one record to each partition, and wait until it is scored."""
    for partition, lines in said_on(day).items():
        await write(settings, "journal", partition, [Record(None, b"\n".join(lines))])
    async with asyncio.timeout(150):
        while await engine_offsets(settings) != dict.fromkeys(range(PARTITIONS), offset):
            assert any(worker.exit_code is None for worker in workers), [worker.said()[-3000:] for worker in workers]
            await asyncio.sleep(0.2)


def expected(days: Sequence[int]) -> tuple[dict[str, bytes], set[tuple[str, int]]]:
    """Rows and alerts as the core alone makes them of the former rows and what came after."""
    rows: dict[str, bytes] = {}
    alerts: set[tuple[str, int]] = set()
    for partition in range(PARTITIONS):
        own = own_rows(partition)
        mine = {key: row for key, row in customers().items() if partition_of(key, PARTITIONS) == partition}
        engine = Engine(load_params(None), partition, "0", PARTITIONS)
        engine.restore(mine.items(), own[engine_key(partition)], own[snapshot_key(partition)])
        states: dict[str, CustomerState] = {key: decode_row(row) for key, row in mine.items()}
        for offset, day in enumerate(days, start=1):
            for number, line in enumerate(said_on(day)[partition]):
                outcome = step(engine, states, decode_journal_line(line), Position(offset, number))
                alerts |= {(alert.alert_id, alert.sequence) for alert in outcome.alerts}
        rows |= {key: encode_row(state) for key, state in states.items()}
    return rows, alerts


async def newest_rows(settings: Settings) -> Mapping[str, bytes]:
    """The last row of every customer in the changelog."""
    found = {r.key: r.value for r in await read_topic(settings, CHANGELOG) if not r.key.startswith(b"@")}
    return {key.decode(): row for key, row in found.items()}


async def test_rows_of_every_former_format_go_on_while_workers_come_and_go(settings: Settings, tmp_path: Path) -> None:
    first = WorkerProcess(settings, tmp_path / "first.log", REAL)
    second = WorkerProcess(settings, tmp_path / "second.log", REAL)
    with first, second:
        await first.has_said(READY)
        await second.has_said(READY)
        await everybody_calls(settings, 10, 1, first, second)
        # A worker of the former version was asleep, and writes what it still had: behind the newer rows.
        for key, row in customers().items():
            await write(settings, CHANGELOG, partition_of(key, PARTITIONS), [Record(key.encode(), row)])
        first.kill()
        await second.has_said(READY, times=2)
        await everybody_calls(settings, 11, 2, second)
        first.start()
        await first.has_said(READY, times=2)
        second.signal(signal.SIGTERM)
        assert await asyncio.to_thread(second.wait) == ExitCode.STOPPED
        await everybody_calls(settings, 12, 3, first)

    rows, alerts = expected([10, 11, 12])
    found = await newest_rows(settings)
    assert found == rows
    assert alerts, "nobody was told anything: the test shows less than it says"
    assert all(row.startswith(b"[%d," % ROW_FORMAT) for row in found.values())
    told = [orjson.loads(record.value or b"") for record in await read_topic(settings, "alerts")]
    assert {(alert["alert_id"], alert["sequence"]) for alert in told} == alerts
    assert {decode_row(row).snapshot for row in found.values()} == {7}, "the former snapshot does not score"
    assert {decode_row(row).events for row in found.values()} == {8}


@pytest.mark.parametrize("newer", ["customer", "partition"])
async def test_going_back_to_a_version_that_cannot_read_the_rows_is_refused_in_words(
    settings: Settings, tmp_path: Path, newer: str
) -> None:
    """A later version has run: here it stands for today's, and today's for the one before."""
    row = orjson.dumps([ROW_FORMAT + 1, "0", 0, 0, "something new"])
    key = "c_v1a"
    partition = partition_of(key, PARTITIONS)
    name = key if newer == "customer" else engine_key(partition)
    await write(settings, CHANGELOG, partition, [Record(name.encode(), row)])

    with WorkerProcess(settings, tmp_path / "log", REAL) as worker:
        await worker.has_said(READY)
        for number, lines in said_on(10).items():
            await write(settings, "journal", number, [Record(None, b"\n".join(lines))])
        assert await asyncio.to_thread(worker.wait, 60.0) == ExitCode.CONFIGURATION, worker.said()[-3000:]

    assert "a later version of Foreshock has written it. Run that version or a later one" in worker.said()
    told = {orjson.loads(r.value)["alert_id"] for r in await read_topic(settings, "alerts") if r.partition == partition}
    assert told == set()
