"""The same events through the worker and through replay: the worker, the dump, and what must agree."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from foreshock.journal_dump import read_header, read_record
from foreshock.simulate.customers import ATTRIBUTE_NAMES
from foreshock.simulate.world import World
from models.outcome import Outcome
from models.params import Params, load_params
from models.replaying import JournalReplay
from models.rows import encode_row
from schemas.codec import encode
from schemas.errors import UnreadableMessageError
from streams.broker import EmbeddedBroker
from streams.settings import Settings
from tests.support.journal import broker_settings, prepare_topics, read_topic
from tests.support.outcomes import alerts_on_topic, rows_on_topic
from tests.support.peers import CHECKOUT
from tests.support.worker_process import WorkerProcess

START_AT = datetime(2026, 1, 5, tzinfo=UTC)


def world(seed: int = 5, start_at: datetime = START_AT, days: int | None = 50) -> World:
    return World(seed=seed, customers=600, start_at=start_at, days=days)


async def prepared(
    broker: EmbeddedBroker, folder: Path, params: str = "[params.learning]\nsnapshot_examples = 40\n"
) -> Settings:
    """Topics of one's own, and parameters that give a snapshot early."""
    params_file = folder / "params.toml"
    params_file.write_text(params, encoding="utf-8")
    settings = broker_settings(broker.bootstrap_servers, partitions=3, clock="event", params_file=params_file)
    await prepare_topics(settings)
    return settings


async def assert_agreement(settings: Settings, folder: Path, at_least: int = 2) -> JournalReplay:
    """What the workers left on the topics is what a replay of their journal gives."""
    replay, outcomes = replayed(
        dumped(settings, folder / "journal.jsonl"),
        load_params(settings.params_file, settings.organisation, settings.pack),
        settings.snapshot_secret(),
    )

    alerts = {(alert.alert_id, alert.sequence): encode(alert) for outcome in outcomes for alert in outcome.alerts}
    assert alerts
    assert replay.engines[0].scorer.number >= at_least, "no snapshot was switched: the test shows less than it says"
    assert await alerts_on_topic(settings) == alerts
    for topic in ("suppressions", "receipts", "ledger"):
        expected = {encode(message) for outcome in outcomes for message in getattr(outcome, topic)}
        assert {record.value for record in await read_topic(settings, topic)} == expected, topic
    assert await rows_on_topic(settings) == {
        f"{partition}/{key}": encode_row(state)
        for partition, states in replay.states.items()
        for key, state in states.items()
    }
    return replay


def worker_of(settings: Settings, folder: Path, roles: str, **environment: str) -> WorkerProcess:
    return WorkerProcess(
        settings,
        folder / f"{roles}.log",
        module="foreshock",
        arguments=("worker",),
        roles=roles,
        FORESHOCK_ATTRIBUTES=",".join(ATTRIBUTE_NAMES),
        **environment,
    )


async def port_of(worker: WorkerProcess) -> int:
    """Where a worker serves its pages, once it does."""
    await worker.has_said("web_listens")
    return int(re.findall(r"web_listens .*port=(\d+)", worker.said())[0])


def dumped(settings: Settings, file: Path) -> Path:
    """The journal as `foreshock topics dump` writes it."""
    environment = {
        **os.environ,
        "FORESHOCK_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "FORESHOCK_TOPIC_PREFIX": settings.topic_prefix,
    }
    command = [sys.executable, "-m", "foreshock", "topics", "dump", "--output", str(file)]
    subprocess.run(command, cwd=CHECKOUT, env=environment, check=True, capture_output=True, timeout=240)
    return file


def replayed(dump: Path, params: Params, key: bytes) -> tuple[JournalReplay, list[Outcome]]:
    """The dump through the core."""
    header, *records = dump.read_bytes().splitlines()
    named = read_header(header)
    replay = JournalReplay(params, named.epoch, key, named.partitions)
    outcomes: list[Outcome] = []
    for record in records:
        for taken in replay.take(*read_record(record)):
            if isinstance(taken, UnreadableMessageError):
                assert taken.reason == "not_authentic"
                continue
            outcomes.append(taken[1])
    return replay, outcomes
