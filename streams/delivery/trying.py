"""Trying: one sink is given messages again and again, and whoever watches is told what that is waiting for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Generic

from schemas.errors import SinkError, SinkPacedError
from sinks.abilities import Receiver
from sinks.fanout import RetryPolicy, deliver_all
from streams.delivery.feeds import M
from streams.duty import Duty
from streams.handover import HandOver


class CutShortError(Exception):
    """A stop or a rebalance came while a sink was waited for; the messages are somebody's next ones."""


class Trying(Generic[M]):
    """Delivers to one sink, and gives up a wait when there is something better to do.

    Parameters
    ----------
    sink
        Where to.
    policy
        How patient to be.
    duty
        Where it is noted what is being done.
    hand_over
        Says when a rebalance wants to begin.
    stop
        Says when the worker ends.
    """

    def __init__(
        self, sink: Receiver[M], policy: RetryPolicy, duty: Duty, hand_over: HandOver, stop: asyncio.Event
    ) -> None:
        self.sink = sink
        self.duty = duty
        self.hand_over = hand_over
        self.stop = stop
        self._policy = policy

    async def deliver(self, messages: Sequence[M]) -> list[int | SinkError]:
        """Deliver messages; return per message how many attempts it took, or why the sink does not have it.

        Raises
        ------
        CutShortError
            If a wait was given up; some of the messages may be there.
        """
        results = await deliver_all(self.sink, messages, self._policy, self._wait, self._tried)
        self.duty.goes_on()
        return results

    def _tried(self) -> None:
        """Take note of a try."""
        self.duty.steps += 1

    async def _wait(self, wait: timedelta, error: SinkError) -> None:
        """Wait before the next try."""
        # A sink that holds itself back is not away.
        is_paced = isinstance(error, SinkPacedError)
        with self.duty.pausing() if is_paced else self.duty.waiting_for(self.sink.name):
            if await _any_within(wait, self.stop, self.hand_over.is_asked_for):
                raise CutShortError


async def _any_within(wait: timedelta, *events: asyncio.Event) -> bool:
    """Wait until one of the events is set, at most so long; tell whether one is."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        done, _ = await asyncio.wait(waits, timeout=wait.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits:
            each.cancel()
    return bool(done)
