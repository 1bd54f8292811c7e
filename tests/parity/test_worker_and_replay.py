"""The same events through the worker and through replay give the same alerts and the same state, byte for byte."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from foreshock.journal_dump import read_header, read_record
from foreshock.simulate.customers import ATTRIBUTE_NAMES
from foreshock.simulate.feed import feed
from foreshock.simulate.world import World
from models.params import LearningParams, Params
from models.replaying import JournalReplay
from models.state import encode_row
from schemas.codec import encode
from schemas.errors import UnreadableMessageError
from streams.broker import EmbeddedBroker
from streams.settings import Settings
from tests.support.journal import broker_settings, prepare_topics
from tests.support.outcomes import alerts_on_topic, rows_on_topic, settled
from tests.support.peers import CHECKOUT
from tests.support.worker_process import WorkerProcess


async def test_the_worker_and_a_replay_of_its_journal_agree_to_the_byte(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    settings = await _prepared(embedded_broker, tmp_path)

    with _worker(settings, tmp_path, "ingest,score,learn"):
        fed = await feed(_world(), settings.bootstrap_servers, settings.topic_prefix, None, asyncio.Event())
        await settled(settings, fed)

    assert fed > 2_000
    await _assert_agreement(settings, tmp_path)


@pytest.mark.slow
async def test_workers_killed_halfway_agree_with_a_replay_too(embedded_broker: EmbeddedBroker, tmp_path: Path) -> None:
    settings = await _prepared(embedded_broker, tmp_path)
    entrance = _worker(settings, tmp_path, "ingest,tick")
    scorer = _worker(settings, tmp_path, "score")
    learner = _worker(settings, tmp_path, "learn")

    with entrance, scorer, learner:
        feeding = asyncio.create_task(
            # Fifty days in about ten seconds, so that the kills fall in between.
            feed(_world(), settings.bootstrap_servers, settings.topic_prefix, 400_000.0, asyncio.Event())
        )
        for killed, ready in (
            (scorer, "state_recovered"),
            (learner, "snapshot_published"),
            (entrance, "worker_started"),
        ):
            await killed.has_said(ready)
            await asyncio.sleep(0.5)
            killed.kill()
            killed.start()
        await settled(settings, await feeding)

    await _assert_agreement(settings, tmp_path)


PARAMS = Params(learning=LearningParams(snapshot_examples=40))


def _world() -> World:
    return World(seed=5, customers=600, start_at=datetime(2026, 1, 5, tzinfo=UTC), days=50)


async def _prepared(broker: EmbeddedBroker, folder: Path) -> Settings:
    """Topics of one's own, and parameters that give a snapshot early."""
    params_file = folder / "params.toml"
    params_file.write_text("[params.learning]\nsnapshot_examples = 40\n", encoding="utf-8")
    settings = broker_settings(broker.bootstrap_servers, partitions=3, clock="event", params_file=params_file)
    await prepare_topics(settings)
    return settings


async def _assert_agreement(settings: Settings, folder: Path) -> None:
    """What the workers left on the topics is what a replay of their journal gives."""
    replay, alerts = _replayed(_dumped(settings, folder / "journal.jsonl"), PARAMS)

    assert alerts
    assert replay.engines[0].scorer.number > 1, "no snapshot was switched: the test shows less than it says"
    assert await alerts_on_topic(settings) == alerts
    assert await rows_on_topic(settings) == {
        f"{partition}/{key}": encode_row(state)
        for partition, states in replay.states.items()
        for key, state in states.items()
    }


def _worker(settings: Settings, folder: Path, roles: str) -> WorkerProcess:
    return WorkerProcess(
        settings,
        folder / f"{roles}.log",
        module="foreshock",
        arguments=("worker",),
        roles=roles,
        FORESHOCK_ATTRIBUTES=",".join(ATTRIBUTE_NAMES),
    )


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
