"""Deliver: alerts, or beliefs, to one sink, in its own consumer group, at its own pace."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, Protocol, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError

from schemas.alerts import Alert, Risk
from schemas.cloudevents import headers_of
from schemas.codec import decode_as, encode
from schemas.dead_letters import DeadLetter
from schemas.errors import SinkError, UnreadableMessageError
from schemas.types import Message
from sinks.abilities import Receiver, TakesMany
from sinks.fanout import RetryPolicy, deliver_all
from streams.connections import new_group_consumer
from streams.handover import HandOver
from streams.lag import TakenLag
from streams.opening import Memory, open_patiently
from streams.outbox import Record, send_records
from streams.settings import Settings
from streams.timestamps import record_time

log = logging.getLogger(__name__)

SOURCE = "foreshock/deliver"
"""Who writes dead letters here, for CloudEvents."""

_PORTION = 100
"""Messages between two commits at most: so many may be delivered again after a crash, with the same ids."""

_COMMIT_SECONDS = 1.0
"""A sink that takes longer than this for a portion commits on the way."""

_JITTER = 0.5
"""Share of a wait that chance adds: workers that lost a sink together come back one after the other."""

M = TypeVar("M", bound=Message)


class DeliverObserver(Protocol):
    """Hears what happens to alerts; metrics implement it."""

    def alert_delivered(self, sink: str, attempts: int) -> None:
        """A sink has an alert."""

    def dead_letter(self, reason: str) -> None:
        """An alert became a dead letter."""

    def alert_refused(self, sink: str) -> None:
        """A sink does not have an alert, and is not tried again."""

    def sink_lags(self, sink: str, counts: Mapping[Hashable, int]) -> None:
        """A sink is so many records behind, per partition that it reads here."""


@dataclass(frozen=True, slots=True)
class Feed(Generic[M]):
    """What a sink is fed with."""

    topic: str
    """Short name of the topic."""

    message: type[M]
    """What is on it."""


ALERTS = Feed("alerts", Alert)
RISK = Feed("risk", Risk)


async def run_deliver(
    settings: Settings,
    sink: Receiver[M],
    outlet: AIOKafkaProducer,
    observer: DeliverObserver,
    stop: asyncio.Event,
    feed: Feed[M] = ALERTS,  # type: ignore[assignment]  # what most sinks take
) -> None:
    """Carry messages to `sink` until `stop` is set; what it will not take becomes a dead letter.

    Raises
    ------
    ConfigurationError
        If the sink's destination cannot be used before somebody changes something.
    """
    policy = RetryPolicy(settings.sink_attempts, timedelta(seconds=settings.sink_backoff_seconds), _JITTER)
    hand_over = HandOver()
    consumer = new_group_consumer(settings, f"deliver.{sink.name}", longest_work=policy.patience)
    try:
        await open_patiently(sink, policy, stop)
        consumer.subscribe([settings.topic(feed.topic)], listener=hand_over)
        await consumer.start()
        memory = Memory(settings, sink, consumer, hand_over)
        lag = TakenLag(consumer)
        carrying = _Carrying(settings, sink, consumer, hand_over, lag, policy, outlet, observer, stop, feed)
        while not stop.is_set():
            fetched = await consumer.getmany(timeout_ms=200, max_records=_PORTION)
            generation = hand_over.generation
            await memory.refresh()
            records = [record for portion in fetched.values() for record in portion]
            if records:
                await carrying.carry(records, generation)
            observer.sink_lags(sink.name, carrying.lag.counts())
    finally:
        await consumer.stop()
        await sink.close()


@dataclass(frozen=True, slots=True)
class _Carrying(Generic[M]):
    """Everything that it takes to deliver a portion."""

    settings: Settings
    sink: Receiver[M]
    consumer: AIOKafkaConsumer
    hand_over: HandOver
    lag: TakenLag
    policy: RetryPolicy
    outlet: AIOKafkaProducer
    observer: DeliverObserver
    stop: asyncio.Event
    feed: Feed[M]

    async def carry(self, records: Sequence[ConsumerRecord], generation: int) -> None:
        """Deliver records step by step; between two steps partitions can be handed over, and a stop is obeyed.

        Parameters
        ----------
        records
            What was fetched, in order per partition.
        generation
            Which assignment they belong to.
        """
        loop = asyncio.get_running_loop()
        committed_at = loop.time()
        done: dict[TopicPartition, int] = {}
        self.lag.fetched(records)
        steps = [records] if isinstance(self.sink, TakesMany) else [[record] for record in records]
        for number, step in enumerate(steps, start=1):
            async with self.hand_over.busy:
                if self.stop.is_set() or self.hand_over.generation != generation or not self.hand_over.assigned:
                    self._return([record for undone in steps[number - 1 :] for record in undone])
                    return
                self.observer.sink_lags(self.sink.name, self.lag.counts())
                letters = await _deliver(self.sink, step, self.policy, self.observer, self.feed)
                await self._bury(letters)
                done.update({_place(record): record.offset + 1 for record in step})
                self.lag.taken(done)
                # A slow sink commits often, so that a crash repeats a second of work; a quick one once per portion.
                if number < len(steps) and not letters and loop.time() - committed_at < _COMMIT_SECONDS:
                    continue
                try:
                    await self.consumer.commit(done)
                except CommitFailedError:
                    # The group has moved on without us: these are delivered again, with the same ids.
                    log.warning("deliver_commit_failed", extra={"sink": self.sink.name})
                    return
                committed_at = loop.time()

    async def _bury(self, letters: Sequence[DeadLetter]) -> None:
        """Write dead letters, and wait until the broker has them."""
        records = [Record(None, encode(letter), headers_of(letter, SOURCE)) for letter in letters]
        await send_records(self.outlet, self.settings.topic("dead-letters"), 0, records)

    def _return(self, undone: Sequence[ConsumerRecord]) -> None:
        """Go back to what was not delivered, where the partition is still ours."""
        for record in reversed(undone):
            if _place(record) in self.consumer.assignment():
                self.consumer.seek(_place(record), record.offset)


def _place(record: ConsumerRecord) -> TopicPartition:
    """Return the partition of a record."""
    return TopicPartition(record.topic, record.partition)


async def _deliver(
    sink: Receiver[M],
    records: Sequence[ConsumerRecord],
    policy: RetryPolicy,
    observer: DeliverObserver,
    feed: Feed[M],
) -> list[DeadLetter]:
    """Deliver records; return a dead letter for each that cannot be."""
    letters: list[DeadLetter] = []
    readable: list[tuple[ConsumerRecord, M]] = []
    for record in records:
        try:
            readable.append((record, decode_as(feed.message, record.value or b"")))
        except UnreadableMessageError as error:
            letters.append(_refused(record, error.reason, error.detail, observer))
    results = await deliver_all(sink, [message for _, message in readable], policy)
    for (record, _), result in zip(readable, results, strict=True):
        if isinstance(result, SinkError):
            log.error("alert_not_delivered", extra={"sink": sink.name, "error": str(result)})
            observer.alert_refused(sink.name)
            letters.append(_refused(record, "undeliverable", str(result), observer))
        else:
            observer.alert_delivered(sink.name, result)
    return letters


def _refused(record: ConsumerRecord, reason: str, error: str, observer: DeliverObserver) -> DeadLetter:
    """Keep an alert that no sink has, with the reason."""
    observer.dead_letter(reason)
    return DeadLetter(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        reason=reason,  # type: ignore[arg-type]  # pydantic checks that it is one of the closed set
        error=error[:2_000],
        at=record_time(record.timestamp / 1000),
        raw=(record.value or b"").decode("utf-8", "replace")[:20_000],
    )
