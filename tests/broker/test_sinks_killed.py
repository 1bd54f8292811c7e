"""Every sink at once, to real receivers that stumble, and the worker killed in the middle: nothing is missing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import func, select

from models.pseudonym import partition_of
from schemas.aggregates import AggregateAlert
from schemas.alerts import Alert
from schemas.codec import encode
from schemas.errors import ConfigurationError
from sinks.database.migrating import upgrade
from sinks.database.sink import DatabaseSink, RiskHistorySink, SuppressionsSink
from sinks.database.store import engine_of
from sinks.database.tables import AGGREGATE_TRANSITIONS, METADATA, RISK_HISTORY
from sinks.memory import MemorySink
from sinks.prometheus import Metrics
from sinks.webhook import Endpoint, WebhookSink, key_of
from streams.agents.deliver import run_deliver
from streams.broker import EmbeddedBroker
from streams.connections import new_producer
from streams.delivery.feeds import AGGREGATES, RISK, SUPPRESSIONS
from streams.outbox import Record, send_records
from streams.settings import Settings
from tests.support.aggregates import aggregate
from tests.support.alertmanager import AlertmanagerNode, firing_id
from tests.support.alerts import SOME_TIME, alert
from tests.support.destinations import SECRET, bodies
from tests.support.journal import broker_settings, prepare_topics, read_topic
from tests.support.observations import aggregates, evidence, watermark
from tests.support.postgresql import PostgresqlNode
from tests.support.receivers import Answer, Receiver
from tests.support.risks import risk
from tests.support.robots import refs, robot, texts
from tests.support.suppressions import suppression
from tests.support.worker_process import WorkerProcess

pytestmark = pytest.mark.broker

CUSTOMERS, EACH = 40, 5
GROUPS = 1_500
"""Alerts about many: three transitions of each are 45 transactions, long enough to be killed in."""
STUMBLES = (Answer(500), Answer(429, ("Retry-After: 1",)), Answer(closes=True), Answer(503))


def story() -> list[Alert]:
    """Some customers, each with an alert that opens, grows, is acknowledged, and for every second is resolved."""
    steps = [
        ("opened", "orange"), ("raised", "red"), ("acknowledged", "red"), ("lowered", "orange"), ("resolved", "orange"),
    ]  # fmt: skip
    return [
        alert(f"a{customer:03}", number, customer_key=f"c_{customer}", transition=transition, level=level)
        for number, (transition, level) in enumerate(steps)
        for customer in range(CUSTOMERS)
        if customer % 2 or transition != "resolved"
    ]


async def write(settings: Settings, topic: str, messages: list[Any]) -> None:
    """Put messages on a topic, each in the partition of its customer; what is about many is in the only one."""
    portions: dict[int, list[Record]] = {}
    for each in messages:
        is_about_one = not isinstance(each, AggregateAlert)
        partition = partition_of(each.customer_key, settings.partitions) if is_about_one else 0
        portions.setdefault(partition, []).append(Record(None, encode(each)))
    producer = new_producer(settings)
    await producer.start()
    try:
        for partition, records in portions.items():
            await send_records(producer, settings.topic(topic), partition, records)
    finally:
        await producer.stop()


async def until(is_so: Callable[[], bool], what: Callable[[], object], seconds: float = 150.0) -> None:
    try:
        async with asyncio.timeout(seconds):
            while not is_so():  # noqa: ASYNC110 - receivers announce nothing
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"still not after {seconds:g} s: {what()}") from None


def rows(url: str, table: str) -> int:
    """How many rows a table has."""
    engine = engine_of(url)
    with engine.connect() as connection:
        count = connection.scalar(select(func.count()).select_from(METADATA.tables[table]))
    engine.dispose()
    return int(count or 0)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgresql, pytest.mark.slow])])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a database with our tables."""
    if request.param == "sqlite":
        yield _with_tables(f"sqlite:///{tmp_path / 'foreshock.db'}")
        return
    with PostgresqlNode() as node:
        yield _with_tables(node.new_database())


def _with_tables(url: str) -> str:
    engine = engine_of(url)
    upgrade(engine)
    engine.dispose()
    return url


@pytest.mark.alertmanager
async def test_a_worker_killed_in_the_middle_leaves_nothing_out_and_nothing_twice(
    embedded_broker: EmbeddedBroker, tmp_path: Path, database: str
) -> None:
    async with Receiver() as crm, robot("wecom") as group:
        crm.next.extend(STUMBLES)
        group.next.extend(STUMBLES)
        (tmp_path / "alertmanager").mkdir()
        with AlertmanagerNode(tmp_path / "alertmanager") as node:
            settings = broker_settings(
                embedded_broker.bootstrap_servers,
                sink_backoff_seconds=0.05,
                alertmanager_level="blue",
                alertmanager_repeat_seconds=1,
                chat_per_minute=100,
                chat_level="blue",
            )
            await prepare_topics(settings)
            told = story()
            await write(settings, "alerts", told)
            await write(settings, "risk", [risk(each.customer_key, 1) for each in told[:CUSTOMERS]])
            worker = WorkerProcess(
                settings,
                tmp_path / "worker.log",
                module="tests.support.robot_worker",
                roles="deliver",
                FORESHOCK_SINKS="webhook,alertmanager,database,wecom",
                FORESHOCK_WEBHOOK_URL=crm.url,
                FORESHOCK_WEBHOOK_SECRET=SECRET,
                FORESHOCK_ALERTMANAGER_URLS=node.url,
                FORESHOCK_DATABASE_URL=database,
                FORESHOCK_WECOM_URL="wecombot://693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa",
                ROBOT_URL=group.url,
            )
            with worker:
                await until(lambda: len(crm.taken) > len(told) // 4, worker.said)
                worker.kill()
                node.stop()  # and Alertmanager forgets at the same time
                node.start()
                worker.start()
                everything = {(each.alert_id, each.sequence) for each in told}
                heard = {(each.alert_id, each.sequence) for each in told if each.transition in {"opened", "raised"}}
                await until(lambda: {(one.alert_id, one.sequence) for one in bodies(crm)} == everything, worker.said)
                await until(lambda: rows(database, "alert_transitions") == len(told), worker.said)
                await until(lambda: rows(database, "risk_history") == CUSTOMERS, worker.said)
                await until(lambda: refs(texts("wecom", group)) == heard, lambda: texts("wecom", group))
                still_open = {f"a{customer:03}" for customer in range(0, CUSTOMERS, 2)}
                await until(
                    lambda: {one["labels"]["alert_id"] for one in node.firing()} == still_open,
                    lambda: worker.said()[-2_000:],
                )
                assert {(one["labels"]["level"], one["labels"]["acknowledged"]) for one in node.firing()} == {
                    ("orange", "yes")
                }

    # In the order of each customer, whatever was repeated.
    for customer in range(CUSTOMERS):
        first_seen = dict.fromkeys(each.sequence for each in bodies(crm) if each.customer_key == f"c_{customer}")
        assert list(first_seen) == sorted(first_seen)
    assert rows(database, "alerts") == CUSTOMERS
    assert await read_topic(settings, "dead-letters", 1) == []


async def test_a_worker_killed_in_the_middle_leaves_no_alert_about_many_out_and_none_twice(
    embedded_broker: EmbeddedBroker, tmp_path: Path, database: str
) -> None:
    settings = broker_settings(embedded_broker.bootstrap_servers, sink_backoff_seconds=0.05)
    await prepare_topics(settings)
    ends = {1: "grown", 2: "expired"}
    told = [
        aggregate(f"s{group:04}", number, transition=ends.get(number, "opened"), members=(f"a{group}", f"b{group}"))
        for number in range(3)
        for group in range(GROUPS)
    ]
    await write(settings, "aggregates", told)
    worker = WorkerProcess(
        settings,
        tmp_path / "worker.log",
        roles="deliver",
        FORESHOCK_SINKS="database",
        FORESHOCK_DATABASE_URL=database,
    )
    with worker:
        await until(lambda: rows(database, "aggregate_transitions") > 0, worker.said)
        worker.kill()
        at_the_kill = rows(database, "aggregate_transitions")
        worker.start()
        await until(lambda: rows(database, "aggregate_transitions") == len(told), worker.said)

    assert 0 < at_the_kill < len(told), "it was not killed in the middle"
    assert rows(database, "aggregate_members") == 2 * len(told)
    table = METADATA.tables["aggregates"].c
    engine = engine_of(database)
    with engine.connect() as connection:
        stand = connection.execute(select(table.aggregate_id, table.sequence, table.is_open)).all()
        kept = connection.execute(select(AGGREGATE_TRANSITIONS.c.message)).scalars().all()
    engine.dispose()
    assert sorted(map(tuple, stand)) == [(f"s{group:04}", 2, False) for group in range(GROUPS)]
    assert {AggregateAlert.model_validate(message).identity for message in kept} == {each.identity for each in told}
    assert await read_topic(settings, "dead-letters", 1) == []


@pytest.mark.alertmanager
async def test_a_worker_killed_in_the_middle_tells_alertmanager_and_a_robot_all_about_many_and_about_one(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    steps = [("opened", "orange"), ("grown", "orange"), ("raised", "red"), ("expired", "red")]
    about_many = [
        aggregate(f"s{group:03}", number, transition=transition, level=level)
        for number, (transition, level) in enumerate(steps)
        for group in range(20)
        if group % 2 or transition != "expired"
    ]
    about_one = [alert(f"a{customer}", customer_key=f"c_{customer}") for customer in range(8)]
    settings = broker_settings(
        embedded_broker.bootstrap_servers,
        sink_backoff_seconds=0.05,
        sink_timeout_seconds=1.0,
        alertmanager_repeat_seconds=1,
        chat_per_minute=100,
    )
    await prepare_topics(settings)
    await write(settings, "aggregates", about_many)
    await write(settings, "alerts", about_one)
    heard = {(each.aggregate_id, each.sequence) for each in about_many if each.transition != "expired"}
    heard |= {(each.alert_id, each.sequence) for each in about_one}
    fires = {(f"s{group:03}", "red") for group in range(0, 20, 2)} | {(each.alert_id, "orange") for each in about_one}
    (tmp_path / "alertmanager").mkdir()
    async with robot("wecom") as group:
        taken = group.usual.body
        group.usual = Answer(200, body=taken, wait_seconds=0.02)
        group.next.extend([*STUMBLES, Answer(wait_seconds=5), Answer(200, body=b'{"errcode":-1}')])
        with AlertmanagerNode(tmp_path / "alertmanager") as node:
            worker = WorkerProcess(
                settings,
                tmp_path / "worker.log",
                module="tests.support.robot_worker",
                roles="deliver",
                FORESHOCK_SINKS="alertmanager,wecom",
                FORESHOCK_ALERTMANAGER_URLS=node.url,
                FORESHOCK_WECOM_URL="wecombot://693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa",
                ROBOT_URL=group.url,
            )

            def fire() -> set[tuple[str, str]]:
                return {(firing_id(one), one["labels"]["level"]) for one in node.firing()}

            with worker:
                await until(lambda: len(refs(texts("wecom", group))) > len(heard) // 3, worker.said)
                worker.kill()
                at_the_kill = refs(texts("wecom", group))
                node.stop()  # and Alertmanager forgets at the same time
                node.start()
                assert fire() == set()
                group.next.extend(STUMBLES)
                worker.start()
                await until(lambda: refs(texts("wecom", group)) == heard, lambda: texts("wecom", group))
                await until(lambda: fire() == fires, lambda: (fire() ^ fires, worker.said()[-2_000:]))

    assert at_the_kill < heard, "it was not killed in the middle"
    assert await read_topic(settings, "dead-letters", 1) == []


@pytest.fixture
async def settings(embedded_broker: EmbeddedBroker) -> Settings:
    settings = broker_settings(embedded_broker.bootstrap_servers, sink_backoff_seconds=0.05)
    await prepare_topics(settings)
    return settings


@pytest.fixture
async def hanging() -> AsyncIterator[Receiver]:
    async with Receiver(Answer(wait_seconds=60)) as receiver:
        yield receiver


async def delivering(settings: Settings, *sinks: Any, feed: Any = None) -> Callable[..., Any]:
    """Run deliver for each sink until the returned function is awaited; it can let them crash."""
    stop, outlet, metrics = asyncio.Event(), new_producer(settings), Metrics(CollectorRegistry())
    await outlet.start()
    given = [feed] if feed else []
    tasks = [asyncio.create_task(run_deliver(settings, sink, outlet, metrics, stop, *given)) for sink in sinks]

    async def end(is_crash: bool = False) -> list[BaseException | None]:
        if not is_crash:
            stop.set()
        _, late = await asyncio.wait(tasks, timeout=0 if is_crash else 5)
        for task in late:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        await outlet.stop()
        return list(ended)

    return end


async def test_a_receiver_that_hangs_holds_up_nobody_else(
    settings: Settings, hanging: Receiver, tmp_path: Path
) -> None:
    url = _with_tables(f"sqlite:///{tmp_path / 'foreshock.db'}")
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
    url = _with_tables(f"sqlite:///{tmp_path / 'foreshock.db'}")
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
    url = _with_tables(f"sqlite:///{tmp_path / 'foreshock.db'}")
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


@pytest.fixture(params=["embedded", pytest.param("apache", marks=pytest.mark.kafka)])
async def of_some_broker(request: pytest.FixtureRequest) -> Settings:
    """Settings with topics of one's own, on each kind of broker."""
    if request.param == "embedded":
        bootstrap = request.getfixturevalue("embedded_broker").bootstrap_servers
    else:
        bootstrap = request.getfixturevalue("apache_kafka")
    settings = broker_settings(bootstrap, session_timeout_seconds=6.0)
    await prepare_topics(settings)
    return settings


class Remembering(MemorySink):
    """Notes what it is told to remember."""

    def __init__(self, look_back: timedelta) -> None:
        super().__init__()
        self.look_back = look_back
        self.recalled: list[str] = []

    def recall(self, alert: Alert) -> None:
        self.recalled.append(alert.alert_id)

    def forget(self) -> None:
        self.recalled.clear()

    async def keep(self) -> None:
        """Nothing to remind."""


async def test_what_was_delivered_before_is_recalled_and_nothing_else(of_some_broker: Settings) -> None:
    settings = of_some_broker
    await write(settings, "alerts", [alert(f"old{number}", customer_key=f"c_{number}") for number in range(20)])
    first = Remembering(timedelta(days=1))
    end = await delivering(settings, first)
    await until(lambda: len(first.delivered) == 20, lambda: first.delivered)
    await end()
    await write(settings, "alerts", [alert("new")])
    second = Remembering(timedelta(days=1))
    end = await delivering(settings, second)
    await until(lambda: len(second.delivered) == 1, lambda: second.delivered)

    assert first.recalled == []
    assert sorted(second.recalled) == sorted(f"old{number}" for number in range(20))
    assert [each.alert_id for each in second.delivered] == ["new"]
    await end()


@pytest.mark.kafka
async def test_what_is_older_than_the_look_back_is_not_read(apache_kafka: str) -> None:
    settings = broker_settings(apache_kafka, session_timeout_seconds=6.0)
    await prepare_topics(settings)
    await write(settings, "alerts", [alert("a"), alert("b")])
    first = Remembering(timedelta(days=1))
    end = await delivering(settings, first)
    await until(lambda: len(first.delivered) == 2, lambda: first.delivered)
    await end()
    await write(settings, "alerts", [alert("c")])
    second = Remembering(timedelta(0))
    end = await delivering(settings, second)
    await until(lambda: len(second.delivered) == 1, lambda: second.delivered)
    await end()

    assert second.recalled == []
