"""Learn: examples in their order, snapshots out; the learner's position lives in its snapshot.

One partition gives one order, and the consumer group one learner. A snapshot is a function of the examples before
it alone, so a learner that was paused and comes back publishes the same bytes as its successor.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from schemas.cloudevents import headers_of
from schemas.codec import decode_as, decode_example, encode
from schemas.errors import ConfigurationError, SnapshotError, UnreadableMessageError
from schemas.examples import RiskExample, TextExample
from schemas.snapshots import Snapshot
from schemas.ticks import SnapshotNotice
from streams.agents.ingest import JOURNAL_HEADERS
from streams.connections import new_group_consumer, new_reader
from streams.handover import HandOver
from streams.outbox import Record, send_records
from streams.settings import Settings

log = logging.getLogger(__name__)

SOURCE = "foreshock/learn"
"""Who writes snapshots, for CloudEvents."""

_PORTION = 500

KEPT_SNAPSHOTS = 100
"""Older ones are deleted by a tombstone. Scorers have theirs in the journal; these are for people who look back."""


class Learner(Protocol):
    """What learns; `models.learner.Learner` does."""

    def learn(self, example: RiskExample | TextExample) -> bool:
        """Learn from an example unless it came before; tell whether it was new."""

    def is_due(self) -> bool:
        """Tell whether it is time for a snapshot."""

    def snapshot(self, examples_offset: int = -1) -> Snapshot:
        """Make the next snapshot."""


NewLearner = Callable[[Snapshot | None], Learner]
"""Makes a learner that goes on from a snapshot, or begins."""


class LearnObserver(Protocol):
    """Hears what the learner does; metrics implement it."""

    def learnt(self, is_new: bool) -> None:
        """An example was taken."""

    def snapshot_published(self, snapshot: Snapshot) -> None:
        """A snapshot and its notices are at the broker."""

    def dead_letter(self, reason: str) -> None:
        """An example could not be read."""

    def lagging(self, group: str, partition: int, count: int) -> None:
        """The learner is so many examples behind."""


async def run_learn(
    settings: Settings,
    new_learner: NewLearner,
    outlet: AIOKafkaProducer,
    observer: LearnObserver,
    stop: asyncio.Event,
) -> None:
    """Learn until `stop` is set.

    Raises
    ------
    ConfigurationError
        If the newest snapshot was made by a version of the learner that this one cannot go on from.
    """
    tp = TopicPartition(settings.topic("examples"), 0)
    hand_over = HandOver()
    consumer = new_group_consumer(settings, "learn")
    consumer.subscribe([tp.topic], listener=hand_over)
    await consumer.start()
    try:
        learner: Learner | None = None
        generation = -1
        while not stop.is_set():
            if generation != hand_over.generation:
                generation, learner = hand_over.generation, None
                if tp in hand_over.assigned:
                    learner = await _take_up(settings, new_learner, consumer, tp, outlet, observer)
            fetched = await consumer.getmany(timeout_ms=200, max_records=_PORTION)
            records = fetched.get(tp, [])
            async with hand_over.busy:
                # What was fetched for an earlier assignment is fetched again from the snapshot's position.
                if records and learner is not None and generation == hand_over.generation:
                    await _learn(settings, learner, records, consumer, tp, outlet, observer)
                    observer.lagging("learn", 0, (consumer.highwater(tp) or 0) - records[-1].offset - 1)
    finally:
        await consumer.stop()


async def _take_up(
    settings: Settings,
    new_learner: NewLearner,
    consumer: AIOKafkaConsumer,
    tp: TopicPartition,
    outlet: AIOKafkaProducer,
    observer: LearnObserver,
) -> Learner:
    """Go on from the newest snapshot, and announce it again in case its notices were not all written."""
    newest = await newest_snapshot(settings)
    try:
        learner = new_learner(newest)
    except SnapshotError as error:
        raise ConfigurationError(
            f"the newest snapshot cannot be gone on from ({error}): run the version that made it, or delete the topic "
            f"{settings.topic('snapshots')} to learn anew from the examples that are still kept"
        ) from error
    position = 0 if newest is None else newest.examples_offset + 1
    log.info("learner_took_up", extra={"snapshot": newest.weights.number if newest else 0, "position": position})
    if newest is None:
        await consumer.seek_to_beginning(tp)
    else:
        consumer.seek(tp, position)
        await _announce(settings, newest, outlet)
        observer.snapshot_published(newest)
    return learner


async def newest_snapshot(settings: Settings) -> Snapshot | None:
    """Read the snapshot with the highest number, or `None` if there is none yet."""
    tp = TopicPartition(settings.topic("snapshots"), 0)
    reader = new_reader(settings)
    await reader.start()
    try:
        reader.assign([tp])
        end = (await reader.end_offsets([tp]))[tp]
        await reader.seek_to_beginning(tp)
        newest: tuple[int, bytes] | None = None
        while await reader.position(tp) < end:
            for record in (await reader.getmany(tp, timeout_ms=500)).get(tp, []):
                number = int((record.key or b"/0").rpartition(b"/")[2])
                if record.value is not None and (newest is None or number >= newest[0]):
                    newest = number, record.value
    finally:
        await reader.stop()
    if newest is None:
        return None
    try:
        return decode_as(Snapshot, newest[1])
    except UnreadableMessageError as error:
        raise ConfigurationError(f"snapshot {newest[0]} on {tp.topic} cannot be read: {error}") from error


async def _learn(
    settings: Settings,
    learner: Learner,
    records: Sequence[ConsumerRecord],
    consumer: AIOKafkaConsumer,
    tp: TopicPartition,
    outlet: AIOKafkaProducer,
    observer: LearnObserver,
) -> None:
    """Learn from examples in their order; publish a snapshot exactly where it is due."""
    for record in records:
        try:
            example = decode_example(record.value or b"")
        except UnreadableMessageError as error:
            # We wrote it ourselves: a newer version must have. Going on loses one example of many.
            observer.dead_letter(error.reason)
            log.error("example_unreadable", extra={"offset": record.offset, "error": str(error)})
            continue
        observer.learnt(learner.learn(example))
        if learner.is_due():
            snapshot = learner.snapshot(record.offset)
            await _publish(settings, snapshot, outlet)
            observer.snapshot_published(snapshot)
            await _commit(consumer, tp, record.offset + 1)
        elif record.offset % 50 == 0:
            await asyncio.sleep(0)  # let scoring have its turn


async def _publish(settings: Settings, snapshot: Snapshot, outlet: AIOKafkaProducer) -> None:
    """Write a snapshot, wait, announce it, wait."""
    number = snapshot.weights.number
    records = [Record(_key(snapshot.model, number), encode(snapshot), headers_of(snapshot, SOURCE))]
    if number > KEPT_SNAPSHOTS:
        records.append(Record(_key(snapshot.model, number - KEPT_SNAPSHOTS), None))
    await send_records(outlet, settings.topic("snapshots"), 0, records)
    await _announce(settings, snapshot, outlet)
    log.info("snapshot_published", extra={"snapshot": number, "examples": snapshot.weights.examples_seen})


def _key(model: str, number: int) -> bytes:
    """Return the record key of a snapshot: each number its own, so that compaction keeps older ones."""
    return f"{model}/{number}".encode()


async def _announce(settings: Settings, snapshot: Snapshot, outlet: AIOKafkaProducer) -> None:
    """Tell every journal partition; a notice that comes twice changes nothing."""
    journal = settings.topic("journal")
    await asyncio.gather(
        *(
            send_records(
                outlet,
                journal,
                partition,
                [Record(None, encode(SnapshotNotice(partition=partition, weights=snapshot.weights)), JOURNAL_HEADERS)],
            )
            for partition in range(settings.partitions)
        )
    )


async def _commit(consumer: AIOKafkaConsumer, tp: TopicPartition, offset: int) -> None:
    """Show in the group how far the newest snapshot reaches; the learner itself never reads it."""
    try:
        await consumer.commit({tp: offset})
    except (CommitFailedError, IllegalStateError):
        log.warning("learn_commit_failed", extra={"offset": offset})
