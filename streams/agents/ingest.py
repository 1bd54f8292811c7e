"""Ingest: from the insurer's topics into the journal, checked, redacted and re-keyed.

Plain aiokafka: there is no state to keep. Offsets of source topics are committed once the journal, or the
dead-letter topic, has acknowledged everything that was read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from models.intake import Intake, Prepared
from schemas.catalogue import SOURCE_TOPICS
from schemas.cloudevents import headers_of
from schemas.codec import CustomerEvent, encode
from schemas.dead_letters import DeadLetter
from schemas.errors import UnreadableMessageError
from streams.agents.alignment import Alignment
from streams.agents.event_clock import EventClock
from streams.connections import new_group_consumer
from streams.duty import Duty
from streams.fetching import FetchPace
from streams.handover import HandOver
from streams.holes import Continuity, Holes, HolesObserver
from streams.journal import JournalLine, cut, journal_record
from streams.lag import partitions_behind, report_lag
from streams.lingering import Linger
from streams.outbox import Record, send_records
from streams.settings import Settings
from streams.timestamps import record_time

log = logging.getLogger(__name__)

SOURCE = "foreshock/ingest"
"""Who writes dead letters here, for CloudEvents."""

_POLL_MILLISECONDS = 200


class IngestObserver(HolesObserver, Protocol):
    """Hears what ingest does; metrics implement it."""

    def ingested(self, event: CustomerEvent) -> None:
        """An event goes into the journal."""

    def dead_letter(self, reason: str) -> None:
        """An event became a dead letter."""

    def lagging(self, group: str, partition: int, count: int) -> None:
        """Ingest is so many events behind in a partition."""


class Ingest:
    """Turns portions of source records into journal lines, partition by partition.

    Parameters
    ----------
    settings
        Topics and sizes.
    intake
        Checks and prepares one event.
    observer
        Hears what happens.
    """

    def __init__(self, settings: Settings, intake: Intake, observer: IngestObserver) -> None:
        self._settings = settings
        self._intake = intake
        self._observer = observer
        self._kinds = {settings.topic(name): kind for name, kind in SOURCE_TOPICS.items()}
        self._clock = EventClock(settings)
        self.alignment = Alignment(self._clock) if settings.clock == "event" else None
        """What holds events that are ahead of a backlog; with the wall clock there is none."""

    @property
    def topics(self) -> list[str]:
        """Full names of the topics to read."""
        return list(self._kinds)

    def prepare(
        self, records: Iterable[ConsumerRecord], behind: Collection[TopicPartition] = ()
    ) -> tuple[dict[int, list[JournalLine]], list[DeadLetter]]:
        """Prepare records in their order.

        Parameters
        ----------
        records
            What was read.
        behind
            Source partitions that have more to read; with the event clock, what is ahead of them waits.

        Returns
        -------
        tuple
            Journal lines per partition, and dead letters for what could not be read.
        """
        ready: list[tuple[Prepared, int | None]] = []
        lines: dict[int, list[JournalLine]] = {}
        letters: list[DeadLetter] = []
        for record in records:
            arrived_at = record_time(record.timestamp / 1000)
            try:
                prepared = self._intake.prepare(record.value or b"", self._kinds[record.topic], arrived_at)
            except Exception as error:  # no bytes may stop the worker
                letters.append(self._refuse(record, arrived_at, error))
                continue
            if self.alignment is None:
                ready.append((prepared, _sent_at(record)))
            else:
                source = TopicPartition(record.topic, record.partition)
                self.alignment.hold(source, record.offset, _sent_at(record), prepared)
        if self.alignment is not None:
            ready = self.alignment.release(behind)
            for partition, tick in self._clock.begin(ready[0][0].event.occurred_at) if ready else ():
                lines.setdefault(partition, []).append(JournalLine(tick))
        for prepared, sent_at in ready:
            lines.setdefault(prepared.partition, []).append(JournalLine(prepared.line, sent_at))
            self._observer.ingested(prepared.event)
        if self.alignment is not None:
            for partition, tick in self._clock.ticks(behind):
                lines.setdefault(partition, []).append(JournalLine(tick))
        return lines, letters

    def _refuse(self, record: ConsumerRecord, arrived_at: datetime, error: Exception) -> DeadLetter:
        """Make a dead letter, whatever went wrong."""
        if not isinstance(error, UnreadableMessageError):
            # The text of an unexpected error may repeat what somebody said: only its type is kept.
            error = UnreadableMessageError("failed", type(error).__name__)
        self._observer.dead_letter(error.reason)
        raw = record.value or b""
        return self._intake.dead_letter(error, raw, record.topic, record.partition, record.offset, arrived_at)


async def run_ingest(
    settings: Settings,
    ingest: Ingest,
    outlet: AIOKafkaProducer,
    observer: IngestObserver,
    stop: asyncio.Event,
    duty: Duty | None = None,
    holes: Holes | None = None,
) -> None:
    """Carry events into the journal until `stop` is set.

    What it is doing is noted in `duty`, and positions that were never seen go to `holes`.

    Raises
    ------
    aiokafka.errors.KafkaError
        If the broker refuses something; the worker then ends, and reads again what was not committed.
    PositionsSkippedError
        If something was passed over that the broker still has; likewise.
    """
    hand_over = HandOver()
    duty = duty or Duty("ingest")
    duty.hand_over = hand_over
    generation = 0
    consumer = new_group_consumer(settings, "ingest")
    consumer.subscribe(ingest.topics, listener=hand_over)
    await consumer.start()
    duty.consumer = consumer
    reading = _Reading(settings, consumer, hand_over, holes or Holes(observer))
    try:
        while not stop.is_set():
            records = await reading.portion()
            alignment = ingest.alignment
            if not records and not (alignment is not None and alignment.is_holding):
                continue
            async with hand_over.busy:
                if reading.generation != hand_over.generation:
                    continue  # they were fetched before a rebalance, and come again, here or elsewhere
                with duty.working():
                    if alignment is not None and generation != hand_over.generation:
                        # Reading began again at the committed offsets: what waited comes again too.
                        generation = hand_over.generation
                        alignment.forget()
                    behind = await partitions_behind(consumer) if alignment is not None else ()
                    lines, letters = ingest.prepare(records, behind)
                    await _send(settings, outlet, lines, letters)
                    await _commit(settings, consumer, alignment)
            report_lag(consumer, records, "ingest", observer.lagging)
    finally:
        await consumer.stop()


def _sent_at(record: ConsumerRecord) -> int | None:
    """Return the timestamp of a source record in milliseconds, unless its producer wrote none."""
    return record.timestamp if record.timestamp > 0 else None


async def _commit(settings: Settings, consumer: AIOKafkaConsumer, alignment: Alignment | None) -> None:
    """Commit what is in the journal, but not what waits for alignment; rest the partitions that are far ahead."""
    offsets = None
    if alignment is not None:
        assigned = consumer.assignment()
        waiting = alignment.first_waiting()
        offsets = {tp: waiting[tp] if tp in waiting else await consumer.position(tp) for tp in assigned}
        crowded = alignment.crowded(settings.fetch_records) & assigned
        consumer.pause(*crowded)
        consumer.resume(*(consumer.paused() - crowded))
    try:
        await consumer.commit(offsets)
    except (CommitFailedError, IllegalStateError):
        # The group has moved on without us. Whoever owns the partitions now reads these events again, and their ids
        # make the second reading harmless.
        log.warning("ingest_commit_failed")


class _Reading:
    """Fetches portions of events, and looks whether any position is missing."""

    def __init__(self, settings: Settings, consumer: AIOKafkaConsumer, hand_over: HandOver, holes: Holes) -> None:
        self._settings = settings
        self._consumer = consumer
        self._hand_over = hand_over
        self._pace = FetchPace(consumer, settings.fetch_wait_seconds)
        self._linger = Linger(settings.linger_seconds, settings.max_lines)
        self._continuity = Continuity("ingest", settings, consumer, holes)
        self.generation = -1
        """The assignment to which the last portion belongs."""

    async def portion(self) -> list[ConsumerRecord]:
        """Fetch what is there; while events are coming, wait a little, so that a record carries more than one line."""
        records = await self._fetch(_POLL_MILLISECONDS)
        self._pace.heard(bool(records))
        if wait_seconds := self._linger.wait_seconds(len(records)):
            generation = self.generation
            await asyncio.sleep(wait_seconds)
            more = await self._fetch(0)
            # Of an earlier assignment nothing is kept: whoever took it over may be further, and a commit would go back.
            records = records + more if self.generation == generation else more
        self._linger.left()
        return records

    async def _fetch(self, wait_milliseconds: int) -> list[ConsumerRecord]:
        """Fetch once."""
        fetched = await self._consumer.getmany(timeout_ms=wait_milliseconds, max_records=self._settings.fetch_records)
        if self.generation != self._hand_over.generation:
            self.generation = self._hand_over.generation
            self._continuity.begin()
        await self._continuity.check(fetched)
        return [record for portion in fetched.values() for record in portion]


async def _send(
    settings: Settings, outlet: AIOKafkaProducer, lines: dict[int, list[JournalLine]], letters: Sequence[DeadLetter]
) -> None:
    """Send lines and dead letters, and return once the broker has all of them."""
    journal = settings.topic("journal")
    sends = [
        send_records(outlet, journal, partition, [journal_record(part) for part in cut(found, settings.max_lines)])
        for partition, found in lines.items()
    ]
    if letters:
        records = [Record(None, encode(letter), headers_of(letter, SOURCE)) for letter in letters]
        sends.append(send_records(outlet, settings.topic("dead-letters"), 0, records))
    await asyncio.gather(*sends)
