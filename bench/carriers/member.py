"""One worker of a team, told over standard input what to do. Run as `python -m bench.carriers.member JOB`.

The real worker process with the roles ingest, score and tick. It says ten times a second how far it is. `hold` on
standard input stops its ingest before the next fetch, `go` lets it go on, and the end of standard input ends it.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sys
import time
from typing import Any

import orjson
from aiokafka import ConsumerRecord
from prometheus_client import CollectorRegistry

from bench.carriers.job import Job, job_of
from schemas.codec import CustomerEvent
from sinks.prometheus import Metrics
from streams.agents import ingest
from streams.logs import set_up_logging
from streams.memory import spare_collector
from streams.wiring import wire
from streams.worker import Worker

_EVERY_SECONDS = 0.1


class CountingMetrics(Metrics):
    """The worker's own metrics, which also count for the bench."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        self.taken_in = 0
        """Events that went into the journal."""
        self.applied = 0
        """Events that changed a state."""

    def ingested(self, event: CustomerEvent) -> None:
        """Count an event that goes into the journal."""
        super().ingested(event)
        self.taken_in += 1

    def stepped(self, outcome: Any) -> None:
        """Count an event that has changed a state."""
        super().stepped(outcome)
        self.applied += bool(outcome.touched)


async def main(job: Job) -> None:
    """Work until standard input ends."""
    settings = job.settings(roles=("ingest", "score", "tick"))
    set_up_logging(settings)
    metrics, gate = CountingMetrics(CollectorRegistry()), asyncio.Event()
    gate.set()

    class HeldReading(ingest._Reading):
        """Fetches as ever, unless held: what waits at the broker is to be there before the watch starts."""

        async def portion(self) -> list[ConsumerRecord]:
            await gate.wait()
            return await super().portion()

    # The one thing that is not as in production: when ingest fetches.
    vars(ingest)["_Reading"] = HeldReading
    worker = Worker(settings, dataclasses.replace(wire(settings), metrics=metrics))
    running = asyncio.create_task(worker.run())
    orders = asyncio.create_task(_obey(gate))
    while not running.done() and not orders.done():
        _say(metrics)
        await asyncio.wait([running, orders], timeout=_EVERY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        # At once: somebody still waits for orders in a thread.
        print(f"the worker has ended by itself: {running.exception()!r}", file=sys.stderr, flush=True)
        os._exit(1)


async def _obey(gate: asyncio.Event) -> None:
    """Follow orders until there are no more."""
    while order := (await asyncio.to_thread(sys.stdin.readline)).strip():
        if order == "hold":
            gate.clear()
        else:
            gate.set()


def _say(metrics: CountingMetrics) -> None:
    """Say how far this worker is, on one line."""
    said = {
        "at": time.monotonic(),
        "cpu": time.process_time(),
        "taken_in": metrics.taken_in,
        "applied": metrics.applied,
    }
    sys.stdout.buffer.write(orjson.dumps(said) + b"\n")
    sys.stdout.flush()


if __name__ == "__main__":
    spare_collector()
    asyncio.run(main(job_of(sys.argv)))
    os._exit(0)
