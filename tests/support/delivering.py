"""Alerts written to a topic, sinks that are told of them without a worker, and what arrived."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from prometheus_client import CollectorRegistry
from sqlalchemy import func, select

from models.pseudonym import partition_of
from schemas.aggregates import AggregateAlert
from schemas.alerts import Alert
from schemas.codec import encode
from sinks.database.migrating import upgrade
from sinks.database.store import engine_of
from sinks.database.tables import METADATA
from sinks.prometheus import Metrics
from streams.agents.deliver import run_deliver
from streams.connections import new_producer
from streams.outbox import Record, send_records
from streams.settings import Settings
from tests.support.alerts import alert

CUSTOMERS, EACH = 40, 5


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


def with_tables(url: str) -> str:
    engine = engine_of(url)
    upgrade(engine)
    engine.dispose()
    return url


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
