"""Simulated insurers where complaints one day begin to come from another cause, and how fast that is learned.

Each insurer lives twice, from the same start: with the change and without it. A day after the change is compared with
the same day without it, over the same resamples of customers, so that season, size and chance before the change are
in both. What either life does after the change is chance of its own: the interval says how much that leaves open.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from bench.quality.bootstrap import Estimate, Judged, resampled
from bench.quality.figures import Figure, Run, cost
from bench.quality.metrics import Numbers, average_precision
from bench.quality.simulated import DAYS, SEEDS, SHORT, START_AT, Told, told_warm

CHANGE_DAY = 60.0

_CHANGE_AT = START_AT + timedelta(days=CHANGE_DAY)
_WIDTH = timedelta(days=14)
"""Beliefs of so many days are ranked together, of all insurers: fewer would hold too few complaints."""
_LAST_DAY = int(DAYS - CHANGE_DAY - SHORT.days - _WIDTH.days)
"""Later beliefs have no label yet when the simulation ends."""

_SHARE = 0.9
_WEEK = 7
_RESAMPLES = 200
"""Enough for days, of which there are few; each asks for as many figures as there are windows."""


def measure(run: Run) -> list[Figure]:
    """Find the first day after the change from which on beliefs rank nearly as well as without the change."""
    return drift_figures([told_warm(seed) for seed in SEEDS], [told_warm(seed, CHANGE_DAY) for seed in SEEDS])


def drift_figures(calm: Sequence[Told], changed: Sequence[Told]) -> list[Figure]:
    """Compare insurers that change with themselves, had they not changed."""
    names = sorted({name for runs in (calm, changed) for one in _named(runs) for name in one})
    begins = [_CHANGE_AT + timedelta(days=day) for day in range(_LAST_DAY + 1)]
    without, after = (np.array([_precision(runs, begin, names) for begin in begins]) for runs in (calm, changed))
    us = cost([one.clock for one in changed])
    beliefs = sum(len(one.beliefs) for one in changed)
    note = f"drift: {_LAST_DAY + 1} days mean: not within the simulation"
    kept = {what: _ratio(after[day], without[day]) for what, day in (("first", 0), ("third", 28))}
    return [
        Figure(
            "drift",
            "days until AP is back within 10 %",
            _over(days_until_back(without, after), beliefs),
            7.0,
            None,
            "lower",
            us,
            note,
        ),
        *(
            Figure(
                "drift",
                f"AP of the {what} fortnight, over that without",
                _over(found, beliefs),
                microseconds_per_event=us,
            )
            for what, found in kept.items()
        ),
    ]


def _named(runs: Sequence[Told]) -> list[list[str]]:
    """Name the customers of each insurer apart from those of the others."""
    return [[f"{number}/{customer}" for customer, _, _ in one.beliefs] for number, one in enumerate(runs)]


def _precision(runs: Sequence[Told], begin: datetime, names: Sequence[str]) -> Numbers:
    """Average precision of a fortnight's beliefs about the customers of all insurers, per resample."""
    pooled = Judged()
    for number, one in enumerate(runs):
        judged = one.judged(begin, begin + _WIDTH, SHORT)
        pooled.scores += judged.scores
        pooled.labels += judged.labels
        pooled.groups += [f"{number}/{customer}" for customer in judged.groups]
    return np.nan_to_num(resampled(average_precision, pooled, names=names, resamples=_RESAMPLES))


def days_until_back(without: Numbers, after: Numbers) -> Numbers:
    """Find the first day from which on a week is good enough, per resample; one more than there are where none is.

    One good fortnight may be luck: the mean over the windows that begin within a week must hold.

    Parameters
    ----------
    without, after
        Figures (windows, resamples) of the insurers without the change, and with it.
    """
    good = _weeks(after) >= _SHARE * _weeks(without)
    return np.where(good.any(axis=0), good.argmax(axis=0), len(after)).astype(np.float64)


def _weeks(figures: Numbers) -> Numbers:
    """Average over the windows that begin within a week."""
    return np.asarray(np.lib.stride_tricks.sliding_window_view(figures, _WEEK, axis=0).mean(axis=-1))


def _ratio(part: Numbers, whole: Numbers) -> Numbers:
    """Divide, with NaN where nobody complained without the change."""
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)


def _over(values: Numbers, count: int) -> Estimate:
    """Make an estimate of the plain value and its resamples."""
    low, high = np.nanquantile(values[1:], [0.05, 0.95])
    return Estimate(float(values[0]), float(low), float(high), count, len(SEEDS))
