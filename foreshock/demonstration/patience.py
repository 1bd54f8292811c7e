"""Patience: time stands still for the insurer while the worker is too far behind."""

from __future__ import annotations

import time
from collections.abc import Callable

TOO_FAR_BEHIND = 300
"""Events: a third of a second of work, or some hours of simulated time. Whoever answers alerts hears of them that much
later: with 1,500 the median was 89 hours, and staff who take six were seen to take sixty; with 300 it is 24, twelve of
them the allowed lateness, for a quarter to a half fewer days per minute; with 100 it is 11. Much more, and the topics
would be read days of simulated time apart, so that timers fire before the events that stop them are read; a worker in
life is never so far behind so soon."""


class PatientClock:
    """Seconds that pass only while somebody keeps up.

    Parameters
    ----------
    behind
        Tells how many events wait.
    clock
        Seconds that never go backwards.
    """

    def __init__(self, behind: Callable[[], int], clock: Callable[[], float] = time.monotonic) -> None:
        self._behind = behind
        self._clock = clock
        self._last = clock()
        self._passed = 0.0

    def __call__(self) -> float:
        """Return the seconds that have passed."""
        now = self._clock()
        if self._behind() <= TOO_FAR_BEHIND:
            self._passed += now - self._last
        self._last = now
        return self._passed
