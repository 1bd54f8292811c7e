from __future__ import annotations

from streams.lingering import Linger


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_first_portion_and_an_event_alone_wait_for_nobody() -> None:
    linger = Linger(1.0, enough=8, clock=Clock())

    assert linger.wait_seconds(3) == 0.0
    linger.left()
    assert linger.wait_seconds(1) == 0.0


def test_a_portion_waits_for_what_is_left_since_the_one_before() -> None:
    clock = Clock()
    linger = Linger(1.0, enough=8, clock=clock)
    linger.left()

    clock.now += 0.25
    assert linger.wait_seconds(2) == 0.75
    # Writing the one before, and fetching, took longer than that: nothing is left.
    clock.now += 1.0
    assert linger.wait_seconds(2) == 0.0


def test_a_load_that_fills_records_never_waits() -> None:
    linger = Linger(1.0, enough=8, clock=Clock())
    linger.left()

    assert linger.wait_seconds(7) == 1.0
    assert linger.wait_seconds(8) == 0.0
