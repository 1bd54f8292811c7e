"""A sink whose destination forgets is reminded of what is open, which is read back from the topic."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Generic

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.codec import decode_as
from schemas.errors import UnreadableMessageError
from sinks.abilities import Receiver, Remembers
from streams.connections import new_reader
from streams.delivery.feeds import Feed, M
from streams.duty import Duty
from streams.handover import HandOver
from streams.settings import Settings

log = logging.getLogger(__name__)

_PORTION = 2_000
_QUIET_ROUNDS = 25
"""Reads without a record, of 200 ms each, after which reading back ends: the log was cut behind us."""


class Memory(Generic[M]):
    """Sees to it that a sink remembers what is open in the partitions of this worker, and in no others.

    Parameters
    ----------
    settings
        Where the brokers are.
    sink
        Any sink; one that remembers nothing is left alone.
    feed
        What it is given.
    consumer
        Who reads for it.
    hand_over
        Says when the partitions change.
    duty
        Where it is noted what is being done.
    """

    def __init__(
        self,
        settings: Settings,
        sink: Receiver[M],
        feed: Feed[M],
        consumer: AIOKafkaConsumer,
        hand_over: HandOver,
        duty: Duty,
    ) -> None:
        self._settings = settings
        self._sink: Remembers[M] | None = sink if isinstance(sink, Remembers) else None
        self._feed = feed
        self._consumer = consumer
        self._hand_over = hand_over
        self._duty = duty
        self._generation = 0

    async def refresh(self) -> None:
        """Read back after a change of partitions; let the sink remind its destination."""
        sink = self._sink
        if sink is None:
            return
        if self._generation != self._hand_over.generation:
            generation = self._hand_over.generation
            sink.forget()
            with self._duty.working():
                count = await self._read_back(sink)
            log.info("sink_recalled", extra={"records": count})
            self._generation = generation
        async with self._hand_over.busy:
            if self._hand_over.assigned and self._generation == self._hand_over.generation:
                with self._duty.looking_after():
                    await sink.keep()
            elif not self._hand_over.assigned:
                sink.forget()

    async def _read_back(self, sink: Remembers[M]) -> int:
        """Give the sink every transition before the committed offsets, as far back as it looks."""
        ends = {
            tp: end for tp in self._consumer.assignment() if (end := await self._consumer.committed(tp)) is not None
        }
        if not ends:
            return 0
        reader = new_reader(self._settings)
        await reader.start()
        count = quiet = 0
        try:
            reader.assign(list(ends))
            await _seek(reader, ends, datetime.now(UTC) - sink.look_back)
            behind = {tp for tp, end in ends.items() if await reader.position(tp) < end}
            while behind and quiet < _QUIET_ROUNDS:
                fetched = await reader.getmany(*behind, timeout_ms=200, max_records=_PORTION)
                quiet = 0 if fetched else quiet + 1
                self._duty.steps += bool(fetched)
                for tp, records in fetched.items():
                    for record in records:
                        if record.offset < ends[tp]:
                            self._recall(sink, record.value)
                            count += 1
                behind = {tp for tp in behind if await reader.position(tp) < ends[tp]}
        finally:
            await reader.stop()
        return count

    def _recall(self, sink: Remembers[M], value: bytes | None) -> None:
        """Give the sink one transition; what cannot be read was a dead letter when it was new."""
        with suppress(UnreadableMessageError):
            sink.recall(decode_as(self._feed.message, value or b""))


async def _seek(reader: AIOKafkaConsumer, ends: Mapping[TopicPartition, int], since: datetime) -> None:
    """Go to the first record of that time, or to the beginning where the broker cannot tell."""
    await reader.seek_to_beginning(*ends)
    try:
        found = await reader.offsets_for_times(dict.fromkeys(ends, int(since.timestamp() * 1000)))
    except (KafkaError, ValueError):
        return
    for tp, place in found.items():
        offset = ends[tp] if place is None else place.offset  # none: no record is as new as that
        reader.seek(tp, max(offset, await reader.position(tp)))
