"""Portions: what was fetched is delivered, buried where it cannot be, and committed."""

from __future__ import annotations

import logging
import time
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError

from schemas.codec import decode_as
from schemas.dead_letters import DeadLetter
from schemas.errors import SinkError, UnreadableMessageError
from sinks.abilities import TakesMany
from streams.delivery.feeds import Feed, M
from streams.delivery.letters import Letters, LettersObserver
from streams.delivery.trying import CutShortError, Trying
from streams.journal import source_time
from streams.lag import TakenLag

log = logging.getLogger(__name__)

_COMMIT_SECONDS = 1.0
"""A sink that takes longer than this for a portion commits on the way."""


class DeliveryObserver(LettersObserver, Protocol):
    """Hears how delivery gets on; metrics implement it."""

    def alert_delivered(self, sink: str, attempts: int, seconds: float | None) -> None:
        """A sink has an alert, so long after its event left the producer, if that is known."""

    def alert_refused(self, sink: str) -> None:
        """A sink does not have an alert, and is not tried again."""

    def sink_lags(self, sink: str, counts: Mapping[Hashable, int]) -> None:
        """A sink is so many records behind, per partition that it reads here."""


class Portions(Generic[M]):
    """Carries portions of records to one sink.

    Parameters
    ----------
    feed
        What the records are.
    trying
        Gives messages to the sink.
    consumer
        Who fetched them, and commits.
    letters
        Where that goes which the sink will not take.
    observer
        Hears how it gets on.
    """

    def __init__(
        self, feed: Feed[M], trying: Trying[M], consumer: AIOKafkaConsumer, letters: Letters, observer: DeliveryObserver
    ) -> None:
        self._feed = feed
        self._trying = trying
        self._sink = trying.sink
        self._hand_over = trying.hand_over
        self._consumer = consumer
        self._letters = letters
        self._observer = observer
        self._lag = TakenLag(consumer)

    def show_lag(self) -> None:
        """Show how far the sink is behind."""
        self._observer.sink_lags(self._sink.name, self._lag.counts())

    async def carry(self, records: Sequence[ConsumerRecord], generation: int) -> None:
        """Deliver records step by step; between two steps partitions can be handed over, and a stop is obeyed.

        Parameters
        ----------
        records
            What was fetched, in order per partition.
        generation
            Which assignment they belong to.
        """
        if not records:
            return
        self._lag.fetched(records)
        steps = [records] if isinstance(self._sink, TakesMany) else [[record] for record in records]
        portion = _Portion(generation)
        for number, step in enumerate(steps, start=1):
            async with self._hand_over.busy:
                with self._trying.duty.working():
                    goes_on = await self._step(step, portion, is_last=number == len(steps))
                if not goes_on:
                    self._return(record for undone in steps[number - 1 :] for record in undone)
                    return

    async def _step(self, records: Sequence[ConsumerRecord], portion: _Portion, is_last: bool) -> bool:
        """Deliver and bury, and commit if it is time; tell whether to go on."""
        if self._trying.stop.is_set() or not self._owns(portion):
            await self._commit(portion)
            return False
        self.show_lag()
        try:
            letters = await self._deliver(records)
        except CutShortError:
            await self._commit(portion)
            return False
        await self._letters.bury(letters)
        portion.done.update({_place(record): record.offset + 1 for record in records})
        self._lag.taken(portion.done)
        if is_last or letters or portion.is_late or self._hand_over.is_asked_for.is_set():
            return await self._commit(portion)
        return True

    async def _deliver(self, records: Sequence[ConsumerRecord]) -> list[DeadLetter]:
        """Deliver records; return a dead letter for each that cannot be."""
        letters: list[DeadLetter] = []
        readable: list[tuple[ConsumerRecord, M]] = []
        for record in records:
            try:
                readable.append((record, decode_as(self._feed.message, record.value or b"")))
            except UnreadableMessageError as error:
                letters.append(self._letters.of(record, error.reason, error.detail))
        results = await self._trying.deliver([message for _, message in readable])
        for (record, _), result in zip(readable, results, strict=True):
            if isinstance(result, SinkError):
                log.error("alert_not_delivered", extra={"sink": self._sink.name, "error": str(result)})
                self._observer.alert_refused(self._sink.name)
                letters.append(self._letters.of(record, "undeliverable", str(result)))
            else:
                self._observer.alert_delivered(self._sink.name, result, _age(record))
        return letters

    async def _commit(self, portion: _Portion) -> bool:
        """Commit what is done; tell whether the group took it."""
        if not portion.done or not self._owns(portion):
            return False
        try:
            await self._consumer.commit(portion.done)
        except CommitFailedError:
            # The group has moved on without us: these are delivered again, with the same ids.
            log.warning("deliver_commit_failed", extra={"sink": self._sink.name})
            return False
        portion.committed_at = time.monotonic()
        return True

    def _owns(self, portion: _Portion) -> bool:
        """Whether what was fetched is still ours."""
        return self._hand_over.generation == portion.generation and bool(self._hand_over.assigned)

    def _return(self, undone: Iterable[ConsumerRecord]) -> None:
        """Go back to what was not delivered, where the partition is still ours."""
        for record in reversed(list(undone)):
            if _place(record) in self._consumer.assignment():
                self._consumer.seek(_place(record), record.offset)


@dataclass(slots=True)
class _Portion:
    """How far a portion has come."""

    generation: int
    """Which assignment it belongs to."""
    done: dict[TopicPartition, int] = field(default_factory=dict)
    """Per partition the offset after what is delivered or buried."""
    committed_at: float = field(default_factory=time.monotonic)

    @property
    def is_late(self) -> bool:
        """Whether a commit is due. A slow sink commits often, so that a crash repeats a second of work."""
        return time.monotonic() - self.committed_at >= _COMMIT_SECONDS


def _place(record: ConsumerRecord) -> TopicPartition:
    """Return the partition of a record."""
    return TopicPartition(record.topic, record.partition)


def _age(record: ConsumerRecord) -> float | None:
    """Return how long ago the event behind a record left its producer, in seconds, if that is known."""
    sent_at = source_time(record.headers)
    return None if sent_at is None else time.time() - sent_at
