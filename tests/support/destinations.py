"""Every sink with a real destination, how to read what is there, and how to take the destination away."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, select

from schemas.aggregates import AggregateAlert
from schemas.alerts import Alert
from schemas.codec import decode_as
from sinks import abilities
from sinks.alertmanager import Alertmanagers, AlertmanagerSink
from sinks.chat.sink import ChatSink, Manner
from sinks.database.migrating import upgrade
from sinks.database.sink import AggregatesSink, DatabaseSink
from sinks.database.store import engine_of
from sinks.database.tables import AGGREGATE_TRANSITIONS, TRANSITIONS
from sinks.firing import AggregatePortrait, AlertPortrait
from sinks.jsonl import JsonlSink
from sinks.log import LogSink
from sinks.memory import MemorySink
from sinks.webhook import Endpoint, WebhookSink, key_of
from tests.support.aggregates import aggregate
from tests.support.alertmanager import AlertmanagerNode, firing_id
from tests.support.alerts import alert
from tests.support.postgresql import PostgresqlNode
from tests.support.receivers import Receiver
from tests.support.robots import ROBOTS, MailServer, point, refs, robot, texts

Identity = tuple[str, int]
"""Alert id and sequence."""

AnySink = abilities.Receiver[Any]
"""A sink, whatever it takes."""

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


async def _nothing() -> None:
    """Nothing can be taken away."""


@dataclass
class Destination:
    """A destination, and sinks to it."""

    make: Callable[[], AnySink]
    """Makes one more sink to the same destination."""

    read: Callable[[AnySink], list[Identity]]
    """What the destination has, after it dropped what came twice by its id."""

    told: Callable[..., Any] = alert
    """Makes what it is told: one transition, by an id, a number and changes."""

    keeps_transitions: bool = True
    """Whether it has every transition, or only how each alert stands."""

    take_away: Callable[[], Awaitable[None]] = _nothing
    give_back: Callable[[], Awaitable[None]] = _nothing

    @property
    def can_fail(self) -> bool:
        """Whether it can be taken away."""
        return self.take_away is not _nothing


@dataclass(frozen=True)
class Given:
    """What a test has for a destination."""

    folder: Path
    caplog: pytest.LogCaptureFixture
    monkeypatch: pytest.MonkeyPatch


@asynccontextmanager
async def memory(given: Given) -> AsyncIterator[Destination]:
    def read(sink: AnySink) -> list[Identity]:
        assert isinstance(sink, MemorySink)
        return [(alert.alert_id, alert.sequence) for alert in sink.delivered]

    yield Destination(MemorySink, read)


@asynccontextmanager
async def jsonl(given: Given) -> AsyncIterator[Destination]:
    path = given.folder / "new" / "alerts.jsonl"

    def read(_: AnySink) -> list[Identity]:
        alerts = [decode_as(Alert, line) for line in path.read_bytes().splitlines()]
        return [(alert.alert_id, alert.sequence) for alert in alerts]

    yield Destination(lambda: JsonlSink(path), read)


@asynccontextmanager
async def log(given: Given) -> AsyncIterator[Destination]:
    given.caplog.set_level(logging.INFO, "sinks.log")

    def read(_: AnySink) -> list[Identity]:
        ours = [record for record in given.caplog.records if record.name == "sinks.log"]
        return [(vars(record)["alert_id"], vars(record)["sequence"]) for record in ours]

    yield Destination(LogSink, read)


@asynccontextmanager
async def webhook(given: Given) -> AsyncIterator[Destination]:
    async with Receiver() as receiver:
        yield _posts(receiver, lambda: WebhookSink[Alert](_endpoint(receiver)), alert)


@asynccontextmanager
async def webhook_aggregates(given: Given) -> AsyncIterator[Destination]:
    async with Receiver() as receiver:
        yield _posts(
            receiver, lambda: WebhookSink[AggregateAlert](_endpoint(receiver), "webhook_aggregates"), aggregate
        )


def _endpoint(receiver: Receiver) -> Endpoint:
    return Endpoint(receiver.url, (key_of(SECRET, "SECRET"),), timedelta(seconds=5))


def _posts(receiver: Receiver, make: Callable[[], AnySink], told: Callable[..., Any]) -> Destination:
    """Make the destination that a receiver of webhooks is."""

    def read(_: AnySink) -> list[Identity]:
        ids = dict.fromkeys(request.headers["webhook-id"] for request in receiver.taken)
        return [(alert_id, int(number)) for alert_id, number in (each.split("/") for each in ids)]

    return Destination(make, read, told, take_away=receiver.stop, give_back=receiver.start)


@asynccontextmanager
async def alertmanager(given: Given) -> AsyncIterator[Destination]:
    with AlertmanagerNode(given.folder) as node:
        told = Alertmanagers((node.url,))
        yield _fires(node, lambda: AlertmanagerSink(told, AlertPortrait()), alert)


@asynccontextmanager
async def alertmanager_aggregates(given: Given) -> AsyncIterator[Destination]:
    with AlertmanagerNode(given.folder) as node:
        told = Alertmanagers((node.url,))
        yield _fires(node, lambda: AlertmanagerSink(told, AggregatePortrait(), "alertmanager_aggregates"), severe)


def severe(aggregate_id: str, sequence: int = 0, **changes: Any) -> AggregateAlert:
    """A transition of an alert about many that is told by default: an orange one, unless given otherwise."""
    return aggregate(aggregate_id, sequence, **{"level": "orange"} | changes)


def _fires(node: AlertmanagerNode, make: Callable[[], AnySink], told: Callable[..., Any]) -> Destination:
    """Make the destination that an Alertmanager is."""

    def read(_: AnySink) -> list[Identity]:
        return [(firing_id(one), int(one["annotations"]["sequence"])) for one in node.firing()]

    return _that_stops(node, Destination(make, read, told, keeps_transitions=False))


@asynccontextmanager
async def sqlite(given: Given) -> AsyncIterator[Destination]:
    yield _database(_url(given))


@asynccontextmanager
async def sqlite_aggregates(given: Given) -> AsyncIterator[Destination]:
    yield _database_aggregates(_url(given))


def _url(given: Given) -> str:
    return f"sqlite:///{given.folder / 'foreshock.db'}"


@asynccontextmanager
async def postgresql(given: Given) -> AsyncIterator[Destination]:
    with PostgresqlNode() as node:
        yield _that_stops(node, _database(node.new_database()))


@asynccontextmanager
async def postgresql_aggregates(given: Given) -> AsyncIterator[Destination]:
    with PostgresqlNode() as node:
        yield _that_stops(node, _database_aggregates(node.new_database()))


def _that_stops(node: PostgresqlNode | AlertmanagerNode, destination: Destination) -> Destination:
    """Let a destination be taken away with its server."""

    async def stop() -> None:
        node.stop()

    async def start() -> None:
        node.start()

    destination.take_away, destination.give_back = stop, start
    return destination


def _database(url: str) -> Destination:
    return Destination(lambda: DatabaseSink(url), _reads(url, TRANSITIONS.c.alert_id, TRANSITIONS.c.sequence))


def _database_aggregates(url: str) -> Destination:
    table = AGGREGATE_TRANSITIONS.c
    return Destination(lambda: AggregatesSink(url), _reads(url, table.aggregate_id, table.sequence), aggregate)


def _reads(url: str, *columns: Column[Any]) -> Callable[[AnySink], list[Identity]]:
    """Make the tables, and return what reads the transitions that they hold."""
    engine = engine_of(url)
    upgrade(engine)
    engine.dispose()

    def read(_: AnySink) -> list[Identity]:
        engine = engine_of(url)
        with engine.connect() as connection:
            rows = connection.execute(select(*columns)).all()
        engine.dispose()
        return sorted((row[0], row[1]) for row in rows)

    return read


def _robot(
    service: str, name: str | None = None, told: Callable[..., Any] = alert
) -> Callable[[Given], AsyncIterator[Destination]]:
    """Make the destination of one robot."""

    async def destination(given: Given) -> AsyncIterator[Destination]:
        async with AsyncExitStack() as stack:
            receiver = await stack.enter_async_context(robot(service))
            url = point(service, receiver, given.monkeypatch)
            yield Destination(
                lambda: ChatSink(service, url, Manner(per_minute=100), name=name),
                lambda _: sorted(refs(texts(service, receiver))),
                told,
                take_away=receiver.stop,
                give_back=receiver.start,
            )

    return destination


wecom, dingtalk, feishu, slack = (asynccontextmanager(_robot(service)) for service in ROBOTS)
wecom_aggregates, dingtalk_aggregates, feishu_aggregates, slack_aggregates = (
    asynccontextmanager(_robot(service, f"{service}_aggregates", severe)) for service in ROBOTS
)


@asynccontextmanager
async def email(given: Given) -> AsyncIterator[Destination]:
    async with MailServer() as server:
        yield _mailed(server, "email", alert)


@asynccontextmanager
async def email_aggregates(given: Given) -> AsyncIterator[Destination]:
    async with MailServer() as server:
        yield _mailed(server, "email_aggregates", severe)


def _mailed(server: MailServer, name: str, told: Callable[..., Any]) -> Destination:
    """Make the destination that a mail server is."""
    return Destination(
        lambda: ChatSink("email", server.url, Manner(per_minute=100), name=name),
        lambda _: sorted(refs(server.texts())),
        told,
        take_away=server.stop,
        give_back=server.start,
    )


def bodies(receiver: Receiver) -> list[Alert]:
    """The alerts that a webhook's receiver took, repeats included, in their order."""
    return [Alert.model_validate(json.loads(request.body)["data"]) for request in receiver.taken]
