"""A worker ends in time and says why, with a broker that is gone or was never there."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

import pytest

from streams.broker import EmbeddedBroker
from streams.exits import ExitCode
from tests.support.journal import broker_settings, prepare_topics
from tests.support.ports import free_port
from tests.support.worker_process import WorkerProcess

FORESHOCK_WORKER = "tests.support.real_worker"
ALL_ROLES = "ingest,score,learn,tick,deliver"


@pytest.mark.broker
async def test_a_worker_whose_broker_is_gone_stops_within_its_deadline(tmp_path: Path) -> None:
    with EmbeddedBroker() as broker:
        settings = broker_settings(broker.bootstrap_servers, stop_deadline_seconds=2.0)
        await prepare_topics(settings)
        with WorkerProcess(settings, tmp_path / "log", FORESHOCK_WORKER, ALL_ROLES) as worker:
            await worker.has_said("state_recovered")
            broker.kill()
            await asyncio.sleep(0.5)
            asked_at = time.monotonic()
            worker.signal(signal.SIGTERM)

            assert await asyncio.to_thread(worker.wait) == ExitCode.STOPPED, worker.said()
            assert time.monotonic() - asked_at < 6.0


@pytest.mark.broker
async def test_a_worker_without_topics_says_what_to_do(tmp_path: Path, embedded_broker: EmbeddedBroker) -> None:
    settings = broker_settings(embedded_broker.bootstrap_servers)
    with WorkerProcess(settings, tmp_path / "log", FORESHOCK_WORKER) as worker:
        assert await asyncio.to_thread(worker.wait, 30.0) == ExitCode.CONFIGURATION

    assert "foreshock topics create" in worker.said()


async def test_a_worker_without_a_broker_may_be_started_again(tmp_path: Path) -> None:
    settings = broker_settings(f"127.0.0.1:{free_port()}", request_timeout_seconds=2.0)
    with WorkerProcess(settings, tmp_path / "log", FORESHOCK_WORKER) as worker:
        assert await asyncio.to_thread(worker.wait, 30.0) == ExitCode.INFRASTRUCTURE

    assert "nobody listens there" in worker.said()
