from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from schemas.alerts import Alert
from schemas.errors import SinkError, SinkPacedError, SinkRefusedError, SinkUnavailableError
from sinks.fanout import RetryPolicy
from sinks.memory import MemorySink
from streams.delivery.trying import CutShortError, Trying
from streams.duty import Duty
from streams.handover import HandOver
from tests.support.alerts import alert

LONG, SHORT = timedelta(minutes=10), timedelta(seconds=0.05)


class Failing(MemorySink):
    """Fails as told, then takes everything."""

    def __init__(self, *failures: SinkError) -> None:
        super().__init__()
        self._failures = list(failures)

    async def deliver(self, alert: Alert) -> None:
        if self._failures:
            raise self._failures.pop(0)
        await super().deliver(alert)


class Tried:
    """A delivery to a sink that fails as told, and who watches it."""

    def __init__(self, *failures: SinkError) -> None:
        self.sink = Failing(*failures)
        self.duty = Duty("deliver", "deliver.memory")
        self.hand_over = HandOver()
        self.stop = asyncio.Event()
        self.trying = Trying(self.sink, RetryPolicy(5, timedelta(0)), self.duty, self.hand_over, self.stop)

    async def begin(self, *messages: Alert) -> asyncio.Task[list[int | SinkError]]:
        """Deliver until something is waited for."""
        task = asyncio.create_task(self.trying.deliver(messages))
        async with asyncio.timeout(60):
            while not self.duty.is_waiting and not task.done():  # noqa: ASYNC110 - a duty announces nothing
                await asyncio.sleep(0)
        return task


async def test_a_sink_that_is_away_counts_as_away_until_it_has_the_message() -> None:
    tried = Tried(SinkUnavailableError("memory", SHORT))
    task = await tried.begin(alert("a"))

    assert tried.duty.waits_for == "memory"
    assert await task == [2]
    assert tried.duty.waits_for is None


async def test_a_sink_that_holds_itself_back_does_not_count_as_away() -> None:
    tried = Tried(SinkPacedError("memory", SHORT))
    task = await tried.begin(alert("a"))

    assert tried.duty.is_waiting
    assert tried.duty.waits_for is None
    assert await task == [1]


async def test_every_try_moves_on_what_the_watchdog_sees() -> None:
    tried = Tried(SinkRefusedError("memory", "never"))
    before = tried.duty.steps
    task = await tried.begin(alert("a"), alert("b"), alert("c"))
    await task

    assert tried.duty.steps - before == 3


@pytest.mark.parametrize("ends", [lambda tried: tried.stop.set(), lambda tried: tried.hand_over.is_asked_for.set()])
async def test_a_long_wait_is_given_up_for_a_stop_or_a_rebalance(ends: Callable[[Tried], None]) -> None:
    tried = Tried(SinkUnavailableError("memory", LONG))
    task = await tried.begin(alert("a"))
    ends(tried)

    with pytest.raises(CutShortError):
        await asyncio.wait_for(task, 30)
    assert tried.sink.delivered == []
    assert tried.duty.waits_for == "memory"
    assert not tried.duty.is_waiting


async def test_a_rebalance_asks_whoever_holds_records_and_asks_no_longer_than_it_waits() -> None:
    hand_over = HandOver()
    async with hand_over.busy:
        revoking = asyncio.create_task(hand_over.on_partitions_revoked([]))
        await asyncio.wait_for(hand_over.is_asked_for.wait(), 30)
    await revoking

    assert not hand_over.is_asked_for.is_set()
