"""Patience: time stands still for the insurer while the worker is too far behind."""

from __future__ import annotations

import time
from collections.abc import Callable

TOO_FAR_BEHIND = 300
"""Events: most of a day of the insurer's life, and a third of a second of work. Whoever answers alerts hears of them
that much later. Medians of three runs of 25 s, in turn, on two processors that a dozen other programs used as well (12
of the hours are the allowed lateness):

| limit | simulated days per minute | alerts are heard of after | they are taken after |
|---|---|---|---|
| 150 | 25 | 24 h | 11 h |
| 300 | 24 | 25 h | 13 h |
| 600 | 27 | 52 h | 24 h |
| 1,500 | 39 | 89 h | 72 h |

Where the two processors had nothing else to do, the speed was alike and the wait was not: medians of two runs of 30 s,
in turn, with 300, 600 and 1,500, were 74, 73 and 76 days per minute, and alerts were taken after 12, 16 and 48 h.

Staff take six hours, so with 600 the table at the end shows mostly the wait, and more days on a busy machine are not
worth that. Below 300 little is won, and 100 gave a third fewer days on an idle machine. Much more, and the topics would
be read days of simulated time apart, so that timers fire before the events that stop them are read; a worker in life is
never so far behind so soon."""


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
