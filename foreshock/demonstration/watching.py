"""Watching: every topic that matters, read by a plain consumer without a group."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition

from foreshock.demonstration.found import Found
from streams.connections import new_reader
from streams.settings import Settings

_POLL_MILLISECONDS = 200

# Some 10 ms of work, after which feeding and drawing get their turn.
_RECORDS_AT_ONCE = 200


async def watch(settings: Settings, found: Found, partitions: dict[str, int]) -> None:
    """Read topics from their beginning until cancelled.

    Parameters
    ----------
    settings
        Where the broker is.
    found
        Takes what is read.
    partitions
        Short names of the topics to read, and how many partitions each has.

    Raises
    ------
    aiokafka.errors.KafkaError
        If no broker answers.
    """
    readers = {settings.topic(name): read for name, read in found.readers().items()}
    consumer: AIOKafkaConsumer = new_reader(settings)
    await consumer.start()
    try:
        tps = [
            TopicPartition(settings.topic(name), number)
            for name, count in partitions.items()
            for number in range(count)
        ]
        consumer.assign(tps)
        await consumer.seek_to_beginning(*tps)
        while True:
            fetched = await consumer.getmany(timeout_ms=_POLL_MILLISECONDS, max_records=_RECORDS_AT_ONCE)
            for tp, records in fetched.items():
                read = readers[tp.topic]
                for record in records:
                    read(tp.partition, record.offset, record.key or b"", record.value or b"")
            await asyncio.sleep(0)
    finally:
        await consumer.stop()
