"""Whether 10 % means 10 %: reliability by equal-mass bins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from models.quality.judged import Judged

BINS = 10
"""Bins of equal mass. Of equal width, nearly all predictions of a rare event would share one."""


class Bin(NamedTuple):
    """Predictions of like probability, and what came true of them."""

    weight: float
    """Weight of the predictions in it."""
    predicted: float
    """Their mean probability."""
    observed: float
    """Share of complaints among them."""


def reliability(rows: Sequence[Judged], bins: int = BINS) -> tuple[Bin, ...]:
    """Put predictions into bins of about equal weight, lowest first; equal probabilities share a bin."""
    ordered = sorted(rows, key=lambda row: row.probability)
    share = sum(row.weight for row in ordered) / bins
    made: list[Bin] = []
    weight = predicted = observed = passed = 0.0
    for index, row in enumerate(ordered):
        weight += row.weight
        predicted += row.weight * row.probability
        observed += row.weight * row.label
        is_last = index + 1 == len(ordered)
        is_full = passed + weight >= share * (len(made) + 1)
        if is_last or (is_full and ordered[index + 1].probability > row.probability):
            made.append(Bin(weight, predicted / weight, observed / weight))
            passed += weight
            weight = predicted = observed = 0.0
    return tuple(made)


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Return how far prediction and truth lie apart over bins, weighted; 0 is perfect.

    References
    ----------
    Nixon et al., "Measuring calibration in deep learning", CVPR workshops 2019: equal mass judges rare events best.
    """
    return sum(bin.weight * abs(bin.predicted - bin.observed) for bin in bins) / sum(bin.weight for bin in bins)
