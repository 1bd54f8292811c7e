"""What is fed: a simulated insurer's records, at a steady pace, until the broker has each of them."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import NamedTuple
from zlib import crc32

from aiokafka.errors import KafkaError

from foreshock.simulate.customers import ATTRIBUTE_NAMES
from foreshock.simulate.world import World
from streams.connections import new_producer
from streams.outbox import Record, send_records
from streams.settings import Settings

ATTRIBUTES = ",".join(ATTRIBUTE_NAMES)
"""Own fields that the simulated insurer sends, as the settings take them."""

_START_AT = datetime(2026, 1, 5, tzinfo=UTC)
_STEP_SECONDS = 0.05
_AGAIN_AFTER_SECONDS = 1.0
_PATIENCE_SECONDS = 120.0
"""How long the feeder waits for a broker that suffers, per request."""


class Parcel(NamedTuple):
    """One record for a source topic."""

    topic: str
    """Short name of the topic."""
    key: bytes
    """The customer's id as the insurer knows it."""
    value: bytes
    """One event in JSON, or something that was meant to be one."""


Spoil = Callable[[Sequence[Parcel], Random], list[Parcel]]
"""Makes other input of the usual one: repeats, shuffles, adds garbage."""


def draw(count: int, seed: int, start_at: datetime = _START_AT) -> list[Parcel]:
    """Draw records of a simulated insurer, in the order in which they arrive.

    A few are broken, repeated, late or out of order, as in life.

    Parameters
    ----------
    count
        How many (>= 1).
    seed
        Where all chance comes from.
    start_at
        When the first one happened, at the earliest.
    """
    # Six events a customer are some fifty days of life: enough for alerts, complaints and ripe examples.
    world = World(seed, max(20, count // 6), start_at)
    return [Parcel(emission.topic, emission.key, emission.value) for emission in islice(world.events(), count)]


def recent(count: int, random: Random) -> list[Parcel]:
    """Draw records whose events are of the last weeks, for workers that go by the wall clock.

    Parameters
    ----------
    count
        How many (>= 1).
    random
        Says which.
    """
    return draw(count, seed=random.randrange(1 << 30), start_at=datetime.now(UTC) - timedelta(days=40))


class Feeder:
    """Writes parcels to their topics at a pace.

    Parameters
    ----------
    settings
        Where the broker is and how topics are called.
    parcels
        What to write.
    seconds
        How long it takes if the broker takes everything at once.
    """

    def __init__(self, settings: Settings, parcels: Sequence[Parcel], seconds: float) -> None:
        self._settings = settings.model_copy(update={"request_timeout_seconds": _PATIENCE_SECONDS})
        self._parcels = parcels
        self._seconds = seconds
        self.fed_count = 0
        """Records that the broker has acknowledged."""
        self._may_go_on = asyncio.Event()
        self._may_go_on.set()

    def pause(self) -> None:
        """Feed nothing more until `go_on`."""
        self._may_go_on.clear()

    def go_on(self) -> None:
        """Feed again, at the same pace as before."""
        self._may_go_on.set()

    @property
    def share(self) -> float:
        """Share of the parcels that the broker has acknowledged."""
        return self.fed_count / len(self._parcels)

    async def run(self) -> None:
        """Feed everything; a portion that fails is sent again, so the source topics may hold records twice."""
        producer = new_producer(self._settings)
        await producer.start()
        started, total = time.monotonic(), len(self._parcels)
        try:
            while self.fed_count < total:
                paused_at = time.monotonic()
                await self._may_go_on.wait()
                started += time.monotonic() - paused_at
                due = min(total, int(total * (time.monotonic() - started) / self._seconds) + 1)
                places: dict[tuple[str, int], list[Record]] = defaultdict(list)
                for parcel in self._parcels[self.fed_count : due]:
                    partition = crc32(parcel.key) % self._settings.partitions
                    places[self._settings.topic(parcel.topic), partition].append(Record(parcel.key, parcel.value))
                try:
                    await asyncio.gather(*(send_records(producer, *place, found) for place, found in places.items()))
                except KafkaError:
                    await asyncio.sleep(_AGAIN_AFTER_SECONDS)
                    continue
                self.fed_count = max(due, self.fed_count)
                await asyncio.sleep(_STEP_SECONDS)
        finally:
            await producer.stop()
