"""One number per day, watched for a change that lasts."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import accumulate
from math import sqrt
from operator import mul
from statistics import median
from typing import Any

from river.drift import PageHinkley
from river.stats import Mean

WARM_UP = 28
"""Blocks from which a monitor learns what is normal on each weekday, and how much days differ: four weeks."""

KEPT = 42
"""Newest blocks kept, as what a new one is held against and to say since when it moved: six weeks."""

TOLERANCE = 0.5
"""Move, in standard deviations of a day, that is let pass; half of the least drift worth a call."""

_OUTLIER = 4.0
"""Standard deviations beyond which a day counts no more: one odd day alone can never fire."""

_FLAT = 1e-5
"""Of the mean: what varies by less has not moved, but was rounded."""

_WEEK = 7


class Monitor:
    """Watches one number per day for a change that lasts.

    What is normal on each weekday, and how much days differ, is learned from four weeks; after an alert it is
    learned anew. Then River's Page-Hinkley test runs on the difference from normal, in standard deviations.

    Parameters
    ----------
    threshold
        Sum of moves from which it fires, in standard deviations of a day.
    adapts
        Whether the median of the last six weeks is normal, so that what grows over months fires seldom; otherwise the
        first four weeks stay normal until an alert.
    """

    def __init__(self, threshold: float, adapts: bool = False) -> None:
        self._threshold = threshold
        self._adapts = adapts
        self._usual = 0.0
        self._kept: deque[tuple[int, float]] = deque(maxlen=KEPT)
        self._weekdays: list[float] = []
        self._scale = 0.0
        self._test = self._fresh_test()

    def watch(self, day: int, value: float) -> tuple[int, float, float] | None:
        """Take in a day's mean.

        Parameters
        ----------
        day
            Days since 1970.
        value
            Its mean; kept with six significant digits.

        Returns
        -------
        tuple or None
            First day of the new normal, mean before, mean since; None while nothing has moved.
        """
        value = float(f"{value:.6g}")
        if self._weekdays:
            self._test.update(self._move(day, value))
        self._kept.append((day, value))
        if not self._weekdays and len(self._kept) >= WARM_UP:
            self._learn_normal()
        if not self._test.drift_detected:
            return None
        moved = self._change()
        self._kept.clear()
        self._weekdays = []
        self._test = self._fresh_test()
        return moved

    def to_plain(self) -> dict[str, Any]:
        """Write all that later alerts depend on."""
        test, mean = self._test, self._test._x_mean
        return {
            "days": [day for day, _ in self._kept],
            "values": [value for _, value in self._kept],
            "weekdays": self._weekdays,
            "usual": self._usual,
            "scale": self._scale,
            "test": [mean.n, mean.get(), test._sum_increase, test._sum_decrease, test._min_increase, test._max_decrease]
            if self._weekdays
            else [],
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any], threshold: float, adapts: bool = False) -> Monitor:
        """Go on from what `to_plain` wrote, bit for bit.

        Raises
        ------
        KeyError, ValueError
            If it is something else.
        """
        monitor = cls(threshold, adapts)
        monitor._kept.extend(zip(plain["days"], plain["values"], strict=True))
        monitor._weekdays, monitor._usual, monitor._scale = list(plain["weekdays"]), plain["usual"], plain["scale"]
        if plain["test"]:
            count, mean, *sums = plain["test"]
            test = monitor._test
            test._x_mean = Mean._from_state(count, mean)
            test._sum_increase, test._sum_decrease, test._min_increase, test._max_decrease = sums
        return monitor

    def _fresh_test(self) -> PageHinkley:
        """Begin to test."""
        return PageHinkley(min_instances=WARM_UP // 2, delta=TOLERANCE, threshold=self._threshold, alpha=1.0)

    def _learn_normal(self) -> None:
        """Learn weekdays and scale from what is kept; what has never moved cannot be judged yet."""
        by_weekday: dict[int, list[float]] = {}
        for day, value in self._kept:
            by_weekday.setdefault(day % _WEEK, []).append(value)
        means = {weekday: _mean(values) for weekday, values in by_weekday.items()}
        usual = _mean(means.values())
        rest = [value - means[day % _WEEK] for day, value in self._kept]
        scale = sqrt(sum(map(mul, rest, rest)) / max(1, len(rest) - len(means)))
        if scale <= _FLAT * abs(usual):
            return
        self._weekdays = [means.get(weekday, usual) - usual for weekday in range(_WEEK)]
        self._scale, self._usual = scale, usual
        for day, value in self._kept:
            self._test.update(self._move(day, value))

    def _adjusted(self, day: int, value: float) -> float:
        """Take away what is normal for the weekday."""
        return value - self._weekdays[day % _WEEK]

    def _move(self, day: int, value: float) -> float:
        """Return how far a day lies from normal, in standard deviations of a day."""
        usual = median(self._adjusted(*kept) for kept in self._kept) if self._adapts else self._usual
        return min(max((self._adjusted(day, value) - usual) / self._scale, -_OUTLIER), _OUTLIER)

    def _change(self) -> tuple[int, float, float]:
        """Find the day that parts what is kept into the two most different parts."""
        values = [self._adjusted(day, value) for day, value in self._kept]
        total, count = sum(values), len(values)
        best = max(
            (abs(head / size - (total - head) / (count - size)) * sqrt(size * (count - size)), size, head)
            for size, head in enumerate(accumulate(values[:-1]), 1)
        )
        _, size, head = best
        return self._kept[size][0], head / size, (total - head) / (count - size)


def _mean(values: Iterable[float]) -> float:
    """Return the mean of at least one number."""
    known = list(values)
    return sum(known) / len(known)
