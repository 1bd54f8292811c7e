"""Workers that keep their rows on a disk: killed, moved, robbed of the disk; every count is exact in the end."""

from __future__ import annotations

import asyncio
import shutil
import signal
from pathlib import Path

import pytest

from streams.broker import EmbeddedBroker
from streams.exits import ExitCode
from streams.settings import Settings
from tests.support.journal import broker_settings, prepare_topics, read_topic
from tests.support.settling import READY, assert_exact, feed, recoveries, settled
from tests.support.worker_process import COUNTING, WorkerProcess

EVENTS = 3000
ON_KAFKA = pytest.param("kafka", marks=[pytest.mark.kafka, pytest.mark.long])


@pytest.fixture(params=[pytest.param("embedded", marks=pytest.mark.broker), ON_KAFKA])
async def settings(request: pytest.FixtureRequest) -> Settings:
    """Topics of one's own on the embedded broker, and on Apache Kafka where there is one."""
    if request.param == "kafka":
        address = request.getfixturevalue("apache_kafka")
        settings = broker_settings(
            address, producer_idempotence=True, session_timeout_seconds=6.0, heartbeat_seconds=1.0
        )
    else:
        broker: EmbeddedBroker = request.getfixturevalue("embedded_broker")
        settings = broker_settings(broker.bootstrap_servers)
    await prepare_topics(settings)
    return settings


def on_disk(settings: Settings, folder: Path, name: str, **environment: str) -> WorkerProcess:
    """A worker with a disk of its own."""
    kept = {"FORESHOCK_STORE": "rocksdb", "FORESHOCK_STORE_DIRECTORY": str(folder / f"{name}.state")}
    return WorkerProcess(settings, folder / f"{name}.log", COUNTING, **kept, **environment)


async def test_after_a_kill_only_the_rest_of_the_changelog_is_read_and_every_count_is_exact(
    settings: Settings, tmp_path: Path
) -> None:
    with on_disk(settings, tmp_path, "worker") as worker:
        await worker.has_said(READY)
        feeding = asyncio.create_task(feed(settings, 0, EVENTS, seconds=3.0))
        for times in (2, 3):
            await asyncio.sleep(1.0)
            worker.kill()
            worker.start()
            await worker.has_said(READY, times)
        await feeding
        await settled(settings, EVENTS, worker)
        written = len(await read_topic(settings, "score-states-changelog"))
        worker.kill()
        worker.start()
        await worker.has_said(READY, 4)

        assert recoveries(worker)[3] < written / 10, (recoveries(worker), written)
        await feed(settings, EVENTS, EVENTS + 200)
        await settled(settings, EVENTS + 200, worker)
    await assert_exact(settings, EVENTS + 200)


async def test_a_partition_that_moves_away_and_back_goes_on_where_the_other_worker_left_it(
    settings: Settings, tmp_path: Path
) -> None:
    with on_disk(settings, tmp_path, "worker") as worker, on_disk(settings, tmp_path, "other") as other:
        feeding = asyncio.create_task(feed(settings, 0, EVENTS, seconds=6.0))
        await other.has_said(READY)
        await asyncio.sleep(2.0)
        other.signal(signal.SIGTERM)
        assert await asyncio.to_thread(other.wait) == ExitCode.STOPPED, other.said()
        await feeding
        await settled(settings, EVENTS, worker)
    await assert_exact(settings, EVENTS)


async def test_a_worker_that_slept_past_its_session_overwrites_nothing_on_any_disk(
    settings: Settings, tmp_path: Path
) -> None:
    sleeper = on_disk(settings, tmp_path, "sleeper", COUNTING_FAULT="slow")
    other = on_disk(settings, tmp_path, "other")
    with sleeper, other:
        feeding = asyncio.create_task(feed(settings, 0, EVENTS, seconds=3.0))
        await sleeper.has_said(READY)
        await other.has_said(READY)
        sleeper.signal(signal.SIGSTOP)
        await other.has_said(READY, times=2)
        sleeper.signal(signal.SIGCONT)
        await asyncio.sleep(1.0)
        other.kill()
        if sleeper.exit_code is not None:
            sleeper.start()
        await feeding
        await settled(settings, EVENTS, sleeper)
    await assert_exact(settings, EVENTS)


async def test_a_disk_that_is_lost_costs_only_time(settings: Settings, tmp_path: Path) -> None:
    with on_disk(settings, tmp_path, "worker") as worker:
        await feed(settings, 0, 500)
        await settled(settings, 500, worker)
        worker.kill()
        shutil.rmtree(tmp_path / "worker.state")
        worker.start()
        await feed(settings, 500, 1000)
        await settled(settings, 1000, worker)

        assert recoveries(worker)[-1] >= 50  # every customer at least
    await assert_exact(settings, 1000)


@pytest.mark.parametrize("settings", ["embedded"], indirect=True)
async def test_two_workers_never_share_a_disk(settings: Settings, tmp_path: Path) -> None:
    with on_disk(settings, tmp_path, "worker") as worker:
        await worker.has_said(READY)
        with on_disk(settings, tmp_path, "worker") as second:
            assert await asyncio.to_thread(second.wait) == ExitCode.CONFIGURATION

        assert "give each worker a folder of its own" in second.said()
