"""Holes: positions of a topic that a reader never saw. They are counted, and health fails until a person restarts.

Topics that are neither compacted nor written in transactions have no gaps, so a gap is looked into, not guessed at:
what the broker has removed is a hole and stays one; what it still has was skipped by us, and the worker ends to read
it; what it never had, because of compaction or a transaction's marker, is nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, Protocol

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from streams.connections import new_reader
from streams.settings import Settings

log = logging.getLogger(__name__)

Reason = Literal["trimmed", "lines"]

_WHAT_TO_DO: dict[Reason, str] = {
    "trimmed": "the topic had removed these positions before they were read: send what they held again if you have it, "
    "lengthen the topic's retention or add workers, then restart this worker, which acknowledges",
    "lines": "a journal record holds fewer lines than it was written with, so somebody else wrote it: find out who "
    "writes to the journal, then restart this worker, which acknowledges",
}
_MOST = 1000
_LOOK_SECONDS = 10.0


class PositionsSkippedError(RuntimeError):
    """We passed over positions that the broker still has; whoever starts again reads them."""


class Hole(NamedTuple):
    """Positions that were never seen."""

    group: str
    """Short name of the consumer group."""
    topic: str
    partition: int
    first: int
    last: int
    """Last position of the hole, itself never seen."""
    reason: Reason
    seen_at: datetime

    @property
    def positions(self) -> int:
        """How many positions."""
        return self.last - self.first + 1

    def told(self) -> dict[str, Any]:
        """Say what a person needs to know."""
        return {
            **self._asdict(),
            "seen_at": self.seen_at.isoformat(timespec="seconds"),
            "positions": self.positions,
            "what_to_do": _WHAT_TO_DO[self.reason],
        }


class HolesObserver(Protocol):
    """Hears of holes; metrics implement it."""

    def skipped(self, group: str, count: int) -> None:
        """Positions were never seen."""

    def unacknowledged(self, count: int) -> None:
        """So many holes have been found since the start."""


class Holes:
    """Every hole since this process started: a restart by a person is the acknowledgement.

    Parameters
    ----------
    observer
        Hears of each.
    """

    def __init__(self, observer: HolesObserver) -> None:
        self._observer = observer
        self._found: list[Hole] = []
        self._more = 0

    def add(self, group: str, topic: str, partition: int, first: int, last: int, reason: Reason) -> None:
        """Keep a hole, count its positions, and say so."""
        hole = Hole(group, topic, partition, first, last, reason, datetime.now(UTC))
        if len(self._found) < _MOST:
            self._found.append(hole)
        else:
            self._more += 1
        self._observer.skipped(group, hole.positions)
        self._observer.unacknowledged(self.total)
        log.critical("positions_never_seen", extra=hole.told())

    def told(self) -> list[dict[str, Any]]:
        """Say of each hole what a person needs to know; of very many, the first ones."""
        return [hole.told() for hole in tuple(self._found)]

    @property
    def total(self) -> int:
        """How many holes there were."""
        return len(self._found) + self._more


class Continuity:
    """Whether one reader sees every position of its partitions.

    Parameters
    ----------
    group
        Short name of the consumer group.
    settings
        For a second look at the broker.
    consumer
        The reader.
    holes
        Where holes go.
    """

    def __init__(
        self,
        group: str,
        settings: Settings,
        consumer: AIOKafkaConsumer,
        holes: Holes,
        next_offset: Callable[[Settings, TopicPartition, int], Awaitable[int | None]] | None = None,
    ) -> None:
        self._group = group
        self._settings = settings
        self._consumer = consumer
        self._holes = holes
        self._next_offset = next_offset or first_from
        self._next: dict[TopicPartition, int] = {}

    def begin(self, positions: Mapping[TopicPartition, int] | None = None) -> None:
        """Start over after an assignment.

        Parameters
        ----------
        positions
            Where reading begins, if that is known better than by committed offsets.
        """
        self._next = dict(positions or {})

    async def check(self, fetched: Mapping[TopicPartition, Sequence[ConsumerRecord]]) -> None:
        """Look at what was read.

        Raises
        ------
        PositionsSkippedError
            If the broker still has what is missing.
        """
        for tp, records in fetched.items():
            if not records:
                continue
            first, last = records[0].offset, records[-1].offset
            expected = self._next.get(tp)
            if expected is None:
                committed = await self._consumer.committed(tp)
                # Without a committed offset reading began at whatever there was.
                expected = first if committed is None else committed
            if first > expected or last - first + 1 != len(records):
                await self._look_into(tp, expected, [record.offset for record in records])
            self._next[tp] = last + 1

    async def _look_into(self, tp: TopicPartition, expected: int, offsets: Sequence[int]) -> None:
        """Find out about every gap."""
        for offset in offsets:
            if offset > expected:
                await self._judge(tp, expected, offset)
            expected = offset + 1

    async def _judge(self, tp: TopicPartition, first: int, got: int) -> None:
        """Find out whether the broker had what is missing."""
        earliest = (await self._consumer.beginning_offsets([tp]))[tp]
        if earliest > first:
            self._holes.add(self._group, tp.topic, tp.partition, first, min(earliest, got) - 1, "trimmed")
            first = earliest
        if first >= got:
            return
        found = await self._next_offset(self._settings, tp, first)
        if found is not None and found < got:
            raise PositionsSkippedError(
                f"{tp.topic}-{tp.partition}: {got} came after {first - 1}, but {found} is there"
            )
        log.info(
            "positions_do_not_exist",
            extra={"topic": tp.topic, "partition": tp.partition, "first": first, "last": got - 1},
        )


async def first_from(settings: Settings, tp: TopicPartition, offset: int) -> int | None:
    """Return the first offset that the broker hands out from `offset` on, asked by a reader of its own."""
    reader = new_reader(settings)
    await reader.start()
    try:
        reader.assign([tp])
        reader.seek(tp, offset)
        record = await asyncio.wait_for(reader.getone(tp), _LOOK_SECONDS)
    except TimeoutError:
        return None
    finally:
        await reader.stop()
    return int(record.offset)
