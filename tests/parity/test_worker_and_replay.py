"""The same events through the worker and through replay give the same alerts and the same state, byte for byte."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from foreshock.journal_dump import read_header, read_record
from foreshock.simulate.feed import feed
from foreshock.simulate.world import World
from models.params import LearningParams, Params
from models.partition import RESERVED
from models.replaying import JournalReplay
from models.state import encode_row, row_position
from schemas.alerts import Alert
from schemas.codec import decode_as, encode
from schemas.errors import UnreadableMessageError
from streams.broker import EmbeddedBroker
from streams.settings import Settings
from streams.topics import CHANGELOG
from tests.support.journal import broker_settings, prepare_topics, read_topic
from tests.support.peers import CHECKOUT
from tests.support.worker_process import WorkerProcess

ATTRIBUTES = "member_level,sales_channel,tenure_years"


async def test_the_worker_and_a_replay_of_its_journal_agree_to_the_byte(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    params = Params(learning=LearningParams(snapshot_examples=40))
    params_file = tmp_path / "params.toml"
    params_file.write_text("[params.learning]\nsnapshot_examples = 40\n", encoding="utf-8")
    settings = broker_settings(embedded_broker.bootstrap_servers, partitions=3, clock="event", params_file=params_file)
    await prepare_topics(settings)
    world = World(seed=5, customers=600, start_at=datetime(2026, 1, 5, tzinfo=UTC), days=50)

    with _worker(settings, tmp_path):
        fed = await feed(world, settings.bootstrap_servers, settings.topic_prefix, None, asyncio.Event())
        await _settled(settings, fed)
    replay, alerts = _replayed(_dumped(settings, tmp_path / "journal.jsonl"), params)

    assert fed > 2_000
    assert alerts
    assert replay.engines[0].scorer.number > 1, "no snapshot was switched: the test shows less than it says"
    assert await _alerts(settings) == alerts
    assert await _rows(settings) == {
        f"{partition}/{key}": encode_row(state)
        for partition, states in replay.states.items()
        for key, state in states.items()
    }


def _worker(settings: Settings, folder: Path) -> WorkerProcess:
    return WorkerProcess(
        settings,
        folder / "worker.log",
        module="foreshock",
        arguments=("worker",),
        roles="ingest,score,learn",
        FORESHOCK_ATTRIBUTES=ATTRIBUTES,
    )


async def _settled(settings: Settings, fed: int) -> None:
    """Wait until everything fed is in the journal or a dead letter, and every partition has gone through it all."""
    deadline, before = time.monotonic() + 60.0, None
    while True:
        journal = await read_topic(settings, "journal")
        letters = await read_topic(settings, "dead-letters", partitions=1)
        taken = sum(line.count(b'"event_id"') for record in journal for line in (record.value or b"").split(b"\n"))
        ends = {record.partition: record.offset for record in journal}
        through = await _engine_offsets(settings)
        if taken + len(letters) == fed and through == ends == before:
            return
        before = ends
        assert time.monotonic() < deadline, f"{taken} + {len(letters)} of {fed}, journal {ends}, through {through}"
        await asyncio.sleep(1.0)


async def _engine_offsets(settings: Settings) -> dict[int, int]:
    """The journal offset that each partition's engine has reached, by the changelog."""
    return {
        record.partition: row_position(record.value)[1].offset
        for record in await read_topic(settings, CHANGELOG)
        if record.value and (record.key or b"").startswith(b"@engine")
    }


async def _alerts(settings: Settings) -> dict[tuple[str, int], bytes]:
    """Every transition on the topic; a repetition must say the same."""
    found: dict[tuple[str, int], bytes] = {}
    for record in await read_topic(settings, "alerts"):
        alert = decode_as(Alert, record.value or b"")
        assert found.setdefault((alert.alert_id, alert.sequence), record.value or b"") == record.value
    return found


async def _rows(settings: Settings) -> dict[str, bytes]:
    """The last row of every customer."""
    return {
        f"{record.partition}/{record.key.decode()}": record.value
        for record in await read_topic(settings, CHANGELOG)
        if record.key and not record.key.startswith(RESERVED.encode()) and record.value
    }


def _dumped(settings: Settings, file: Path) -> Path:
    """The journal as `foreshock topics dump` writes it."""
    environment = {
        **os.environ,
        "FORESHOCK_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "FORESHOCK_TOPIC_PREFIX": settings.topic_prefix,
    }
    command = [sys.executable, "-m", "foreshock", "topics", "dump", "--output", str(file)]
    subprocess.run(command, cwd=CHECKOUT, env=environment, check=True, capture_output=True, timeout=60)
    return file


def _replayed(dump: Path, params: Params) -> tuple[JournalReplay, dict[tuple[str, int], bytes]]:
    """The dump through the core."""
    header, *records = dump.read_bytes().splitlines()
    replay = JournalReplay(params, read_header(header).epoch)
    alerts: dict[tuple[str, int], bytes] = {}
    for record in records:
        for taken in replay.take(*read_record(record)):
            assert not isinstance(taken, UnreadableMessageError)
            alerts.update({(alert.alert_id, alert.sequence): encode(alert) for alert in taken[1].alerts})
    return replay, alerts
