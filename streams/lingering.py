"""How long ingest waits for more events: not at all when traffic is light, and never longer than it has to."""

from __future__ import annotations

import time
from collections.abc import Callable


class Linger:
    """Keeps portions apart while events are coming, so that each carries more than a line.

    What counts is the time since the portion before, which was written and acknowledged meanwhile: where that, or the
    fetch, has taken long enough, nothing waits. Under a load that fills records nothing waits either.

    Parameters
    ----------
    seconds
        Least time between two portions.
    enough
        Events with which a portion need not wait.
    clock
        Monotonic time in seconds.
    """

    def __init__(self, seconds: float, enough: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._enough = enough
        self._clock = clock
        self._left_at = clock() - seconds

    def wait_seconds(self, count: int) -> float:
        """Say how long a portion of so many events should wait for more.

        Parameters
        ----------
        count
            Events at hand. One alone has nobody to wait for.
        """
        if not 1 < count < self._enough:
            return 0.0
        return max(0.0, self._left_at + self._seconds - self._clock())

    def left(self) -> None:
        """Note that a portion goes on now."""
        self._left_at = self._clock()
