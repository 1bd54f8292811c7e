"""Our worker carrying the core: the whole job. Run as `python -m bench.carriers.worker JOB`.

The real worker process with the roles ingest, score and tick: source topics, journal, scoring, then risk, alerts,
examples and rows at the broker. Only its metrics are watched, to notice the first and the last event.
"""

from __future__ import annotations

import asyncio
import dataclasses
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry

import streams.worker
from bench.carriers.job import Figures, Job, Stopwatch, job_of, report
from bench.profiling import profiled
from bench.resident import resident_bytes
from schemas.codec import CustomerEvent, encode
from schemas.ticks import Tick
from sinks.prometheus import Metrics
from streams.agents.ingest import run_ingest
from streams.connections import new_producer
from streams.exits import ExitCode
from streams.logs import set_up_logging
from streams.memory import spare_collector
from streams.outbox import Record, send_records
from streams.settings import Settings
from streams.wiring import wire
from streams.worker import Worker

_SETTLE_SECONDS = 60.0


class Recovery(NamedTuple):
    """How a worker took up its state."""

    rows: int = 0
    """Rows read from the changelog."""

    load_seconds: float = 0.0
    """How long reading them took."""

    began_at: float = 0.0
    """When reading began, on the monotonic clock."""

    began_cpu: float = 0.0
    """CPU time of the process until then, seconds."""

    ready_at: float = 0.0
    """When every partition had settled its first record, on the monotonic clock."""

    ready_cpu: float = 0.0
    """CPU time of the process until then, seconds."""

    resident_bytes: int = 0
    """Memory of the process at that moment."""

    def facts(self) -> dict[str, float]:
        """Name what counts."""
        return {
            "recovered_rows": self.rows,
            "load_seconds": self.load_seconds,
            "recovery_seconds": self.ready_at - self.began_at,
            "recovery_cpu_seconds": self.ready_cpu - self.began_cpu,
            "ready_bytes": self.resident_bytes,
        }


class WatchedMetrics(Metrics):
    """The worker's own metrics, which also notice the first event and the last one.

    Parameters
    ----------
    registry
        Where metrics are registered.
    expected
        How many events there are.
    partitions
        How many partitions the journal has.
    """

    def __init__(self, registry: CollectorRegistry, expected: int, partitions: int) -> None:
        super().__init__(registry)
        self.stopwatch = Stopwatch()
        self.applied = 0
        """Events that changed a state."""
        self.ready = asyncio.Event()
        """Set once scoring has settled something in every partition."""
        self.all_applied = asyncio.Event()
        """Set once every event has gone through the core."""
        self._expected = expected
        self._unsettled = set(range(partitions))
        self._has_begun = False
        self.recovery = Recovery()
        """What came before the first event."""

    def ingested(self, event: CustomerEvent) -> None:
        """Notice the first event."""
        if not self._has_begun:
            self._has_begun = True
            self.stopwatch.start()
        super().ingested(event)

    def stepped(self, outcome: Any) -> None:
        """Notice the last event."""
        super().stepped(outcome)
        if outcome.touched:
            self.applied += 1
            if self.applied == self._expected:
                self.all_applied.set()

    def recovering(self, rows: int, positions: int, expected: int, open_partitions: int) -> None:
        """Notice the beginning of a recovery."""
        super().recovering(rows, positions, expected, open_partitions)
        if not self.recovery.began_at:
            self.recovery = Recovery(began_at=time.monotonic(), began_cpu=time.process_time())

    def recovered(self, rows: int, seconds: float) -> None:
        """Notice how long it took to read the changelog back."""
        super().recovered(rows, seconds)
        before = self.recovery
        self.recovery = before._replace(rows=before.rows + rows, load_seconds=before.load_seconds + seconds)

    def settled(self, partition: int, lag: int | None, alert_ages: Sequence[float], stages: Sequence[int]) -> None:
        """Notice that scoring works in every partition."""
        super().settled(partition, lag, alert_ages, stages)
        self._unsettled.discard(partition)
        if not self._unsettled and not self.ready.is_set():
            self.recovery = self.recovery._replace(
                ready_at=time.monotonic(), ready_cpu=time.process_time(), resident_bytes=resident_bytes()
            )
            self.ready.set()


async def main(job: Job) -> None:
    """Carry all events and report."""
    settings = job.settings(roles=("ingest", "score", "tick"))
    set_up_logging(settings)
    parts = wire(settings)
    metrics = WatchedMetrics(CollectorRegistry(), job.count, settings.partitions)
    worker = Worker(settings, dataclasses.replace(parts, metrics=metrics))

    async def ingest_once_ready(*arguments: Any) -> None:
        """Let ingest begin when scoring can follow: joining groups and opening lanes is not what is measured."""
        await metrics.ready.wait()
        await run_ingest(*arguments)

    # The one thing that is not as in production: when ingest begins.
    vars(streams.worker)["run_ingest"] = ingest_once_ready
    await _write_first_ticks(settings)
    with profiled(job.profile):
        running = asyncio.create_task(worker.run())
        figures = await _figures(worker, metrics, running)
    figures.facts.update(metrics.recovery.facts(), end_bytes=resident_bytes())
    worker.stop.set()
    code = await running
    assert code == ExitCode.STOPPED, code  # noqa: S101 - anything else is no measurement
    report(figures)


async def _write_first_ticks(settings: Settings) -> None:
    """Write a tick of long ago into every partition, so that every lane has something to open for."""
    producer = new_producer(settings)
    await producer.start()
    try:
        for partition in range(settings.partitions):
            tick = encode(Tick(at=datetime(1972, 1, 1, tzinfo=UTC), partition=partition))
            await send_records(producer, settings.topic("journal"), partition, [Record(None, tick)])
    finally:
        await producer.stop()


async def _figures(worker: Worker, metrics: WatchedMetrics, running: asyncio.Task[ExitCode]) -> Figures:
    """Wait until the last event is settled: its outputs and rows are at the broker."""
    applied = asyncio.create_task(metrics.all_applied.wait())
    await asyncio.wait([applied, running], return_when=asyncio.FIRST_COMPLETED)
    app = worker._app
    assert app is not None  # noqa: S101 - scoring applied the events
    assert not running.done()  # noqa: S101 - the worker has ended before its work
    assert await app.lanes.drain(_SETTLE_SECONDS)  # noqa: S101 - the broker no longer answers
    return metrics.stopwatch.stop(metrics.applied)


if __name__ == "__main__":
    spare_collector()
    asyncio.run(main(job_of(sys.argv)))
