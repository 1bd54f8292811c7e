"""How long before a complaint it was predicted."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterable
from typing import NamedTuple

LEAD_HOURS = (2.0, 6.0, 12.0, 24.0, 48.0, 96.0, 168.0, 336.0, 720.0)
"""Upper bounds of the buckets: a call back takes two hours, a letter a week, and 720 h are the long horizon."""

_HOUR = 3_600.0


class LeadTimes(NamedTuple):
    """Counts of complaints by the hours between prediction and complaint."""

    all: tuple[int, ...]
    """Per bound of `LEAD_HOURS`, and beyond the last one."""
    flagged: tuple[int, ...]
    """The same, of predictions that were alerted on."""


class Leads:
    """Lead times of the newest complaints, in buckets.

    Parameters
    ----------
    size
        How many complaints are kept.
    codes
        What `to_plain` wrote.
    """

    def __init__(self, size: int, codes: Iterable[int] = ()) -> None:
        self._codes = deque(codes, maxlen=size)

    def add(self, lead_seconds: float, flagged: bool) -> None:
        """Take in one complaint."""
        self._codes.append(bisect_left(LEAD_HOURS, lead_seconds / _HOUR) << 1 | flagged)

    def report(self) -> LeadTimes:
        """Count by bucket."""
        counts = Counter(self._codes)
        buckets = range(len(LEAD_HOURS) + 1)
        return LeadTimes(
            tuple(counts[bucket << 1] + counts[bucket << 1 | 1] for bucket in buckets),
            tuple(counts[bucket << 1 | 1] for bucket in buckets),
        )

    def to_plain(self) -> list[int]:
        """Write one number per complaint."""
        return list(self._codes)
