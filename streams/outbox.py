"""The outbox: records to one partition, as batches, each acknowledged before the next is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from models.pseudonym import partition_of


class Record(NamedTuple):
    """One Kafka record to be."""

    key: bytes | None
    value: bytes | None
    """`None` deletes the key from a compacted topic."""
    headers: Sequence[tuple[str, bytes]] = ()


MAX_RECORD_BYTES = 900_000
"""Largest record, below the megabyte that brokers take unless told otherwise."""


class RecordTooLargeError(ValueError):
    """A single record is larger than a broker takes; it would fail for ever."""


async def send_records(producer: AIOKafkaProducer, topic: str, partition: int, records: Iterable[Record]) -> int | None:
    """Send records in order and return once the broker has them all.

    One `send` per record would cost more than the core. Each batch is awaited before the next one leaves, so that
    what is acknowledged is always a prefix: nobody sees the third batch without the second.

    Parameters
    ----------
    producer
        A started producer.
    topic
        Full name of the topic.
    partition
        Its partition.
    records
        What to send.

    Returns
    -------
    int or None
        Offset of the last record, or `None` if there was nothing to send.

    Raises
    ------
    RecordTooLargeError
        If one record is larger than `MAX_RECORD_BYTES`.
    aiokafka.errors.KafkaError
        If the broker refuses a batch, or does not answer in time.
    """
    batch = producer.create_batch()
    last: int | None = None
    for key, value, headers in records:
        if value is not None and len(value) > MAX_RECORD_BYTES:
            raise RecordTooLargeError(f"a record of {len(value)} bytes for {topic}, at most {MAX_RECORD_BYTES} fit")
        if batch.append(key=key, value=value, timestamp=None, headers=list(headers)) is None:
            last = await _send(producer, batch, topic, partition)
            batch = producer.create_batch()
            # The first record of a batch always fits.
            batch.append(key=key, value=value, timestamp=None, headers=list(headers))
    return await _send(producer, batch, topic, partition) if batch.record_count() else last


async def send_by_key(producer: AIOKafkaProducer, topic: str, records: Iterable[Record]) -> None:
    """Send records to the partitions that their customers have by the topic's own number of partitions.

    Parameters
    ----------
    producer
        A started producer.
    topic
        Full name of the topic.
    records
        What to send; every key is a customer's.

    Raises
    ------
    RecordTooLargeError, aiokafka.errors.KafkaError
        As `send_records`.
    """
    count = len(await producer.partitions_for(topic))
    spread: dict[int, list[Record]] = {}
    for record in records:
        spread.setdefault(partition_of((record.key or b"").decode(), count), []).append(record)
    # One after the other: a partition is refused or acknowledged before the next one is begun.
    for partition, portion in sorted(spread.items()):
        await send_records(producer, topic, partition, portion)


async def _send(producer: AIOKafkaProducer, batch: BatchBuilder, topic: str, partition: int) -> int:
    """Send one batch and wait for the broker's answer; a failed future raises here and nowhere else."""
    count: int = batch.record_count()
    batch.close()
    acknowledged = await (await producer.send_batch(batch, topic, partition=partition))
    offset: int = acknowledged.offset
    return offset + count - 1
