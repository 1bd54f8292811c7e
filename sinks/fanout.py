"""One alert to one sink, again and again until it is there or cannot be; every sink by itself.

Each sink reads the alerts topic at its own pace, so one that is down holds up nobody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from schemas.alerts import Alert
from schemas.errors import SinkError, SinkUnavailableError
from sinks.base import Sink

LONGEST_WAIT = timedelta(minutes=1)
"""Longer waits would let an alert for "now" arrive after the sink has long been back."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How patient to be with a sink."""

    attempts: int = 8
    """Tries in all (>= 1)."""

    first_wait: timedelta = timedelta(seconds=0.5)
    """Wait after the first failure; doubles each time, up to `LONGEST_WAIT`."""

    def wait_after(self, attempt: int, error: SinkError) -> timedelta:
        """Return how long to wait after a failed attempt, counted from 1.

        A sink that says when to come back is believed, up to the longest wait.
        """
        backoff = self.first_wait * 2.0 ** min(attempt - 1, 20)
        asked = error.retry_after if isinstance(error, SinkUnavailableError) else timedelta(0)
        return min(max(backoff, asked), LONGEST_WAIT)


async def _sleep(wait: timedelta) -> None:
    await asyncio.sleep(wait.total_seconds())


async def deliver_patiently(
    sink: Sink,
    alert: Alert,
    policy: RetryPolicy,
    sleep: Callable[[timedelta], Awaitable[None]] = _sleep,
) -> int:
    """Deliver one alert, waiting between attempts.

    Parameters
    ----------
    sink
        Where to.
    alert
        What.
    policy
        How patient to be.
    sleep
        Waits; a test gives one that does not.

    Returns
    -------
    int
        How many attempts it took.

    Raises
    ------
    SinkError
        The last failure, when the sink refused the alert or the attempts are used up.
    """
    attempt = 1
    while True:
        try:
            await sink.deliver(alert)
        except SinkError as error:
            if not error.retriable or attempt >= policy.attempts:
                raise
            await sleep(policy.wait_after(attempt, error))
            attempt += 1
        else:
            return attempt
