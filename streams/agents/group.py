"""Group: observations in, alerts about many customers out; what is remembered of groups lives on a compacted topic.

One partition gives one order, and the consumer group one reader. What is told follows from the observations alone,
whatever their order and however often they come, so a reader that was paused tells the same as its successor.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from aiokafka import AIOKafkaProducer, ConsumerRecord

from schemas.aggregates import AggregateAlert, OpenAggregate
from schemas.cloudevents import headers_of
from schemas.codec import decode_observation, encode
from schemas.errors import UnreadableMessageError
from schemas.observations import Evidence, Watermark
from streams.duty import Duty
from streams.group_rows import read_rows
from streams.holes import Holes
from streams.lone_reader import SLICE_SECONDS, Place, ReaderObserver, Work, read_alone
from streams.outbox import Record, send_records
from streams.settings import Settings
from streams.topics import GROUPS
from streams.turns import Turns

log = logging.getLogger(__name__)

SOURCE = "foreshock/group"
"""Who writes aggregate alerts, for CloudEvents."""


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


class GroupObserver(ReaderObserver, Protocol):
    """Hears what the role does; metrics implement it."""

    def observed(self, counted: int, repeated: int) -> None:
        """So much evidence was taken, and so much had come before."""

    def aggregated(
        self, alerts: Sequence[AggregateAlert], standing: Iterable[OpenAggregate], watermark: float | None
    ) -> None:
        """Aggregate alerts are at the broker, and this is what stands."""


class Grouping:
    """One reader's work from its rows on, portion after portion.

    Parameters
    ----------
    settings
        Names of topics.
    grouper
        What counts, as its rows say.
    place
        Where the reader stands.
    outlet
        Started producer.
    observer
        Hears what happens.
    duty
        Where every step is noted.
    """

    def __init__(
        self,
        settings: Settings,
        grouper: Grouper,
        place: Place,
        outlet: AIOKafkaProducer,
        observer: GroupObserver,
        duty: Duty,
    ) -> None:
        self._settings = settings
        self._grouper = grouper
        self._place = place
        self._outlet = outlet
        self._observer = observer
        self._duty = duty
        self._noted = (0, 0)

    async def carry(self, records: Sequence[ConsumerRecord]) -> None:
        """Take records in their order; tell what follows, then keep what is remembered, then show how far."""
        turns, alerts = Turns(SLICE_SECONDS), list[AggregateAlert]()
        for record in records:
            await turns.give()
            self._duty.steps += 1
            if record.value is None:
                continue  # a backup was put back: it stands where a record had been deleted by age
            try:
                observation = decode_observation(record.value)
            except UnreadableMessageError as error:
                # We wrote it ourselves: a newer version must have. Going on loses one customer of many.
                self._observer.dead_letter(error.reason)
                log.error("observation_unreadable", extra={"offset": record.offset, "error": str(error)})
                continue
            alerts += self._grouper.take(observation, record.offset)
        told = [Record(alert.aggregate_id.encode(), encode(alert), headers_of(alert, SOURCE)) for alert in alerts]
        await send_records(self._outlet, self._settings.topic("aggregates"), 0, told)
        rows = [Record(key, row) for key, row in self._grouper.take_rows().items()]
        await send_records(self._outlet, self._settings.topic(GROUPS), 0, rows)
        self._report(alerts)
        if rows:
            await self._place.show(self._grouper.resume)

    def _report(self, alerts: Sequence[AggregateAlert]) -> None:
        """Log and count what happened."""
        grouper, (counted, repeated) = self._grouper, self._noted
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
    duty = duty or Duty("group")

    async def take_up(place: Place) -> Work:
        grouper = await _take_up(settings, new_grouper(), place, outlet)
        return Grouping(settings, grouper, place, outlet, observer, duty).carry

    await read_alone(settings, "observations", take_up, observer, stop, duty, holes)


async def _take_up(settings: Settings, grouper: Grouper, place: Place, outlet: AIOKafkaProducer) -> Grouper:
    """Go on from the rows."""
    found = await read_rows(settings)
    # A reader that had lost its partition wrote behind the right rows; compaction would keep what it wrote.
    await send_records(outlet, settings.topic(GROUPS), 0, [Record(*healed) for healed in found.to_heal.items()])
    position = grouper.restore(found.rows.items())
    await place.read_from(position)
    log.info("groups_taken_up", extra={"rows": len(found.rows), "position": position})
    return grouper
