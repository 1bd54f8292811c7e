"""A journal for tests: topics, events and records, and what came out in the end."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from models.pseudonym import partition_of
from schemas.codec import encode
from schemas.events import Call
from streams.connections import new_producer, new_reader
from streams.journal import JournalLine, cut, journal_record
from streams.outbox import send_records
from streams.settings import Settings, load_settings
from streams.topics import create_topics


def broker_settings(bootstrap_servers: str, **changes: Any) -> Settings:
    """Settings for a test with topics of its own: quick sessions, the embedded broker's limits."""
    values: dict[str, Any] = {
        "bootstrap_servers": bootstrap_servers,
        "topic_prefix": f"t{uuid.uuid4().hex[:8]}.",
        "producer_idempotence": False,
        # The embedded broker lets a group wait for half the session timeout.
        "session_timeout_seconds": 2.0,
        "heartbeat_seconds": 0.5,
        "commit_interval_seconds": 0.2,
        "web_port": 0,
        "log_level": "info",
    }
    return load_settings(**values | changes)


def call(number: int, customers: int = 50, text: str = "") -> Call:
    """The event of this number."""
    return Call(
        event_id=f"e{number}",
        customer_id=f"c_{number % customers}",
        occurred_at=datetime(2026, 1, 5, tzinfo=UTC),
        text=text or None,
    )


async def write_journal(settings: Settings, events: Iterable[Call], max_lines: int = 16) -> None:
    """Write events into the journal as ingest would."""
    lines: dict[int, list[bytes]] = {}
    for event in events:
        lines.setdefault(partition_of(event.customer_id, settings.partitions), []).append(encode(event))
    producer = new_producer(settings)
    await producer.start()
    try:
        for partition, found in lines.items():
            records = [journal_record(part) for part in cut([JournalLine(line) for line in found], max_lines)]
            await send_records(producer, settings.topic("journal"), partition, records)
    finally:
        await producer.stop()


async def prepare_topics(settings: Settings) -> None:
    """Create every topic."""
    await create_topics(settings)


async def read_topic(settings: Settings, name: str, partitions: int | None = None) -> list[ConsumerRecord]:
    """Read everything on a topic, partition by partition.

    The end of a log is asked for with a record of one's own on the embedded broker; here reading stops once
    nothing more comes.
    """
    tps = [TopicPartition(settings.topic(name), p) for p in range(partitions or settings.partitions)]
    reader = new_reader(settings)
    await reader.start()
    records: list[ConsumerRecord] = []
    try:
        reader.assign(tps)
        await reader.seek_to_beginning(*tps)
        quiet_count = 0
        while quiet_count < 2:  # once may only be a busy machine
            fetched = await reader.getmany(timeout_ms=400)
            quiet_count = 0 if fetched else quiet_count + 1
            for portion in fetched.values():
                records.extend(portion)
    finally:
        await reader.stop()
    return sorted(records, key=lambda record: (record.partition, record.offset))


def values(records: Sequence[ConsumerRecord]) -> list[bytes]:
    """The values of records."""
    return [record.value or b"" for record in records]


async def delete_before(settings: Settings, topic: str, offset: int) -> None:
    """Remove the first records of a topic, as retention does."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(settings.topic(topic), 0): RecordsToDelete(before_offset=offset)})
    finally:
        await admin.close()
