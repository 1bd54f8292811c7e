"""The broker itself is killed and comes back with its data; the worker is started again as a supervisor would."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from streams.exits import RESTARTABLE
from tests.broker.test_crashes import READY, assert_exact, feed, settle
from tests.support.journal import broker_settings, prepare_topics
from tests.support.kafka import KafkaNode
from tests.support.worker_process import WorkerProcess


@pytest.mark.kafka
@pytest.mark.slow
async def test_a_broker_that_is_killed_and_comes_back_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "kafka").mkdir()
    with KafkaNode(tmp_path / "kafka") as broker:
        settings = broker_settings(
            broker.bootstrap,
            producer_idempotence=True,
            session_timeout_seconds=6.0,
            heartbeat_seconds=1.0,
            request_timeout_seconds=10.0,
        )
        await prepare_topics(settings)
        with WorkerProcess(settings, tmp_path / "log", COUNTING_FAULT="slow") as worker:
            supervising = asyncio.create_task(_supervise(worker))
            try:
                await feed(settings, seconds=0.5)
                await worker.has_said(READY)
                await asyncio.sleep(1.0)
                broker.kill()
                await asyncio.sleep(3.0)
                await asyncio.to_thread(broker.start)
                await settle(settings, worker, timeout_seconds=80.0)
            finally:
                supervising.cancel()
            await assert_exact(settings)


async def _supervise(worker: WorkerProcess) -> None:
    """Start the worker again whenever it ends for a reason that this cures."""
    while True:
        await asyncio.sleep(0.2)
        if worker.exit_code is not None:
            assert worker.exit_code in RESTARTABLE, worker.said()
            worker.start()
