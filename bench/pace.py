"""A paced producer and a reader beside it: events leave at a fixed rate, and what follows from them is timed."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson
from aiokafka import AIOKafkaProducer, TopicPartition

from bench.events import SourceEvent
from models.pseudonym import partition_of
from schemas.catalogue import SOURCE_TOPICS
from streams.connections import new_reader
from streams.settings import Settings

_TOPIC_OF = {kind: topic for topic, kind in SOURCE_TOPICS.items()}
_STEP_SECONDS = 0.002
"""How often the producer looks at the clock: at 1,000 events/s two leave at a time."""

Place = tuple[int, int, int]
"""Journal partition, offset and line: what outputs say they follow from."""


class Read(NamedTuple):
    """An output that a consumer has."""

    place: Place
    """What it follows from."""

    written_at: float
    """When its writer made the record of it."""

    at: float
    """When the consumer had it."""


class Way(NamedTuple):
    """How long an output took, in seconds, stage by stage."""

    to_journal: float
    """From the producer's timestamp to ingest having it in a journal record."""

    to_output: float
    """From there to the writer having the output in a record: scoring, and all waiting before and after it."""

    to_consumer: float
    """From there to the hands of a consumer."""

    @property
    def whole(self) -> float:
        """From the producer to the consumer."""
        return sum(self)


class Draft(NamedTuple):
    """An event that happens when it is sent."""

    kind: str
    customer_id: str
    fields: dict[str, Any]
    due_after: timedelta | None
    """How long after the event its promise is due, if it has one."""

    def raw(self, event_id: str, at: datetime) -> bytes:
        """Write the event as one that happens at this moment."""
        self.fields["event_id"] = event_id
        self.fields["occurred_at"] = at
        if self.due_after is not None:
            self.fields["due_at"] = at + self.due_after
        return orjson.dumps(self.fields)


def drafts_of(events: Iterable[SourceEvent]) -> Iterator[Draft]:
    """Take the times out of drawn events, so that they can happen now."""
    for event in events:
        fields = orjson.loads(event.raw)
        due = fields.get("due_at")
        after = datetime.fromisoformat(due) - datetime.fromisoformat(fields["occurred_at"]) if due else None
        yield Draft(event.kind, event.customer_id, fields, after)


@dataclass(slots=True)
class Seen:
    """What was sent and what was read, each with its time in seconds since 1970."""

    sent_at: dict[str, float] = field(default_factory=dict)
    """Event id to the time its producer wrote on it."""

    source_of: dict[Place, str] = field(default_factory=dict)
    """Place in the journal to event id."""

    journal_at: dict[tuple[int, int], float] = field(default_factory=dict)
    """Journal partition and offset to when ingest made the record; one entry per record."""

    read: dict[str, list[Read]] = field(default_factory=lambda: defaultdict(list))
    """Short topic name to what was read from it."""

    def ways(self, topic: str, sent_from: float, sent_until: float) -> list[Way]:
        """Return how long the outputs took that follow from events of a span of time.

        What follows from a tick has no producer and is left out.
        """
        found = []
        for place, written_at, at in self.read[topic]:
            sent_at = self.sent_at.get(self.source_of.get(place, ""))
            if sent_at is not None and sent_from <= sent_at < sent_until:
                journal_at = self.journal_at[place[:2]]
                found.append(Way(journal_at - sent_at, written_at - journal_at, at - written_at))
        return found


async def produce(
    settings: Settings, producer: AIOKafkaProducer, drafts: Iterator[Draft], rate: int, seconds: float, seen: Seen
) -> None:
    """Send `rate` events a second for so long, each the moment it is due.

    Parameters
    ----------
    settings
        Names of topics.
    producer
        A started producer that waits for nothing.
    drafts
        What to send.
    rate
        Events per second (>= 1).
    seconds
        How long.
    seen
        Where the times are noted.
    """
    began, sent = time.monotonic(), 0
    while sent < rate * seconds:
        due = min(int((time.monotonic() - began) * rate) + 1, int(rate * seconds))
        for _ in range(due - sent):
            draft = next(drafts)
            at = time.time()
            event_id = f"L{len(seen.sent_at)}"
            seen.sent_at[event_id] = at
            await producer.send(
                settings.topic(_TOPIC_OF[draft.kind]),  # type: ignore[index]  # one of the kinds
                draft.raw(event_id, datetime.fromtimestamp(at, UTC)),
                key=draft.customer_id.encode(),
                partition=partition_of(draft.customer_id, settings.partitions),
                timestamp_ms=int(at * 1000),
            )
        sent = due
        await asyncio.sleep(_STEP_SECONDS)


@asynccontextmanager
async def reading(settings: Settings, topics: Iterable[str], seen: Seen) -> AsyncIterator[None]:
    """Read the journal and some topics (short names) from their beginning while the block runs."""
    names = {settings.topic(topic): topic for topic in ("journal", *topics)}
    tps = [TopicPartition(name, partition) for name in names for partition in range(settings.partitions)]
    # Short fetches: what is timed is the worker, not the wait of whoever looks.
    reader = new_reader(settings.model_copy(update={"fetch_wait_seconds": 0.01}))
    await reader.start()
    reader.assign(tps)
    await reader.seek_to_beginning(*tps)
    task = asyncio.create_task(_read(reader, names, seen))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await reader.stop()


async def _read(reader: Any, names: Mapping[str, str], seen: Seen) -> None:
    """Note when each record was there."""
    while True:
        fetched = await reader.getmany(timeout_ms=1000)
        now = time.time()
        for tp, records in fetched.items():
            topic = names[tp.topic]
            for record in records:
                written_at = record.timestamp / 1000
                if topic == "journal":
                    seen.journal_at[tp.partition, record.offset] = written_at
                    for line, text in enumerate(record.value.split(b"\n")):
                        if event_id := orjson.loads(text).get("event_id"):
                            seen.source_of[tp.partition, record.offset, line] = event_id
                else:
                    seen.read[topic].append(Read(tuple(orjson.loads(record.value)["position"]), written_at, now))
