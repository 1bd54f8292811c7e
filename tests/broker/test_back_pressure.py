"""A topic or a sink that is slow holds back reading; what has not been read stays at the broker, not in memory."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from streams.broker import EmbeddedBroker
from streams.settings import Settings
from tests.broker.test_health import Watched
from tests.support.journal import broker_settings, call, prepare_topics, read_topic, write_journal

RECORDS = 1500
LINES = 16
TEXT = "长" * 1300
"""With it a record has 64 KB, and all of them a hundred megabytes."""


@pytest.fixture
async def settings(embedded_broker: EmbeddedBroker) -> Settings:
    """Topics of one partition, and patience."""
    settings = broker_settings(embedded_broker.bootstrap_servers, partitions=1, stuck_after_seconds=600.0)
    await prepare_topics(settings)
    return settings


def resident_megabytes(pid: int) -> float:
    """Return the memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_slow_topic_holds_back_reading_instead_of_filling_memory(settings: Settings, tmp_path: Path) -> None:
    worker = Watched(settings, tmp_path, "score", "writer")
    with worker.process:
        await worker.ready()
        worker.mark.touch()
        before = resident_megabytes(worker.pid)
        for start in range(0, RECORDS * LINES, 100 * LINES):
            await write_journal(settings, [call(number, text=TEXT) for number in range(start, start + 100 * LINES)])
        await asyncio.sleep(5.0)
        grown = resident_megabytes(worker.pid) - before

        # Ninety-four megabytes are there to be read.
        assert grown < 70.0
        worker.mark.unlink()
        for _ in range(600):
            if len(await read_topic(settings, "alerts")) >= RECORDS * LINES:
                break
            await asyncio.sleep(0.5)
        assert len(await read_topic(settings, "alerts")) == RECORDS * LINES


async def test_a_slow_sink_holds_back_reading_and_nobody_else(settings: Settings, tmp_path: Path) -> None:
    worker = Watched(settings, tmp_path, "score,deliver", "sink hangs")
    with worker.process:
        await worker.ready()
        worker.mark.touch()
        # Each event has an alert, and each alert its turn.
        await write_journal(settings, [call(number) for number in range(2000)])
        for _ in range(600):
            if len(alerts := await read_topic(settings, "alerts")) == 2000:
                break
            await asyncio.sleep(0.2)

        assert len(alerts) == 2000
        delivered = 'foreshock_alerts_delivered_total{sink="memory"}'
        assert (await worker.metrics()).get(delivered, 0.0) == 0.0
        worker.mark.unlink()
        for _ in range(600):
            if (await worker.metrics()).get(delivered) == 2000:
                break
            await asyncio.sleep(0.2)
        assert (await worker.metrics())[delivered] == 2000
