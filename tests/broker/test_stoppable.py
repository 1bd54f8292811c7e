"""A consumer is stopped while a fetch that failed waits to be tried again, as happens where a broker is slow."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import RequestTimedOutError

from streams.broker import EmbeddedBroker
from streams.stoppable import StoppableConsumer
from streams.topics import create_topics
from tests.support.journal import broker_settings

pytestmark = pytest.mark.broker


async def waiting_to_fetch_again(kind: type[AIOKafkaConsumer], broker: EmbeddedBroker) -> AIOKafkaConsumer:
    """A consumer at that moment, which lasts a minute here."""
    settings = broker_settings(broker.bootstrap_servers, partitions=1)
    await create_topics(settings)
    consumer = kind(bootstrap_servers=broker.bootstrap_servers, enable_auto_commit=False)
    await consumer.start()
    send, failed = consumer._client.send, asyncio.Event()

    async def times_out(node: Any, request: Any, **options: Any) -> Any:
        if type(request).__name__.startswith("Fetch"):
            failed.set()
            raise RequestTimedOutError
        return await send(node, request, **options)

    consumer._client.send = times_out
    consumer._fetcher._retry_backoff = 60.0
    tp = TopicPartition(settings.topic("journal"), 0)
    consumer.assign([tp])
    consumer.seek(tp, 0)
    async with asyncio.timeout(20):
        await failed.wait()
    await asyncio.sleep(0.05)
    return consumer


def is_connected(consumer: AIOKafkaConsumer) -> bool:
    return any(connection.connected() for connection in consumer._client._conns.values())


async def test_whoever_stops_it_goes_on_and_its_connections_are_closed(embedded_broker: EmbeddedBroker) -> None:
    consumer = await waiting_to_fetch_again(StoppableConsumer, embedded_broker)

    async with asyncio.timeout(10):
        await consumer.stop()

    assert not is_connected(consumer)
    assert all(fetch.done() for fetch in consumer._fetcher._pending_tasks)


async def test_whoever_was_cancelled_stays_so(embedded_broker: EmbeddedBroker) -> None:
    consumer = await waiting_to_fetch_again(StoppableConsumer, embedded_broker)

    async def reads() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await consumer.stop()

    reading = asyncio.create_task(reads())
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait([reading], timeout=10)

    assert reading.cancelled()
    assert not is_connected(consumer)


async def test_aiokafka_itself_still_needs_this(embedded_broker: EmbeddedBroker) -> None:
    consumer = await waiting_to_fetch_again(AIOKafkaConsumer, embedded_broker)

    with pytest.raises(asyncio.CancelledError):
        await consumer.stop()

    assert is_connected(consumer)
    await consumer._client.close()
