"""Group: observations in, alerts about many customers out; what is remembered of groups lives on a compacted topic.

One partition gives one order, and the consumer group one reader. What is told follows from the observations alone,
whatever their order and however often they come, so a reader that was paused tells the same as its successor.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from schemas.aggregates import AggregateAlert, OpenAggregate
from schemas.cloudevents import headers_of
from schemas.codec import decode_observation, encode
from schemas.errors import UnreadableMessageError
from schemas.observations import Evidence, Watermark
from streams.connections import new_group_consumer
from streams.duty import Duty
from streams.group_rows import read_rows
from streams.handover import HandOver
from streams.holes import Continuity, Holes, HolesObserver
from streams.outbox import Record, send_records
from streams.settings import Settings
from streams.topics import GROUPS
from streams.turns import Turns

log = logging.getLogger(__name__)

SOURCE = "foreshock/group"
"""Who writes aggregate alerts, for CloudEvents."""

_PORTION = 500
_NONE = -1
"""No generation: whatever the present one is, it has not been taken up."""

_SLICE_SECONDS = 0.003
"""How long counting may hold the event loop that scoring may have to share with it."""


class Grouper(Protocol):
    """What counts and decides; `models.aggregates.grouper.Grouper` does."""

    counted: int
    repeated: int

    @property
    def watermark(self) -> float | None:
        """Time up to which everything is decided."""

    @property
    def resume(self) -> int:
        """Offset from which on something may be undecided."""

    def take(self, observation: Evidence | Watermark, offset: int = 0) -> Sequence[AggregateAlert]:
        """Take one observation; say what becomes of aggregate alerts."""

    def restore(self, rows: Iterable[tuple[bytes, bytes]]) -> int:
        """Take up where rows left off; return the offset to read from."""

    def take_rows(self) -> dict[bytes, bytes | None]:
        """Return the rows that have changed, in the order in which they are to be written."""

    def open_aggregates(self) -> Iterator[OpenAggregate]:
        """Say of each open aggregate alert what it is about and how urgent."""


class GroupObserver(HolesObserver, Protocol):
    """Hears what the role does; metrics implement it."""

    def observed(self, counted: int, repeated: int) -> None:
        """So much evidence was taken, and so much had come before."""

    def aggregated(
        self, alerts: Sequence[AggregateAlert], standing: Iterable[OpenAggregate], watermark: float | None
    ) -> None:
        """Aggregate alerts are at the broker, and this is what stands."""

    def dead_letter(self, reason: str) -> None:
        """An observation could not be read."""

    def lagging(self, group: str, partition: int, count: int) -> None:
        """The role is so many observations behind."""


class Grouping:
    """One reader's work from its rows on, portion after portion.

    Parameters
    ----------
    settings
        Names of topics.
    grouper
        What counts, as its rows say.
    outlet
        Started producer.
    observer
        Hears what happens.
    """

    def __init__(self, settings: Settings, grouper: Grouper, outlet: AIOKafkaProducer, observer: GroupObserver) -> None:
        self.grouper = grouper
        self._settings = settings
        self._outlet = outlet
        self._observer = observer
        self._noted = (0, 0)

    async def carry(self, records: Sequence[ConsumerRecord], duty: Duty) -> bool:
        """Take records in their order; tell what follows, then keep what is remembered.

        Returns
        -------
        bool
            Whether periods were over, so that there is another offset to read on from.
        """
        turns, alerts = Turns(_SLICE_SECONDS), list[AggregateAlert]()
        for record in records:
            await turns.give()
            duty.steps += 1
            if record.value is None:
                continue  # a backup was put back: it stands where a record had been deleted by age
            try:
                observation = decode_observation(record.value)
            except UnreadableMessageError as error:
                # We wrote it ourselves: a newer version must have. Going on loses one customer of many.
                self._observer.dead_letter(error.reason)
                log.error("observation_unreadable", extra={"offset": record.offset, "error": str(error)})
                continue
            alerts += self.grouper.take(observation, record.offset)
        told = [Record(alert.aggregate_id.encode(), encode(alert), headers_of(alert, SOURCE)) for alert in alerts]
        await send_records(self._outlet, self._settings.topic("aggregates"), 0, told)
        rows = [Record(key, row) for key, row in self.grouper.take_rows().items()]
        await send_records(self._outlet, self._settings.topic(GROUPS), 0, rows)
        self._report(alerts)
        return bool(rows)

    def _report(self, alerts: Sequence[AggregateAlert]) -> None:
        """Log and count what happened."""
        grouper, (counted, repeated) = self.grouper, self._noted
        self._observer.observed(grouper.counted - counted, grouper.repeated - repeated)
        self._noted = grouper.counted, grouper.repeated
        self._observer.aggregated(alerts, grouper.open_aggregates(), grouper.watermark)
        for alert in alerts:
            log.info(
                "aggregate_alert",
                extra={"aggregate_id": alert.aggregate_id, "transition": alert.transition, "kind": alert.by},
            )


async def run_group(
    settings: Settings,
    new_grouper: Callable[[], Grouper],
    outlet: AIOKafkaProducer,
    observer: GroupObserver,
    stop: asyncio.Event,
    duty: Duty | None = None,
    holes: Holes | None = None,
) -> None:
    """Count observations until `stop` is set.

    What it is doing is noted in `duty`, and positions that were never seen go to `holes`.

    Raises
    ------
    ConfigurationError
        If the rows of groups were written by a later version, or with periods of another length.
    """
    tp = TopicPartition(settings.topic("observations"), 0)
    duty = duty or Duty("group")
    hand_over = duty.hand_over = HandOver()
    consumer = new_group_consumer(settings, "group")
    consumer.subscribe([tp.topic], listener=hand_over)
    await consumer.start()
    duty.consumer = consumer
    continuity = Continuity("group", settings, consumer, holes or Holes(observer))
    try:
        grouping: Grouping | None = None
        generation = _NONE
        while not stop.is_set():
            if generation != hand_over.generation:
                generation, grouping = hand_over.generation, None
                if tp in hand_over.assigned:
                    try:
                        with duty.working():
                            grouper = new_grouper()
                            position = await _take_up(settings, grouper, consumer, tp, outlet)
                    except IllegalStateError:
                        # The partition went elsewhere while the rows were read. It may come back.
                        generation = _NONE
                        continue
                    grouping = Grouping(settings, grouper, outlet, observer)
                    continuity.begin({tp: position} if position else None)
            fetched = await consumer.getmany(timeout_ms=200, max_records=_PORTION)
            records = fetched.get(tp, [])
            async with hand_over.busy:
                # What was fetched for an earlier assignment is fetched again from where the rows end.
                if records and grouping is not None and generation == hand_over.generation:
                    await continuity.check(fetched)
                    with duty.working():
                        if await grouping.carry(records, duty):
                            await _commit(consumer, tp, grouping.grouper.resume)
                    observer.lagging("group", 0, (consumer.highwater(tp) or 0) - records[-1].offset - 1)
    finally:
        await consumer.stop()


async def _take_up(
    settings: Settings, grouper: Grouper, consumer: AIOKafkaConsumer, tp: TopicPartition, outlet: AIOKafkaProducer
) -> int:
    """Go on from the rows, and return the observation to read next."""
    found = await read_rows(settings)
    # A reader that had lost its partition wrote behind the right rows; compaction would keep what it wrote.
    await send_records(outlet, settings.topic(GROUPS), 0, [Record(*healed) for healed in found.to_heal.items()])
    position = grouper.restore(found.rows.items())
    if position == 0:
        await consumer.seek_to_beginning(tp)
    else:
        consumer.seek(tp, position)
    log.info("groups_taken_up", extra={"rows": len(found.rows), "position": position})
    return position


async def _commit(consumer: AIOKafkaConsumer, tp: TopicPartition, offset: int) -> None:
    """Show in the group how far everything is decided; the role itself never reads it."""
    try:
        await consumer.commit({tp: offset})
    except (CommitFailedError, IllegalStateError):
        log.warning("group_commit_failed", extra={"offset": offset})
