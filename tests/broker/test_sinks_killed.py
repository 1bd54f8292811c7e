"""Every sink at once, to real receivers that stumble, and the worker killed in the middle: nothing is missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from schemas.aggregates import AggregateAlert
from sinks.database.store import engine_of
from sinks.database.tables import AGGREGATE_TRANSITIONS, METADATA
from streams.broker import EmbeddedBroker
from tests.support.aggregates import aggregate
from tests.support.alertmanager import AlertmanagerNode, firing_id
from tests.support.alerts import alert
from tests.support.delivering import CUSTOMERS, rows, story, until, with_tables, write
from tests.support.destinations import SECRET, bodies
from tests.support.journal import broker_settings, prepare_topics, read_topic
from tests.support.postgresql import PostgresqlNode
from tests.support.receivers import Answer, Receiver
from tests.support.risks import risk
from tests.support.robots import refs, robot, texts
from tests.support.worker_process import WorkerProcess

pytestmark = pytest.mark.broker

GROUPS = 1_500
"""Alerts about many: three transitions of each are 45 transactions, long enough to be killed in."""
STUMBLES = (Answer(500), Answer(429, ("Retry-After: 1",)), Answer(closes=True), Answer(503))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgresql, pytest.mark.slow])])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a database with our tables."""
    if request.param == "sqlite":
        yield with_tables(f"sqlite:///{tmp_path / 'foreshock.db'}")
        return
    with PostgresqlNode() as node:
        yield with_tables(node.new_database())


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
