"""Reading a topic once, from its beginning to where it ends now, without a consumer group."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from foreshock.broker.reaching import admin_client, in_plain_words
from foreshock.broker.topic_state import partition_counts
from schemas.errors import ConfigurationError
from streams.connections import BrokerUnavailableError, new_reader
from streams.settings import Settings

# Journal records of 128 lines make this some 20 MB at most.
_RECORDS_AT_ONCE = 500
_POLL_MILLISECONDS = 200


class Span(NamedTuple):
    """The offsets that a partition holds: from `first` up to, not including, `end`."""

    first: int
    """First offset that still exists."""
    end: int
    """Offset that the next record will get."""

    @property
    def offsets(self) -> int:
        """How many offsets that are; compaction may have taken some of their records."""
        return self.end - self.first


class TopicReader:
    """Reads one topic; `open_topic` makes one.

    Parameters
    ----------
    consumer
        A started consumer without a group.
    topic
        Full name of the topic.
    partitions
        How many it has.
    patience_seconds
        After so long without an answer the broker is taken for gone.
    """

    def __init__(self, consumer: AIOKafkaConsumer, topic: str, partitions: int, patience_seconds: float) -> None:
        self.topic = topic
        """Full name of the topic."""
        self.partitions = partitions
        """How many partitions it has."""
        self._consumer = consumer
        self._patience_seconds = patience_seconds

    async def spans(self) -> list[Span]:
        """Return what each partition holds at this moment, partition 0 first.

        Raises
        ------
        BrokerUnavailableError
            If the broker stops answering.
        """
        tps = [TopicPartition(self.topic, partition) for partition in range(self.partitions)]
        self._consumer.assign(tps)
        first = await self._consumer.beginning_offsets(tps)
        # The embedded broker's answer may be a batch short, but what a fetch says is right on every broker.
        nearly = await self._consumer.end_offsets(tps)
        for tp in tps:
            self._consumer.seek(tp, nearly[tp])
        deadline = time.monotonic() + self._patience_seconds
        while any(self._consumer.highwater(tp) is None for tp in tps):
            self._check(deadline)
            await self._consumer.getmany(*tps, timeout_ms=_POLL_MILLISECONDS, max_records=1)
        return [Span(first[tp], max(nearly[tp], self._consumer.highwater(tp))) for tp in tps]

    async def records(self, partition: int, span: Span) -> AsyncIterator[ConsumerRecord]:
        """Yield the records of a partition in order.

        Parameters
        ----------
        partition
            Which one.
        span
            The offsets to read.

        Raises
        ------
        BrokerUnavailableError
            If the broker stops answering.
        """
        if span.offsets <= 0:
            return
        tp = TopicPartition(self.topic, partition)
        self._consumer.assign([tp])
        self._consumer.seek(tp, span.first)
        deadline = time.monotonic() + self._patience_seconds
        while await self._consumer.position(tp) < span.end:
            found: Sequence[ConsumerRecord] = (
                await self._consumer.getmany(tp, timeout_ms=_POLL_MILLISECONDS, max_records=_RECORDS_AT_ONCE)
            ).get(tp, ())
            if not found:
                self._check(deadline)
                continue
            for record in found:
                if record.offset < span.end:
                    yield record
            deadline = time.monotonic() + self._patience_seconds

    async def follow(self, spans: Sequence[Span], seconds: float | None = None) -> AsyncIterator[ConsumerRecord]:
        """Yield what is written after the ends of spans, as it comes.

        Parameters
        ----------
        spans
            What is known already, as `spans` gave it.
        seconds
            Stop after so long, and after one look at least; None goes on for ever.

        Raises
        ------
        KafkaError
            If the broker stops answering.
        """
        tps = {TopicPartition(self.topic, partition): span.end for partition, span in enumerate(spans)}
        self._consumer.assign([*tps])
        for tp, end in tps.items():
            self._consumer.seek(tp, end)
        ends_at = None if seconds is None else time.monotonic() + seconds
        asked_at = time.monotonic()
        # Once at least: a client that is stopped right after it was assigned partitions never comes to an end.
        while True:
            found = await self._consumer.getmany(*tps, timeout_ms=_POLL_MILLISECONDS)
            for records in found.values():
                for record in records:
                    yield record
            if ends_at is not None and time.monotonic() >= ends_at:
                return
            if time.monotonic() - asked_at > self._patience_seconds:
                # A silent topic and a broker that is gone look alike to a fetch.
                await self._consumer.end_offsets([*tps])
                asked_at = time.monotonic()

    def _check(self, deadline: float) -> None:
        """Give up on a broker that says nothing."""
        if time.monotonic() > deadline:
            raise BrokerUnavailableError(
                f"{self.topic} could not be read on: the broker said nothing for {self._patience_seconds:g} s"
            )


@asynccontextmanager
async def open_topic(settings: Settings, name: str) -> AsyncIterator[TopicReader]:
    """Read a topic in a block.

    Parameters
    ----------
    settings
        Where the brokers are.
    name
        Short name of the topic, one of `schemas.catalogue.TOPICS`, or the changelog's.

    Raises
    ------
    ConfigurationError
        If there is no such topic at the broker.
    BrokerUnavailableError
        If no broker answers.
    """
    topic = settings.topic(name)
    async with admin_client(settings) as admin:
        partitions = (await partition_counts(admin)).get(topic)
    if partitions is None:
        raise ConfigurationError(f"{topic} does not exist: run `foreshock topics create`")
    async with in_plain_words(settings):
        consumer = new_reader(settings)
        try:
            await consumer.start()
            await asyncio.sleep(0)  # its tasks begin: cancelled before that, they would end the block with an error
            yield TopicReader(consumer, topic, partitions, settings.request_timeout_seconds)
        finally:
            await consumer.stop()
