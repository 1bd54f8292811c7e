"""Deliver: alerts to one sink, in its own consumer group, at its own pace."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta
from typing import Protocol

from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import CommitFailedError

from schemas.alerts import Alert
from schemas.cloudevents import headers_of
from schemas.codec import decode_as, encode
from schemas.dead_letters import DeadLetter
from schemas.errors import SinkError, UnreadableMessageError
from sinks.base import Sink
from sinks.fanout import RetryPolicy, deliver_patiently
from streams.connections import new_group_consumer
from streams.duty import Duty
from streams.fetching import FetchPace
from streams.handover import HandOver
from streams.holes import Continuity, Holes, HolesObserver
from streams.journal import source_time
from streams.lag import report_lag
from streams.outbox import Record, send_records
from streams.settings import Settings
from streams.timestamps import record_time

log = logging.getLogger(__name__)

SOURCE = "foreshock/deliver"
"""Who writes dead letters here, for CloudEvents."""

_PORTION = 100
"""Alerts between two commits: so many may be delivered again after a crash, with the same ids."""


class DeliverObserver(HolesObserver, Protocol):
    """Hears what happens to alerts; metrics implement it."""

    def alert_delivered(self, sink: str, attempts: int, seconds: float | None) -> None:
        """A sink has an alert, so long after its event left the producer, if that is known."""

    def dead_letter(self, reason: str) -> None:
        """An alert became a dead letter."""

    def lagging(self, group: str, partition: int, count: int) -> None:
        """A sink is so many alerts behind in a partition."""


async def run_deliver(
    settings: Settings,
    sink: Sink,
    outlet: AIOKafkaProducer,
    observer: DeliverObserver,
    stop: asyncio.Event,
    duty: Duty | None = None,
    holes: Holes | None = None,
) -> None:
    """Carry alerts to `sink` until `stop` is set; an alert that it will not take becomes a dead letter.

    What it is doing is noted in `duty`, and positions that were never seen go to `holes`.
    """
    duty = duty or Duty("deliver", f"deliver.{sink.name}")
    policy = RetryPolicy(settings.sink_attempts, timedelta(seconds=settings.sink_backoff_seconds))
    hand_over = duty.hand_over = HandOver()
    generation = -1
    consumer = new_group_consumer(settings, f"deliver.{sink.name}")
    consumer.subscribe([settings.topic("alerts")], listener=hand_over)
    await consumer.start()
    duty.consumer = consumer
    pace = FetchPace(consumer, settings.fetch_wait_seconds)
    continuity = Continuity("deliver", settings, consumer, holes or Holes(observer))
    try:
        while not stop.is_set():
            fetched = await consumer.getmany(timeout_ms=200, max_records=_PORTION)
            records = [record for portion in fetched.values() for record in portion]
            pace.heard(bool(records))
            if generation != hand_over.generation:
                generation = hand_over.generation
                continuity.begin()
            await continuity.check(fetched)
            if not records:
                continue
            async with hand_over.busy:
                with duty.working():
                    letters = [
                        letter for record in records if (letter := await _deliver(sink, record, policy, observer, duty))
                    ]
                    await send_records(
                        outlet,
                        settings.topic("dead-letters"),
                        0,
                        [Record(None, encode(letter), headers_of(letter, SOURCE)) for letter in letters],
                    )
                    try:
                        await consumer.commit()
                    except CommitFailedError:
                        # The group has moved on without us: these alerts are delivered again, with the same ids.
                        log.warning("deliver_commit_failed", extra={"sink": sink.name})
            report_lag(consumer, records, "deliver", observer.lagging)
    finally:
        await consumer.stop()
        await sink.close()


async def _deliver(
    sink: Sink, record: ConsumerRecord, policy: RetryPolicy, observer: DeliverObserver, duty: Duty
) -> DeadLetter | None:
    """Deliver one alert; return a dead letter if it cannot be."""

    async def sleep(wait: timedelta) -> None:
        with duty.waiting_for(sink.name):
            await asyncio.sleep(wait.total_seconds())

    duty.steps += 1
    try:
        alert = decode_as(Alert, record.value or b"")
        attempts = await deliver_patiently(sink, alert, policy, sleep)
    except UnreadableMessageError as error:
        return _refused(record, error.reason, error.detail, observer)
    except SinkError as error:
        log.error("alert_not_delivered", extra={"sink": sink.name, "error": str(error)})
        return _refused(record, "undeliverable", str(error), observer)
    sent_at = source_time(record.headers)
    observer.alert_delivered(sink.name, attempts, None if sent_at is None else time.time() - sent_at)
    return None


def _refused(record: ConsumerRecord, reason: str, error: str, observer: DeliverObserver) -> DeadLetter:
    """Keep an alert that no sink has, with the reason."""
    observer.dead_letter(reason)
    return DeadLetter(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        reason=reason,  # type: ignore[arg-type]  # pydantic checks that it is one of the closed set
        error=error[:2_000],
        at=record_time(record.timestamp / 1000),
        raw=(record.value or b"").decode("utf-8", "replace")[:20_000],
    )
