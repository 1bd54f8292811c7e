"""A worker stands by for another one's partitions, and takes over with what it has at hand."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from streams.broker import EmbeddedBroker
from streams.settings import Settings
from tests.support.journal import broker_settings, prepare_topics, read_topic
from tests.support.settling import READY, assert_exact, feed, recoveries, settled
from tests.support.worker_process import COUNTING, WorkerProcess

EVENTS = 3000
STANDBY = {"standby_replicas": 1, "partitions": 6}
"""With standbys Faust fills workers to the ceiling: only a number that two and three divide is shared fairly."""
ON_KAFKA = pytest.param("kafka", marks=[pytest.mark.kafka, pytest.mark.long])


@pytest.fixture(params=[pytest.param("embedded", marks=pytest.mark.broker), ON_KAFKA])
async def settings(request: pytest.FixtureRequest) -> Settings:
    """Topics of one's own, and standbys."""
    if request.param == "kafka":
        settings = broker_settings(
            request.getfixturevalue("apache_kafka"),
            producer_idempotence=True,
            session_timeout_seconds=6.0,
            heartbeat_seconds=1.0,
            **STANDBY,
        )
    else:
        broker: EmbeddedBroker = request.getfixturevalue("embedded_broker")
        settings = broker_settings(broker.bootstrap_servers, **STANDBY)
    await prepare_topics(settings)
    return settings


@pytest.mark.parametrize("store", ["memory", "rocksdb"])
async def test_who_stood_by_takes_over_with_the_rest_of_the_changelog_only(
    settings: Settings, tmp_path: Path, store: str
) -> None:
    def worker_named(name: str) -> WorkerProcess:
        kept = {"FORESHOCK_STORE": store, "FORESHOCK_STORE_DIRECTORY": str(tmp_path / f"{name}.state")}
        return WorkerProcess(settings, tmp_path / f"{name}.log", COUNTING, **kept)

    with worker_named("first") as first, worker_named("second") as second:
        await first.has_said(READY)
        await second.has_said(READY)
        # In small portions, so that the changelog is long: a group takes one row per customer, however many events.
        await feed(settings, 0, EVENTS, seconds=1.0, portions=60)
        await settled(settings, EVENTS, first, second)
        await both_stand_by(first, second)
        await asyncio.sleep(1.0)  # what was written last is read too
        before, written = len(recoveries(first)), len(await read_topic(settings, "score-states-changelog"))
        second.kill()
        await first.has_said(READY, before + 1)

        # A fence for each partition, and what was written in the last moment: not the rows of thousands of events.
        assert recoveries(first)[-1] < 40 < written / 10, (recoveries(first), written)
        await feed(settings, EVENTS, EVENTS + 500)
        await settled(settings, EVENTS + 500, first)
    await assert_exact(settings, EVENTS + 500)


async def both_stand_by(*workers: WorkerProcess) -> None:
    """Wait until each follows the other's partitions."""
    for worker in workers:
        await worker.has_said("standby_follows")


@pytest.mark.timeout(600)  # three processes start, and one of them twice
async def test_partitions_that_move_between_standbys_lose_nothing(settings: Settings, tmp_path: Path) -> None:
    """Three workers come and go: each partition is owned, stood by for, and owned again."""
    workers = [WorkerProcess(settings, tmp_path / f"{name}.log", COUNTING) for name in "abc"]
    with workers[0] as first, workers[1] as second, workers[2] as third:
        feeding = asyncio.create_task(feed(settings, 0, EVENTS, seconds=8.0))
        for worker in workers:
            await joined(worker)
        second.kill()
        await asyncio.sleep(3.0)
        second.start()
        await joined(second, since=len(second.said()))
        third.kill()
        await feeding
        await settled(settings, EVENTS, first, second, timeout_seconds=120.0)
    await assert_exact(settings, EVENTS)


async def joined(worker: WorkerProcess, since: int = 0) -> None:
    """Wait until a worker owns a partition or stands by for one: with three of them, one may have either only."""
    async with asyncio.timeout(150):
        while not re.search(f"{READY}|standby_follows", worker.said()[since:]):  # noqa: ASYNC110 - a process says it
            await asyncio.sleep(0.1)
