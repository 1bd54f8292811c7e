"""Feeds a simulated world into the source topics of a broker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from zlib import crc32

from aiokafka import AIOKafkaProducer

from foreshock.simulate.emission import Emission
from foreshock.simulate.pace import Pace
from foreshock.simulate.world import World
from schemas.catalogue import SOURCE_TOPICS
from schemas.cloudevents import Headers, headers_of

SOURCE = "foreshock/simulate"
"""Who sends, as CloudEvents name it."""

# Waiting less often than this would make each record a request of its own.
_SHORTEST_WAIT_SECONDS = 0.02
# Records sent together when there is no time to wait: some 20 ms of work, after which others get their turn.
_TOGETHER = 400
_BATCH_BYTES = 256 * 1024


async def feed(
    world: World,
    bootstrap: str,
    prefix: str,
    speed: float | None,
    stop: asyncio.Event,
    on_emit: Callable[[Emission], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
    answers: Callable[[datetime], Iterable[Emission]] = lambda until: (),
) -> int:
    """Send a world's records to Kafka as time goes by, until it ends or `stop` is set.

    Parameters
    ----------
    world
        What to send; nobody else may have asked for its events.
    bootstrap
        Brokers as `host:port`, comma-separated.
    prefix
        What stands before the short names of topics, such as `foreshock.`. The topics must be there.
    speed
        Times life's speed; None sends as fast as the broker takes it.
    stop
        Ends the feeding within a fraction of a second; what was handed over until then is acknowledged first.
    on_emit
        Is told of each record that the broker acknowledged, in order of arrival.
    clock
        Seconds that never go backwards; while they stand still, nothing is sent.
    answers
        Gives what is to be sent besides, up to a moment of the world: what people do about what they are told.

    Returns
    -------
    int
        How many records the broker acknowledged.

    Raises
    ------
    aiokafka.errors.KafkaError
        If no broker answers, or it refuses a record.
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", max_batch_size=_BATCH_BYTES, max_request_size=4 * _BATCH_BYTES
    )
    pace = Pace(speed, clock)
    acknowledged = 0
    try:
        await producer.start()
        parcel = _Parcel(producer, {topic: prefix + topic for topic in SOURCE_TOPICS})
        for emission in world.events():
            while (wait := pace.wait_seconds(emission.arrives_at)) or len(parcel.emissions) >= _TOGETHER:
                acknowledged += await parcel.send(on_emit)
                # Even with no time to wait, others get their turn.
                await _wait(stop, max(wait, _SHORTEST_WAIT_SECONDS) if wait else 0.0)
                if stop.is_set():
                    break
            if stop.is_set():
                break
            for answer in answers(emission.arrives_at):
                await parcel.add(answer)
            await parcel.add(emission)
        acknowledged += await parcel.send(on_emit)
    finally:
        await producer.stop()
    return acknowledged


class _Parcel:
    """Records that travel together: one batch per partition, which costs a tenth of sending them one by one."""

    def __init__(self, producer: AIOKafkaProducer, topics: dict[str, str]) -> None:
        self.emissions: list[Emission] = []
        self._producer = producer
        self._topics = topics
        self._partition_counts: dict[str, int] = {}
        self._batches: dict[tuple[str, int], Any] = {}
        self._sent: list[asyncio.Future[Any]] = []

    async def add(self, emission: Emission) -> None:
        """Put a record into the batch of its partition; a full batch leaves at once."""
        topic = self._topics[emission.topic]
        if topic not in self._partition_counts:
            self._partition_counts[topic] = len(await self._producer.partitions_for(topic))
        place = topic, crc32(emission.key) % self._partition_counts[topic]
        headers: Headers = headers_of(emission.event, SOURCE) if emission.event is not None else []
        while True:
            batch = self._batches.get(place)
            if batch is None:
                batch = self._batches[place] = self._producer.create_batch()
            if batch.append(timestamp=None, key=emission.key, value=emission.value, headers=headers) is not None:
                break
            await self._send_batch(place)
        self.emissions.append(emission)

    async def send(self, on_emit: Callable[[Emission], None] | None) -> int:
        """Send what is there, wait until all of it is acknowledged, and tell how much it was."""
        for place in list(self._batches):
            await self._send_batch(place)
        await asyncio.gather(*self._sent)
        self._sent.clear()
        emissions, self.emissions = self.emissions, []
        if on_emit is not None:
            for emission in emissions:
                on_emit(emission)
        return len(emissions)

    async def _send_batch(self, place: tuple[str, int]) -> None:
        """Hand one batch over."""
        topic, partition = place
        self._sent.append(await self._producer.send_batch(self._batches.pop(place), topic, partition=partition))


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    """Wait some time, or until it is time to stop."""
    if not seconds:
        await asyncio.sleep(0)
        return
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
