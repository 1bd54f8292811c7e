"""A lone reader: one partition, one member of a group at work, and its place in what it wrote instead of the group.

The others of the group stand by. Whoever gets the partition takes up what its predecessor wrote last, and reads on
from there: the offset in the group is for people who look at it, and is never read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from streams.connections import new_group_consumer
from streams.duty import Duty
from streams.handover import HandOver
from streams.holes import Continuity, Holes, HolesObserver
from streams.settings import Settings

log = logging.getLogger(__name__)

SLICE_SECONDS = 0.003
"""How long the work may hold the event loop that scoring may have to share with it: some thirty examples."""

_PORTION = 500
_NONE = -1
"""No generation: whatever the present one is, it has not been taken up."""


class ReaderObserver(HolesObserver, Protocol):
    """Hears what a lone reader does; metrics implement it."""

    def dead_letter(self, reason: str) -> None:
        """A record could not be read."""

    def lagging(self, group: str, partition: int, count: int) -> None:
        """The reader is so many records behind."""


class Place:
    """Where a lone reader stands in its partition.

    Parameters
    ----------
    consumer
        Reads the partition.
    tp
        The partition.
    continuity
        Notices positions that were never seen.
    """

    def __init__(self, consumer: AIOKafkaConsumer, tp: TopicPartition, continuity: Continuity) -> None:
        self._consumer, self._tp, self._continuity = consumer, tp, continuity

    async def read_from(self, position: int) -> None:
        """Go on from an offset; from whatever there is, if it is 0.

        Raises
        ------
        IllegalStateError
            If the partition is somebody else's by now.
        """
        if position == 0:
            await self._consumer.seek_to_beginning(self._tp)
        else:
            self._consumer.seek(self._tp, position)
        self._continuity.begin({self._tp: position} if position else None)

    async def check(self, records: Sequence[ConsumerRecord]) -> None:
        """Look for positions that were skipped.

        Raises
        ------
        PositionsSkippedError
            If the broker still has what is missing.
        """
        await self._continuity.check({self._tp: records})

    async def show(self, offset: int) -> None:
        """Show in the group how far the work is safe."""
        try:
            await self._consumer.commit({self._tp: offset})
        except (CommitFailedError, IllegalStateError):
            log.warning("commit_failed", extra={"topic": self._tp.topic, "offset": offset})


Work = Callable[[Sequence[ConsumerRecord]], Awaitable[None]]
"""Takes records in their order."""

TakeUp = Callable[[Place], Awaitable[Work]]
"""Finds what was written last, says where to read on, and gives the work that goes on from there."""


async def read_alone(
    settings: Settings,
    topic: str,
    take_up: TakeUp,
    observer: ReaderObserver,
    stop: asyncio.Event,
    duty: Duty,
    holes: Holes | None = None,
) -> None:
    """Do the work on the only partition of a topic until `stop` is set.

    Parameters
    ----------
    settings
        How to reach the broker.
    topic
        Name of the topic, without its prefix.
    take_up
        Called at every assignment, because what was remembered of an earlier one is worth nothing.
    observer
        Hears of holes and lag.
    stop
        Ends it.
    duty
        Where what it is doing is noted; its name is that of the group.
    holes
        Where positions go that were never seen; a list of our own by default.
    """
    tp = TopicPartition(settings.topic(topic), 0)
    hand_over = duty.hand_over = HandOver()
    consumer = new_group_consumer(settings, duty.name)
    consumer.subscribe([tp.topic], listener=hand_over)
    await consumer.start()
    duty.consumer = consumer
    place = Place(consumer, tp, Continuity(duty.name, settings, consumer, holes or Holes(observer)))
    try:
        work: Work | None = None
        generation = _NONE
        while not stop.is_set():
            if generation != hand_over.generation:
                generation, work = hand_over.generation, None
                if tp in hand_over.assigned:
                    try:
                        with duty.working():
                            work = await take_up(place)
                    except IllegalStateError:
                        # The partition went elsewhere while it was taken up. It may come back.
                        generation = _NONE
                        continue
            fetched = await consumer.getmany(timeout_ms=200, max_records=_PORTION)
            records = fetched.get(tp, [])
            async with hand_over.busy:
                # What was fetched for an earlier assignment is fetched again from the place that was taken up.
                if records and work is not None and generation == hand_over.generation:
                    await place.check(records)
                    with duty.working():
                        await work(records)
                    observer.lagging(duty.name, 0, (consumer.highwater(tp) or 0) - records[-1].offset - 1)
    finally:
        await consumer.stop()
