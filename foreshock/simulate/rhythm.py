"""When people call: the rhythm of a week in quarters of an hour."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from random import Random

DAY = 86_400.0
HOUR = 3_600.0
WEEK = 7 * DAY

_QUARTER = 900.0
_FIRST_MONDAY = 4 * DAY
"""1970-01-05 was a Monday."""
UTC_OFFSET_HOURS = 8
"""China has one time zone and no daylight saving."""

_CHINA = UTC_OFFSET_HOURS * HOUR

# Shape of a day, one weight per hour: quiet nights, a peak before and a lower one after lunch.
_HOURS = (2, 1.2, 1, 1, 1, 1.5, 3, 8, 28, 46, 48, 40, 26, 30, 40, 42, 38, 30, 20, 17, 15, 11, 7, 4)
# Mondays bring what the weekend left; at weekends the apps are open and the offices are not.
_WEEKDAYS = (1.3, 1.1, 1.0, 1.0, 1.05, 0.55, 0.45)


class Rhythm:
    """A weekly rhythm whose busiest quarter hour is `peak` times the mean one.

    Parameters
    ----------
    peak
        Busiest over mean quarter hour, 1 (the same at all hours) to 6.5.
    """

    def __init__(self, peak: float) -> None:
        self._weights = _sharpened(peak)
        self._until = [0.0, *accumulate(weight * _QUARTER for weight in self._weights)]

    def intensity(self, now: float) -> float:
        """Tell how busy a moment is; 1 is the mean of the week.

        Parameters
        ----------
        now
            Seconds since 1970-01-01 UTC.
        """
        return self._weights[int(_in_week(now)[1] // _QUARTER)]

    def after(self, now: float, mean_gap: float, chance: Random) -> float:
        """Draw the next moment of a Poisson process that follows the rhythm.

        Parameters
        ----------
        now
            Seconds since 1970-01-01 UTC.
        mean_gap
            Mean time between two moments over a whole week, in seconds.
        chance
            Where the draw comes from.
        """
        monday, second = _in_week(now)
        quarter = int(second // _QUARTER)
        lived = self._until[quarter] + (second - quarter * _QUARTER) * self._weights[quarter]
        weeks, target = divmod(lived + chance.expovariate(1 / mean_gap), self._until[-1])
        quarter = min(bisect_right(self._until, target) - 1, len(self._weights) - 1)
        within = (target - self._until[quarter]) / self._weights[quarter]
        return max(now, monday + weeks * WEEK + quarter * _QUARTER + within)


def at_waking_hours(moment: float, chance: Random) -> float:
    """Move a moment of the night to the morning after, for people who call when they are up."""
    second_of_day = (moment + _CHINA) % DAY
    if second_of_day >= 8 * HOUR:
        return moment
    return moment - second_of_day + 8 * HOUR + chance.random() * 4 * HOUR


def _in_week(now: float) -> tuple[float, float]:
    """Split a moment into the start of its week in China and the second within it."""
    second = (now + _CHINA - _FIRST_MONDAY) % WEEK
    return now - second, second


def _sharpened(peak: float) -> list[float]:
    """Raise the shape of the week to the power at which its highest quarter is `peak` times the mean."""
    hours = [day * hour for day in _WEEKDAYS for hour in _HOURS]
    # Quarters between the middles of two hours change evenly, so that no hour begins with a jump.
    quarters = [
        hours[index] * (1 - step / 4) + hours[(index + 1) % len(hours)] * step / 4
        for index in range(len(hours))
        for step in range(4)
    ]
    low, high = 0.0, 8.0
    for _ in range(60):
        power = (low + high) / 2
        raised = [weight**power for weight in quarters]
        if max(raised) * len(raised) / sum(raised) < peak:
            low = power
        else:
            high = power
    mean = sum(raised) / len(raised)
    return [weight / mean for weight in raised]
