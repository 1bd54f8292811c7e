from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from faust.transport.consumer import Consumer
from mode import Service

from streams.guards.delivery import EagerDelivery
from tests.support.guarded import bare


class StockService(Service):
    """The stock way: `Service.wait_first`."""


class OurService(EagerDelivery, Service):
    """Ours."""

    def __init__(self) -> None:
        Service.__init__(self)


OurService.__abstractmethods__ = frozenset()  # type: ignore[attr-defined]


@contextmanager
def tasks_made() -> Iterator[list[str]]:
    """Note every task that is made."""
    loop, made = asyncio.get_running_loop(), []

    def factory(loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> asyncio.Task[Any]:
        made.append(coro.__qualname__)
        return asyncio.Task(coro, loop=loop, **options)

    loop.set_task_factory(factory)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        loop.set_task_factory(None)


async def deliver(into: list[int]) -> None:
    into.append(1)


async def test_stock_faust_makes_tasks_for_every_message() -> None:
    delivered: list[int] = []
    with tasks_made() as made:
        await StockService().wait_first(deliver(delivered), asyncio.Event().wait())

    assert (delivered, len(made)) == ([1], 4)


async def test_ours_makes_none_when_nothing_has_to_wait() -> None:
    delivered: list[int] = []
    with tasks_made() as made:
        await OurService().wait_first(deliver(delivered), asyncio.Event().wait())

    assert (delivered, made) == ([1], [])


async def test_a_delivery_that_has_to_wait_goes_on_where_it_was() -> None:
    service, room, delivered = OurService(), asyncio.Event(), []

    async def blocked() -> None:
        delivered.append("begun")
        await room.wait()
        delivered.append("done")

    waiting = asyncio.create_task(service.wait_first(blocked(), asyncio.Event().wait()))
    await asyncio.sleep(0.01)
    assert delivered == ["begun"]
    room.set()
    await waiting

    assert delivered == ["begun", "done"]


async def test_a_delivery_that_waits_ends_when_the_flow_is_suspended() -> None:
    service, suspended, ended = OurService(), asyncio.Event(), []

    async def blocked() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    waiting = asyncio.create_task(service.wait_first(blocked(), suspended.wait()))
    await asyncio.sleep(0.01)
    suspended.set()
    await waiting
    await asyncio.sleep(0.01)

    assert ended == [True]


async def test_an_error_of_the_delivery_is_raised() -> None:
    async def broken() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await OurService().wait_first(broken(), asyncio.Event().wait())


async def test_with_every_buffer_full_the_next_look_comes_soon() -> None:
    consumer = bare(EagerDelivery, _active_partitions=set(), flow_active=True, app=SimpleNamespace(client_only=False))

    started = asyncio.get_running_loop().time()
    records, _ = await consumer._wait_next_records(1.0)

    assert records == {}
    assert asyncio.get_running_loop().time() - started < 0.5
    assert "await self.sleep(1)" in _stock_source()


def _stock_source() -> str:
    import inspect

    return inspect.getsource(Consumer._wait_next_records)
