"""Alignment: while there is a backlog, events of all source partitions go on in the order of their own time.

A broker hands over each partition at its own pace. With the wall clock that order is the order of arrival, and right.
In a back-fill it is not: a topic with little traffic is read to its end before the busy one has begun, and a
complaint would stand in the journal years before the calls that led to it. So what is ahead waits for what is behind.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from aiokafka import TopicPartition

from models.intake import Prepared
from streams.agents.event_clock import EventClock


class _Held(NamedTuple):
    """An event that waits."""

    reached_at: datetime
    """The newest time in its source partition so far: an event that came late stays behind what it came after."""
    offset: int
    sent_at: int | None
    prepared: Prepared


class Alignment:
    """Holds events that are ahead of partitions which have more to read.

    Parameters
    ----------
    clock
        Knows how far each source partition is read.
    """

    def __init__(self, clock: EventClock) -> None:
        self._clock = clock
        self._waiting: dict[TopicPartition, deque[_Held]] = {}

    @property
    def is_holding(self) -> bool:
        """Whether anything waits."""
        return bool(self._waiting)

    def hold(self, source: TopicPartition, offset: int, sent_at: int | None, prepared: Prepared) -> None:
        """Take in one event with its place and its producer's timestamp, in the order of its source partition."""
        reached_at = self._clock.see(source, prepared.event.occurred_at)
        self._waiting.setdefault(source, deque()).append(_Held(reached_at, offset, sent_at, prepared))

    def release(self, behind: Collection[TopicPartition]) -> list[tuple[Prepared, int | None]]:
        """Let go of every event up to the time that all partitions have reached, in the order of event time.

        Each comes with its producer's timestamp.

        Within a source partition the order stays as it is.

        Parameters
        ----------
        behind
            Source partitions that have more to read; if there is none, everything goes.
        """
        reached = self._clock.reached(behind)
        released: list[_Held] = []
        for source, waiting in list(self._waiting.items()):
            while waiting and (not behind or (reached is not None and waiting[0].reached_at <= reached)):
                released.append(waiting.popleft())
            if not waiting:
                del self._waiting[source]
        # Within a source these times never fall, and the sort is stable: its order stays.
        return [(held.prepared, held.sent_at) for held in sorted(released, key=attrgetter("reached_at"))]

    def first_waiting(self) -> dict[TopicPartition, int]:
        """Return the first offset of each source partition that has not gone on: it must be read again."""
        return {source: waiting[0].offset for source, waiting in self._waiting.items()}

    def crowded(self, most: int) -> set[TopicPartition]:
        """Return the source partitions of which more than so many events wait."""
        return {source for source, waiting in self._waiting.items() if len(waiting) > most}

    def forget(self) -> None:
        """Drop what waits: after a rebalance it is read again, here or elsewhere."""
        self._waiting.clear()
        self._clock.forget()
