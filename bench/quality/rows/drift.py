"""Simulated insurers where complaints one day begin to come from another cause, and how fast that is learned."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from bench.quality.bootstrap import Estimate, Judged, resampled
from bench.quality.figures import Figure, Run, cost
from bench.quality.metrics import Numbers, average_precision
from bench.quality.running import Learning
from bench.quality.simulated import DAYS, SEEDS, SHORT, START_AT, told
from models.params import Params

CHANGE_DAY = 100.0

_CHANGE_AT = START_AT + timedelta(days=CHANGE_DAY)
_WIDTH = timedelta(days=14)
"""Beliefs of so many days are ranked together: fewer would hold too few complaints."""
_LAST_DAY = int(DAYS - CHANGE_DAY - SHORT.days - _WIDTH.days)
"""Later beliefs have no label yet when the simulation ends."""
_BEFORE = timedelta(days=44)
"""The time before the change that is compared with."""

_SHARE = 0.9
_WEEK = 7


def measure(run: Run) -> list[Figure]:
    """Find the first day after the change from which on a fortnight's beliefs rank nearly as well as before it."""
    runs = [told(seed, Learning(Params()), f"drift, seed {seed}", CHANGE_DAY) for seed in SEEDS]
    before = _measured([one.judged(_CHANGE_AT - SHORT - _BEFORE, _CHANGE_AT - SHORT, SHORT) for one in runs])
    after = [
        _measured([one.judged(begin, begin + _WIDTH, SHORT) for one in runs])
        for begin in (_CHANGE_AT + timedelta(days=day) for day in range(_LAST_DAY + 1))
    ]
    us = cost([one.clock for one in runs])
    beliefs = sum(len(one.beliefs) for one in runs)
    note = f"drift: {_LAST_DAY + 1} days mean: not within the simulation"
    days, kept = days_until_back(before, np.array(after)), after[0] / before
    return [
        Figure("drift", "days until AP is back within 10 %", _over(days, beliefs), 7.0, None, "lower", us, note),
        Figure(
            "drift", "AP of the first fortnight after, over before", _over(kept, beliefs), microseconds_per_event=us
        ),
    ]


def _measured(parts: list[Judged]) -> Numbers:
    """Average precision over the worlds: as it is, and then once per resample; 0 where nobody complained."""
    found = [np.nan_to_num(resampled(average_precision, part)) for part in parts if part.scores]
    return np.asarray(np.mean(found, axis=0), dtype=np.float64)


def days_until_back(before: Numbers, after: Numbers) -> Numbers:
    """Find the first day from which on a week is good enough, per resample; one more than there are where none is.

    One good fortnight may be luck: the mean over the windows that begin within a week must hold.
    """
    weeks = np.lib.stride_tricks.sliding_window_view(after, _WEEK, axis=0).mean(axis=-1)
    good = weeks >= _SHARE * before
    return np.where(good.any(axis=0), good.argmax(axis=0), len(after)).astype(np.float64)


def _over(values: Numbers, count: int) -> Estimate:
    """Make an estimate of the plain value and its resamples."""
    low, high = np.quantile(values[1:], [0.05, 0.95])
    return Estimate(float(values[0]), float(low), float(high), count, len(SEEDS))
