"""Alerts to one sink, again and again until they are there or cannot be; every sink by itself.

Each sink reads its topic at its own pace, so one that is down holds up nobody else.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from schemas.errors import SinkError, SinkPacedError, SinkUnavailableError
from sinks.abilities import Receiver, TakesMany

LONGEST_WAIT = timedelta(minutes=1)
"""Longer waits would let an alert for "now" arrive after the sink has long been back."""

LONGEST_ASKED = timedelta(minutes=15)
"""A sink that asks for more than this with Retry-After is asked again earlier: it may have meant another client."""

M = TypeVar("M")

Sleep = Callable[[timedelta, SinkError], Awaitable[None]]
"""Waits so long after a failure, and is told which."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How patient to be with a sink."""

    attempts: int = 8
    """Tries in all (>= 1)."""

    first_wait: timedelta = timedelta(seconds=0.5)
    """Wait after the first failure; doubles each time, up to `LONGEST_WAIT`."""

    jitter: float = 0.0
    """Share of the back-off in [0, 1] that chance adds, so that workers that failed together do not come together."""

    def wait_after(self, attempt: int, error: SinkError) -> timedelta:
        """Return how long to wait after a failed attempt, counted from 1.

        A sink that says when to come back is believed, up to `LONGEST_ASKED`, and never visited earlier.
        """
        backoff = min(self.first_wait * 2.0 ** min(attempt - 1, 20), LONGEST_WAIT)
        asked = error.retry_after if isinstance(error, SinkUnavailableError) else timedelta(0)
        return max(backoff, min(asked, LONGEST_ASKED)) + backoff * self.jitter * random.random()

    @property
    def patience(self) -> timedelta:
        """Longest time that one message can take, the attempts themselves left out."""
        return self.attempts * max(LONGEST_WAIT * 2, LONGEST_ASKED)


async def _sleep(wait: timedelta, _: SinkError) -> None:
    await asyncio.sleep(wait.total_seconds())


def _nobody_counts() -> None:
    """Take no note of a try."""


async def deliver_patiently(
    sink: Receiver[M],
    message: M,
    policy: RetryPolicy,
    sleep: Sleep = _sleep,
    tried: Callable[[], None] = _nobody_counts,
) -> int:
    """Deliver one message, waiting between attempts.

    Parameters
    ----------
    sink
        Where to.
    message
        What.
    policy
        How patient to be.
    sleep
        Waits; a test gives one that does not.
    tried
        Called after every try, so that whoever watches sees that something moves.

    Returns
    -------
    int
        How many attempts it took.

    Raises
    ------
    SinkError
        The last failure, when the sink refused the message or the attempts are used up.
    """
    return await _patiently(lambda: sink.deliver(message), policy, sleep, tried)


async def deliver_all(
    sink: Receiver[M],
    messages: Sequence[M],
    policy: RetryPolicy,
    sleep: Sleep = _sleep,
    tried: Callable[[], None] = _nobody_counts,
) -> list[int | SinkError]:
    """Deliver messages in their order, together if the sink can take many.

    What fails together is tried one by one, so that one bad message takes no other with it.

    Returns
    -------
    list of int or SinkError
        Per message how many attempts it took, or why the sink does not have it.
    """
    alone = policy
    if len(messages) > 1 and isinstance(sink, TakesMany):
        try:
            attempts = await _patiently(lambda: sink.deliver_together(messages), policy, sleep, tried)
        except SinkError as error:
            # Patience that is used up is not given a second time to each.
            alone = replace(policy, attempts=1) if error.retriable else policy
        else:
            return [attempts] * len(messages)
    results: list[int | SinkError] = []
    for message in messages:
        try:
            results.append(await deliver_patiently(sink, message, alone, sleep, tried))
        except SinkError as error:
            results.append(error)
    return results


async def _patiently(
    work: Callable[[], Awaitable[None]], policy: RetryPolicy, sleep: Sleep, tried: Callable[[], None]
) -> int:
    """Try until it works; return how many attempts it took."""
    attempt = 1
    while True:
        try:
            await work()
        except SinkPacedError as error:
            await sleep(error.retry_after, error)
        except SinkError as error:
            if not error.retriable or attempt >= policy.attempts:
                raise
            await sleep(policy.wait_after(attempt, error), error)
            attempt += 1
        else:
            return attempt
        finally:
            tried()
