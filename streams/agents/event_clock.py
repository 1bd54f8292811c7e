"""The event clock: ticks that follow the events, for history and for demos faster than life."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from aiokafka import TopicPartition

from schemas.codec import encode
from schemas.ticks import Tick
from streams.settings import Settings


class EventClock:
    """Says how late it is by the events read, less the lateness that is allowed.

    While some source partitions still have a backlog, the one that is read least far decides: its older events are
    still to come, and a claim's timer must not fire before the step that stops it. Partitions that are read to their
    end hold nothing back, so a topic without traffic does not stop the clock.

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
        self._newest: dict[TopicPartition, datetime] = {}
        self._ticked_at: datetime | None = None

    def see(self, source: TopicPartition, occurred_at: datetime) -> datetime:
        """Take note of an event's time, and return the newest time in its source partition so far."""
        newest = max(occurred_at, self._newest.get(source, occurred_at))
        self._newest[source] = newest
        return newest

    def forget(self) -> None:
        """Forget how far each source partition was read: they are read again, from an earlier place or elsewhere."""
        self._newest.clear()

    def reached(self, behind: Collection[TopicPartition]) -> datetime | None:
        """Return the time up to which everything has been read, or `None` while nobody knows.

        Parameters
        ----------
        behind
            Source partitions that have more to read.
        """
        if not self._newest or not self._newest.keys() >= set(behind):
            return None
        return min(self._newest[source] for source in behind) if behind else max(self._newest.values())

    def begin(self, first: datetime) -> Iterator[tuple[int, bytes]]:
        """Return a journal line per partition, to stand before the first event of all; nothing once there was a tick.

        So time is watched from the first event on, however many events are read at once.

        Parameters
        ----------
        first
            When that event happened.
        """
        if self._ticked_at is None:
            yield from self._tick(first - self._lateness)

    def ticks(self, behind: Collection[TopicPartition] = ()) -> Iterator[tuple[int, bytes]]:
        """Return a journal line per partition, once time has moved by a step; nothing before that.

        Parameters
        ----------
        behind
            Source partitions that have more to read.
        """
        reached = self.reached(behind)
        if reached is None:
            return
        at = reached - self._lateness
        if self._ticked_at is not None and at < self._ticked_at + self._step:
            return
        yield from self._tick(at)

    def _tick(self, at: datetime) -> Iterator[tuple[int, bytes]]:
        """Tell every partition."""
        self._ticked_at = at
        for partition in range(self._partitions):
            yield partition, encode(Tick(at=at, partition=partition))
