"""A run's topics: filled before a carrier starts, read back after it has ended."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from itertools import islice

from aiokafka import ConsumerRecord, TopicPartition

from bench.events import SourceEvent
from bench.population import Population
from models.pseudonym import partition_of
from schemas.catalogue import SOURCE_TOPICS
from streams.connections import new_producer, new_reader
from streams.outbox import Record, send_records
from streams.settings import Settings
from streams.topics import CHANGELOG, create_topics

_TOGETHER = 20_000
_QUIET_SECONDS = 1.5
"""A topic that says nothing for so long has ended; the embedded broker does not know the end of its logs."""

_TOPIC_OF = {kind: topic for topic, kind in SOURCE_TOPICS.items()}


async def fill_topics(settings: Settings, events: Iterable[SourceEvent]) -> None:
    """Create the topics of a run and write all events, keyed by customer, each kind to its topic.

    Raises
    ------
    ConfigurationError
        If the broker does not answer or refuses a topic.
    """
    await create_topics(settings)
    await send_events(settings, events)


async def send_events(settings: Settings, events: Iterable[SourceEvent]) -> None:
    """Write events to topics that are there already."""
    producer, waiting = new_producer(settings), iter(events)
    await producer.start()
    try:
        while found := list(islice(waiting, _TOGETHER)):
            places: dict[tuple[str, int], list[Record]] = defaultdict(list)
            for event in found:
                place = settings.topic(_TOPIC_OF[event.kind]), partition_of(event.customer_id, settings.partitions)
                places[place].append(Record(event.customer_id.encode(), event.raw))
            await asyncio.gather(*(send_records(producer, *place, records) for place, records in places.items()))
    finally:
        await producer.stop()


async def fill_changelog(population: Population) -> None:
    """Write a row for every customer, as if a worker had."""
    settings = population.settings
    producer, topic = new_producer(settings), settings.topic(CHANGELOG)
    await producer.start()
    try:
        for begin in range(0, population.size, _TOGETHER):
            found = population.records(begin, min(begin + _TOGETHER, population.size))
            await asyncio.gather(*(send_records(producer, topic, place, records) for place, records in found.items()))
    finally:
        await producer.stop()


async def read_topics(settings: Settings, *topics: str) -> AsyncIterator[ConsumerRecord]:
    """Read everything on some topics (full names), each partition in its order."""
    tps = [TopicPartition(topic, partition) for topic in topics for partition in range(settings.partitions)]
    reader = new_reader(settings)
    await reader.start()
    try:
        reader.assign(tps)
        await reader.seek_to_beginning(*tps)
        heard_at = time.monotonic()
        while time.monotonic() < heard_at + _QUIET_SECONDS:
            fetched = await reader.getmany(timeout_ms=200)
            for portion in fetched.values():
                heard_at = time.monotonic()
                for record in portion:
                    yield record
    finally:
        await reader.stop()
