"""Each sink from its own topic with a position of its own: one that hangs, fails or is slow concerns no other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import select

from schemas.aggregates import AggregateAlert
from schemas.errors import ConfigurationError
from sinks.database.sink import DatabaseSink, RiskHistorySink, SuppressionsSink
from sinks.database.store import engine_of
from sinks.database.tables import RISK_HISTORY
from sinks.memory import MemorySink
from sinks.prometheus import Metrics
from sinks.webhook import Endpoint, WebhookSink, key_of
from streams.agents.deliver import run_deliver
from streams.broker import EmbeddedBroker
from streams.connections import new_producer
from streams.delivery.feeds import AGGREGATES, RISK, SUPPRESSIONS
from streams.settings import Settings
from tests.support.alerts import SOME_TIME, alert
from tests.support.delivering import delivering, rows, story, until, with_tables, write
from tests.support.destinations import SECRET, bodies
from tests.support.journal import broker_settings, prepare_topics, read_topic
from tests.support.observations import aggregates, evidence, watermark
from tests.support.receivers import Answer, Receiver
from tests.support.risks import risk
from tests.support.suppressions import suppression

pytestmark = pytest.mark.broker


@pytest.fixture
async def settings(embedded_broker: EmbeddedBroker) -> Settings:
    settings = broker_settings(embedded_broker.bootstrap_servers, sink_backoff_seconds=0.05)
    await prepare_topics(settings)
    return settings


@pytest.fixture
async def hanging() -> AsyncIterator[Receiver]:
    async with Receiver(Answer(wait_seconds=60)) as receiver:
        yield receiver


async def test_a_receiver_that_hangs_holds_up_nobody_else(
    settings: Settings, hanging: Receiver, tmp_path: Path
) -> None:
    url = with_tables(f"sqlite:///{tmp_path / 'foreshock.db'}")
    crm = WebhookSink(Endpoint(hanging.url, (key_of(SECRET, "SECRET"),), timedelta(seconds=30)))
    told = story()
    await write(settings, "alerts", told)
    memory = MemorySink()
    end = await delivering(settings, crm, DatabaseSink(url), memory)

    await until(lambda: rows(url, "alert_transitions") == len(told), lambda: "", 20)
    await until(lambda: len(memory.delivered) == len(told), lambda: "", 20)
    assert len(hanging.seen) == 1
    await end()


@pytest.mark.parametrize(("is_crash", "most"), [(False, 0), (True, 12)], ids=["stop", "crash"])
async def test_a_slow_receiver_is_hardly_told_the_same_again(settings: Settings, is_crash: bool, most: int) -> None:
    """What was delivered is committed, even though the portion is not finished: a crash repeats a second of work."""
    told = story()[:60]
    await write(settings, "alerts", told)
    async with Receiver(Answer(wait_seconds=0.1)) as slow:
        endpoint = Endpoint(slow.url, (key_of(SECRET, "SECRET"),), timedelta(seconds=30))
        end = await delivering(settings, WebhookSink(endpoint))
        await until(lambda: len(slow.taken) >= 25, lambda: "")
        await end(is_crash)
        slow.usual = Answer()
        end = await delivering(settings, WebhookSink(endpoint))
        await until(lambda: {one.alert_id for one in bodies(slow)} == {one.alert_id for one in told}, lambda: "")
        await end()

        assert len(slow.taken) - len(told) <= most


async def test_a_failing_alert_becomes_a_dead_letter_and_the_next_of_its_customer_follows_it(
    settings: Settings,
) -> None:
    told = [alert("a", number, customer_key="c_1") for number in range(3)]
    await write(settings, "alerts", told)
    impatient = settings.model_copy(update={"sink_attempts": 2})
    async with Receiver() as receiver:
        receiver.next.extend([Answer(), Answer(500), Answer(500), Answer()])
        end = await delivering(impatient, WebhookSink(Endpoint(receiver.url, (key_of(SECRET, "SECRET"),))))
        await until(lambda: len(receiver.taken) == 2, lambda: receiver.seen)
        await end()

        assert [request.headers["webhook-id"] for request in receiver.seen] == ["a/0", "a/1", "a/1", "a/2"]
    letters = [json.loads(record.value) for record in await read_topic(settings, "dead-letters", 1)]
    assert [(json.loads(letter["raw"])["sequence"], letter["reason"]) for letter in letters] == [(1, "undeliverable")]
    assert "webhook" in letters[0]["error"]


async def test_a_database_without_tables_ends_the_role_with_the_command_to_run(
    settings: Settings, tmp_path: Path
) -> None:
    end = await delivering(settings, DatabaseSink(f"sqlite:///{tmp_path / 'empty.db'}"))
    await asyncio.sleep(0.5)
    (error,) = await end()

    assert isinstance(error, ConfigurationError)
    assert "foreshock database upgrade" in str(error)


async def test_the_course_of_risk_comes_from_the_topic_of_risk(settings: Settings, tmp_path: Path) -> None:
    url = with_tables(f"sqlite:///{tmp_path / 'foreshock.db'}")
    beliefs = [
        risk(
            f"c_{number % 5}", number, at=SOME_TIME + timedelta(hours=number), probability_30d=0.02 + number // 50 * 0.2
        )
        for number in range(100)
    ]
    await write(settings, "risk", beliefs)
    end = await delivering(settings, RiskHistorySink(url, step=0.05), feed=RISK)
    await until(lambda: rows(url, "risk_history") == 10, lambda: rows(url, "risk_history"), 20)
    await end()

    engine = engine_of(url)
    with engine.connect() as connection:
        kept = connection.execute(select(RISK_HISTORY.c.journal_offset)).scalars().all()
    engine.dispose()
    assert sorted(kept) == [*range(5), *range(50, 55)]


async def test_what_was_held_back_comes_from_its_own_topic(settings: Settings, tmp_path: Path) -> None:
    url = with_tables(f"sqlite:///{tmp_path / 'foreshock.db'}")
    await write(settings, "suppressions", [suppression(f"a{number}", "silence", number) for number in range(30)])
    end = await delivering(settings, SuppressionsSink(url), feed=SUPPRESSIONS)
    await until(lambda: rows(url, "suppressions") == 30, lambda: rows(url, "suppressions"), 20)
    await end()


async def test_alerts_about_many_reach_the_webhook_from_their_own_topic(settings: Settings) -> None:
    told = aggregates([watermark(0), *(evidence(name) for name in "abcde"), watermark(2), watermark(500)])
    await write(settings, "aggregates", told)
    async with Receiver() as receiver:
        sink = WebhookSink[AggregateAlert](Endpoint(receiver.url, (key_of(SECRET, "SECRET"),)), "webhook_aggregates")
        end = await delivering(settings, sink, feed=AGGREGATES)
        await until(lambda: len(receiver.taken) == len(told), lambda: len(receiver.taken), 20)
        await end()

    assert [request.headers["webhook-id"] for request in receiver.taken] == [each.identity for each in told]


async def test_a_sink_that_is_stuck_shows_what_it_has_not_taken(settings: Settings, hanging: Receiver) -> None:
    told = story()
    await write(settings, "alerts", told)
    stop, outlet, metrics = asyncio.Event(), new_producer(settings), Metrics(CollectorRegistry())
    await outlet.start()
    crm = WebhookSink(Endpoint(hanging.url, (key_of(SECRET, "SECRET"),), timedelta(seconds=30)))
    memory = MemorySink()
    tasks = [asyncio.create_task(run_deliver(settings, sink, outlet, metrics, stop)) for sink in (crm, memory)]

    def lag(sink: str) -> float:
        return float(metrics.sink_lag.labels(sink)._value.get())

    try:
        await until(lambda: len(memory.delivered) == len(told) and lag("memory") == 0, lambda: lag("memory"), 20)
        # What a partition holds is known once something of it was fetched.
        await until(lambda: lag("webhook") >= 100, lambda: lag("webhook"), 20)
    finally:
        stop.set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await outlet.stop()
