"""Deliver: alerts, or beliefs, to one sink, in its own consumer group, at its own pace."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Protocol

from aiokafka import AIOKafkaProducer

from sinks.abilities import Receiver, TakesLong
from sinks.fanout import RetryPolicy
from streams.connections import new_group_consumer
from streams.delivery.feeds import ALERTS, Feed, M
from streams.delivery.letters import Letters
from streams.delivery.opening import open_patiently
from streams.delivery.portions import DeliveryObserver, Portions
from streams.delivery.recalling import Memory
from streams.delivery.trying import Trying
from streams.duty import Duty
from streams.fetching import FetchPace
from streams.handover import HandOver
from streams.holes import Continuity, Holes, HolesObserver
from streams.settings import Settings

_PORTION = 100
"""Messages between two commits at most: so many may be delivered again after a crash, with the same ids."""

_JITTER = 0.5
"""Share of a wait that chance adds: workers that lost a sink together come back one after the other."""


class DeliverObserver(DeliveryObserver, HolesObserver, Protocol):
    """Hears what happens to alerts; metrics implement it."""


async def run_deliver(
    settings: Settings,
    sink: Receiver[M],
    outlet: AIOKafkaProducer,
    observer: DeliverObserver,
    stop: asyncio.Event,
    feed: Feed[M] = ALERTS,  # type: ignore[assignment]  # what most sinks take
    duty: Duty | None = None,
    holes: Holes | None = None,
) -> None:
    """Carry messages to `sink` until `stop` is set; what it will not take becomes a dead letter.

    What it is doing is noted in `duty`, and positions that were never seen go to `holes`.

    Raises
    ------
    ConfigurationError
        If the sink's destination cannot be used before somebody changes something.
    PositionsSkippedError
        If positions were passed over that the broker still has.
    """
    duty = duty or Duty("deliver", f"deliver.{sink.name}")
    duty.longest_step = sink.longest.total_seconds() if isinstance(sink, TakesLong) else 0.0
    policy = RetryPolicy(settings.sink_attempts, timedelta(seconds=settings.sink_backoff_seconds), _JITTER)
    consumer = new_group_consumer(settings, f"deliver.{sink.name}", longest_work=policy.patience)
    try:
        await open_patiently(sink, policy, stop, duty)
        hand_over = duty.hand_over = HandOver()
        consumer.subscribe([settings.topic(feed.topic)], listener=hand_over)
        await consumer.start()
        duty.consumer = consumer
        trying = Trying(sink, policy, duty, hand_over, stop)
        letters = Letters(settings.topic("dead-letters"), outlet, observer)
        portions = Portions(feed, trying, consumer, letters, observer)
        memory = Memory(settings, sink, feed, consumer, hand_over, duty)
        pace = FetchPace(consumer, settings.fetch_wait_seconds)
        continuity = Continuity("deliver", settings, consumer, holes or Holes(observer))
        generation = -1
        while not stop.is_set():
            fetched = await consumer.getmany(timeout_ms=200, max_records=_PORTION)
            pace.heard(bool(fetched))
            if generation != hand_over.generation:
                generation = hand_over.generation
                continuity.begin()
            if feed.is_whole:
                await continuity.check(fetched)
            await memory.refresh()
            await portions.carry([record for portion in fetched.values() for record in portion], generation)
            portions.show_lag()
    finally:
        await consumer.stop()
        await sink.close()
