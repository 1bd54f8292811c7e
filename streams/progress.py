"""How far a recovery has come: for the log, for metrics, and for the watchdog."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Protocol

log = logging.getLogger(__name__)

_SAY_EVERY_SECONDS = 3.0


class RecoveryObserver(Protocol):
    """Hears how a recovery gets on; metrics implement it."""

    def recovering(self, rows: int, positions: int, expected: int, open_partitions: int) -> None:
        """A recovery has loaded rows and come to so many of the expected changelog positions."""

    def recovered(self, rows: int, seconds: float) -> None:
        """State was read back from the changelog."""

    def foreign(self, count: int) -> None:
        """Records of the changelog were no rows of ours."""


class RecoveryProgress:
    """Counts what the recoveries of this worker have read.

    Rows are counted as they come; how many will come is not known, because compaction has removed some. So shares and
    times are of changelog positions, of which the first and the last are known.

    Parameters
    ----------
    observer
        Hears how it gets on.
    clock
        Monotonic time in seconds.
    """

    def __init__(self, observer: RecoveryObserver, clock: Callable[[], float] = time.monotonic) -> None:
        self._observer = observer
        self._clock = clock
        self._spans: dict[int, tuple[int, int]] = {}
        self._reached: dict[int, int] = {}
        self._began_at = self._said_at = 0.0
        self.rows = 0
        """Rows of the recovery under way, or of the last one."""
        self.is_loading = False
        """Whether rows are being read now; Faust's own flag falls while our load is still under way."""
        self.moves = 0
        """Grows with everything that is read, in all recoveries."""

    def begin(self, spans: Mapping[int, tuple[int, int]]) -> None:
        """Start to read.

        Parameters
        ----------
        spans
            Per partition of the changelog, the first position to be read and the one after the last.
        """
        self._spans = {partition: (first, max(first, end)) for partition, (first, end) in spans.items()}
        self._reached = {partition: first for partition, (first, _) in self._spans.items()}
        self.rows = 0
        self.is_loading = True
        self._began_at = self._said_at = self._clock()
        log.info("recovery_begins", extra={"partitions": len(spans), "positions": self._expected})
        self._show()

    def read(self, partition: int, rows: int, next_position: int) -> None:
        """Take note of rows that were read, and of where reading stands."""
        self.rows += rows
        self.moves += 1
        end = self._spans[partition][1] if partition in self._spans else next_position
        self._reached[partition] = min(next_position, end)
        self._show()
        now = self._clock()
        if now - self._said_at >= _SAY_EVERY_SECONDS:
            self._said_at = now
            self._say(now - self._began_at)

    def end(self) -> None:
        """Finish."""
        self.is_loading = False
        seconds = self._clock() - self._began_at
        self._reached = {partition: end for partition, (_, end) in self._spans.items()}
        self._show()
        self._observer.recovered(self.rows, seconds)
        log.info("state_recovered", extra={"rows": self.rows, "seconds": round(seconds, 3)})

    @property
    def _expected(self) -> int:
        return sum(end - first for first, end in self._spans.values())

    @property
    def _positions(self) -> int:
        return sum(self._reached[partition] - first for partition, (first, _) in self._spans.items())

    @property
    def _open(self) -> int:
        return sum(self._reached[partition] < end for partition, (_, end) in self._spans.items())

    def _show(self) -> None:
        self._observer.recovering(self.rows, self._positions, self._expected, self._open)

    def _say(self, seconds: float) -> None:
        """Log where it stands."""
        rate = self._positions / max(seconds, 1e-9)
        left = self._expected - self._positions
        log.info(
            "recovery_gets_on",
            extra={
                "rows": self.rows,
                "positions": self._positions,
                "of": self._expected,
                "per_second": round(rate),
                "remaining_seconds": round(left / rate, 1) if rate else None,
                "partitions_open": self._open,
            },
        )
