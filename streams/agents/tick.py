"""Tick: the wall clock, written into every journal partition as a message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from aiokafka import AIOKafkaProducer

from schemas.codec import encode
from schemas.ticks import Tick
from streams.duty import Duty
from streams.journal import JournalLine, journal_record
from streams.outbox import send_records
from streams.settings import Settings


def _now() -> datetime:
    return datetime.now(UTC)


async def run_tick(
    settings: Settings,
    outlet: AIOKafkaProducer,
    stop: asyncio.Event,
    now: Callable[[], datetime] = _now,
    duty: Duty | None = None,
) -> None:
    """Write the time into every partition, every `tick_seconds`, until `stop` is set.

    Several workers may do so: the core takes the latest. With the `event` clock ingest writes the ticks, in line
    with the events that move it, and this does nothing. What it is doing is noted in `duty`.
    """
    duty = duty or Duty("tick")
    journal = settings.topic("journal")
    while not stop.is_set():
        if settings.clock == "wall":
            at = now()
            ticks = [
                (partition, journal_record([JournalLine(encode(Tick(at=at, partition=partition)))]))
                for partition in range(settings.partitions)
            ]
            with duty.working():
                await asyncio.gather(*(send_records(outlet, journal, partition, [tick]) for partition, tick in ticks))
        duty.has_begun = True
        await wait_for(stop, settings.tick_seconds)


async def wait_for(stop: asyncio.Event, seconds: float) -> bool:
    """Sleep, but wake at once when `stop` is set; tell whether it is."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True
