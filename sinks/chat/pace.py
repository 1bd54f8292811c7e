"""How many messages a robot may still send in this minute, whoever gives them to it."""

from __future__ import annotations

from collections import deque

_MINUTE = 60.0


class Pace:
    """Counts the messages of the last minute; all sinks that tell one robot count in one pace.

    Between asking how many are free and counting one there must be no await, or two sinks send the same one.

    Parameters
    ----------
    per_minute
        Most messages in any minute (>= 2: one of them may be a digest).
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._sent_at: deque[float] = deque()

    def free(self, now: float) -> int:
        """Return how many more may be sent now; `now` is in seconds that only grow."""
        while self._sent_at and now - self._sent_at[0] >= _MINUTE:
            self._sent_at.popleft()
        return self._per_minute - len(self._sent_at)

    def wait(self, now: float) -> float:
        """Return how many seconds until one may be sent."""
        return 0.0 if self.free(now) > 0 else max(0.0, self._sent_at[0] + _MINUTE - now)

    def sent(self, now: float) -> None:
        """Count one."""
        self._sent_at.append(now)
