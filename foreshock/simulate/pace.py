"""How fast simulated time passes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime


class Pace:
    """Tells how long to wait until a simulated moment has come.

    Parameters
    ----------
    speed
        Times life's speed (positive); None waits for nothing.
    clock
        Seconds that never go backwards, such as `time.monotonic`.

    Raises
    ------
    ValueError
        If `speed` is not positive.
    """

    def __init__(self, speed: float | None, clock: Callable[[], float]) -> None:
        if speed is not None and speed <= 0:
            raise ValueError(f"speed must be positive, got {speed}")
        self._speed = speed
        self._clock = clock
        self._began: tuple[datetime, float] | None = None

    def wait_seconds(self, moment: datetime) -> float:
        """Tell how long to wait for a moment; the first one asked about has come at once."""
        if self._speed is None:
            return 0.0
        if self._began is None:
            self._began = moment, self._clock()
        first, started = self._began
        return max(0.0, (moment - first).total_seconds() / self._speed - (self._clock() - started))
