from __future__ import annotations

from datetime import timedelta

import pytest

from schemas.alerts import Alert
from schemas.errors import SinkError, SinkRefusedError, SinkUnavailableError
from sinks.fanout import LONGEST_ASKED, LONGEST_WAIT, RetryPolicy, deliver_patiently
from tests.support.alerts import alert

SECOND = timedelta(seconds=1)


class Moody:
    """A sink that fails as told, then takes everything."""

    name = "memory"

    def __init__(self, *failures: SinkError) -> None:
        self._failures = list(failures)
        self.taken: list[Alert] = []

    async def deliver(self, alert: Alert) -> None:
        if self._failures:
            raise self._failures.pop(0)
        self.taken.append(alert)

    async def close(self) -> None:
        """Nothing to do."""


class Clock:
    """Notes the waits instead of waiting."""

    def __init__(self) -> None:
        self.waits: list[timedelta] = []

    async def sleep(self, wait: timedelta, _: SinkError) -> None:
        self.waits.append(wait)


def down(retry_after: timedelta = timedelta(0)) -> SinkUnavailableError:
    return SinkUnavailableError("memory", retry_after)


async def test_a_sink_that_comes_back_gets_the_alert() -> None:
    sink, clock = Moody(down(), down()), Clock()

    attempts = await deliver_patiently(sink, alert("a"), RetryPolicy(5, SECOND), clock.sleep)

    assert attempts == 3
    assert sink.taken == [alert("a")]
    assert clock.waits == [SECOND, 2 * SECOND]


async def test_waits_double_up_to_the_longest() -> None:
    policy = RetryPolicy(20, SECOND)

    waits = [policy.wait_after(attempt, down()) for attempt in range(1, 20)]

    assert waits[:4] == [SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND]
    assert waits[-1] == LONGEST_WAIT


async def test_a_sink_that_says_when_to_come_back_is_believed_within_reason() -> None:
    policy = RetryPolicy(5, SECOND)

    assert policy.wait_after(1, down(10 * SECOND)) == 10 * SECOND
    assert policy.wait_after(1, down(timedelta(hours=1))) == LONGEST_ASKED


async def test_a_refusal_is_not_tried_again() -> None:
    clock = Clock()

    with pytest.raises(SinkRefusedError):
        await deliver_patiently(
            Moody(SinkRefusedError("memory", "unknown branch")), alert("a"), RetryPolicy(), clock.sleep
        )

    assert clock.waits == []


async def test_patience_ends_with_the_last_failure() -> None:
    clock = Clock()

    with pytest.raises(SinkUnavailableError):
        await deliver_patiently(Moody(*[down() for _ in range(9)]), alert("a"), RetryPolicy(3, SECOND), clock.sleep)

    assert len(clock.waits) == 2
