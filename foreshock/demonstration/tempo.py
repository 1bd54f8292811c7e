"""Events per second, from counts that grow."""

from __future__ import annotations

from collections import deque

_WINDOW_SECONDS = 3.0
"""Long enough to be legible, short enough to show a stop."""

_POINTS = 60


class Tempo:
    """Remembers how a count grew."""

    def __init__(self) -> None:
        self._counts: deque[tuple[float, int]] = deque()
        self.history: deque[float] = deque(maxlen=_POINTS)
        """What `per_second` was at each count, oldest first."""

    def count(self, now: float, count: int) -> None:
        """Take note of a count.

        Parameters
        ----------
        now
            Seconds that never go backwards.
        count
            How many there are now.
        """
        self._counts.append((now, count))
        while now - self._counts[0][0] > _WINDOW_SECONDS and len(self._counts) > 2:
            self._counts.popleft()
        self.history.append(self.per_second)

    @property
    def per_second(self) -> float:
        """How many came per second, lately; 0 before two counts."""
        if len(self._counts) < 2:
            return 0.0
        (began, first), (ended, last) = self._counts[0], self._counts[-1]
        return (last - first) / (ended - began) if ended > began else 0.0
