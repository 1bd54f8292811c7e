"""Simulated insurers where complaints one day begin to come from another cause, and how fast that is learned."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from bench.quality.bootstrap import Estimate, Judged, resampled
from bench.quality.figures import Figure, Run, cost
from bench.quality.metrics import Numbers, average_precision
from bench.quality.simulated import DAYS, HORIZON, SEEDS, START_AT, told
from models.params import Params

CHANGE_DAY = 130.0

_CHANGE_AT = START_AT + timedelta(days=CHANGE_DAY)
_WIDTH = timedelta(days=14)
"""Beliefs of so many days are ranked together: fewer would hold too few complaints."""
_LAST_DAY = int(DAYS - CHANGE_DAY - HORIZON.days - _WIDTH.days)
"""Later beliefs have no label yet when the simulation ends."""
_BEFORE = timedelta(days=44)
"""The time before the change that is compared with."""

_SHARE = 0.9


def measure(run: Run) -> list[Figure]:
    """Find the first day after the change from which on a fortnight's beliefs rank nearly as well as before it."""
    runs = [told(seed, Params(), f"drift, seed {seed}", CHANGE_DAY) for seed in SEEDS]
    before = _measured([one.judged(_CHANGE_AT - HORIZON - _BEFORE, _CHANGE_AT - HORIZON) for one in runs])
    after = [
        _measured([one.judged(begin, begin + _WIDTH) for one in runs])
        for begin in (_CHANGE_AT + timedelta(days=day) for day in range(_LAST_DAY + 1))
    ]
    days = _days(before, np.array(after))
    low, high = np.quantile(days[1:], [0.05, 0.95])
    found = Estimate(float(days[0]), float(low), float(high), sum(len(one.beliefs) for one in runs), len(runs))
    us = cost([one.clock for one in runs])
    note = f"{_LAST_DAY + 1} means: not within the simulation"
    return [Figure("drift", "days until AP is back within 10 %", found, 7.0, None, "lower", us, note)]


def _measured(parts: list[Judged]) -> Numbers:
    """Average precision over the worlds: as it is, and then once per resample."""
    found = [resampled(average_precision, part) for part in parts if part.scores]
    return np.asarray(np.nanmean(found, axis=0), dtype=np.float64)


def _days(before: Numbers, after: Numbers) -> Numbers:
    """Find the first window that is good enough, per resample; one more than there are where none is."""
    good = after >= _SHARE * before
    return np.where(good.any(axis=0), good.argmax(axis=0), len(after)).astype(np.float64)
