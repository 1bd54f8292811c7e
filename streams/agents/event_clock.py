"""The event clock: ticks that follow the events, for history and for demos faster than life."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.codec import encode
from schemas.ticks import Tick
from streams.settings import Settings


class EventClock:
    """Says how late it is by the newest event seen, less the lateness that is allowed.

    With several ingest workers each follows what it reads itself; the core takes the latest tick, so the lateness
    has to cover how far apart the workers are.

    Parameters
    ----------
    settings
        Lateness, time between ticks, and partitions.
    """

    def __init__(self, settings: Settings) -> None:
        self._lateness = timedelta(seconds=settings.allowed_lateness_seconds)
        self._step = timedelta(seconds=settings.tick_seconds)
        self._partitions = settings.partitions
        self._newest: datetime | None = None
        self._ticked_at: datetime | None = None

    def see(self, occurred_at: datetime) -> None:
        """Take note of an event's time."""
        if self._newest is None or occurred_at > self._newest:
            self._newest = occurred_at

    def ticks(self) -> Iterator[tuple[int, bytes]]:
        """Return a journal line per partition, once time has moved by a step; nothing before that."""
        if self._newest is None:
            return
        at = self._newest - self._lateness
        if self._ticked_at is not None and at < self._ticked_at + self._step:
            return
        self._ticked_at = at
        for partition in range(self._partitions):
            yield partition, encode(Tick(at=at, partition=partition))
