"""Figures of ranking, for many weightings of the same predictions at once: each resample of a bootstrap is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

Metric = Callable[[Numbers, Numbers, Numbers], Numbers]
"""From labels (n), scores (n) and weights (b, n) to one figure per weighting (b); NaN where it means nothing."""


def auc(labels: Numbers, scores: Numbers, weights: Numbers) -> Numbers:
    """Area under the ROC curve: how often a positive scores above a negative, ties counting half."""
    hits, misses = _curve(labels, scores, weights)
    area = np.sum(np.diff(misses, axis=1) * (hits[:, 1:] + hits[:, :-1]) / 2, axis=1)
    return _ratio(area, hits[:, -1] * misses[:, -1])


def average_precision(labels: Numbers, scores: Numbers, weights: Numbers) -> Numbers:
    """Precision at each positive, averaged; predictions with one score count together."""
    hits, misses = _curve(labels, scores, weights)
    precision = _ratio(hits[:, 1:], hits[:, 1:] + misses[:, 1:])
    return _ratio(np.nansum(np.diff(hits, axis=1) * precision, axis=1), hits[:, -1])


def top_precision(share: float) -> Metric:
    """Precision among the share of predictions that score highest; within one score as if drawn by lot."""

    def precision(labels: Numbers, scores: Numbers, weights: Numbers) -> Numbers:
        hits, misses = _curve(labels, scores, weights)
        taken = share * (hits[:, -1] + misses[:, -1])
        found = [np.interp(top, all_, hit) for top, all_, hit in zip(taken, hits + misses, hits, strict=True)]
        return _ratio(np.array(found), taken)

    return precision


def f1(labels: Numbers, flags: Numbers, weights: Numbers) -> Numbers:
    """Harmonic mean of precision and recall of flags (0 or 1)."""
    hits = weights @ (labels * flags)
    return _ratio(2 * hits, weights @ labels + weights @ flags)


def share(labels: Numbers, flags: Numbers, weights: Numbers) -> Numbers:
    """Share of predictions that are flagged; labels do not matter."""
    return _ratio(weights @ flags, weights.sum(axis=1))


def calibration_error(bins: int) -> Metric:
    """Expected calibration error: mean distance of predicted and true share over bins of equally many predictions.

    References
    ----------
    Naeini, Cooper, Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian binning, AAAI.
    """

    def error(labels: Numbers, scores: Numbers, weights: Numbers) -> Numbers:
        order = np.argsort(scores, kind="stable")
        gaps = [np.abs(weights[:, part] @ (labels - scores)[part]) for part in np.array_split(order, bins)]
        return _ratio(np.sum(gaps, axis=0), weights.sum(axis=1))

    return error


def _curve(labels: Numbers, scores: Numbers, weights: Numbers) -> tuple[Numbers, Numbers]:
    """Count weighted hits and misses above each distinct score, from none to all: (b, distinct scores + 1) each."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    sorted_weights = weights[:, order]
    hits = np.cumsum(sorted_weights * labels[order], axis=1)[:, ends]
    total = np.cumsum(sorted_weights, axis=1)[:, ends]
    nothing = np.zeros((len(weights), 1))
    return np.hstack([nothing, hits]), np.hstack([nothing, total - hits])


def _ratio(part: Any, whole: Any) -> Numbers:
    """Divide, with NaN for what is divided by nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(whole > 0, np.divide(part, whole), np.nan), dtype=np.float64)
