"""Areas under the ROC and the precision-recall curve, weighted and with ties: River's rolling ones take no weights."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from operator import add, mul, sub, truediv
from typing import NamedTuple


class Areas(NamedTuple):
    """How well an order puts complaints first."""

    auc: float
    """Chance that a complaint stands before a calm customer; a tie counts half. 0.5 is chance."""
    average_precision: float
    """Precision averaged over the complaints found. The share of complaints is chance."""


class Point(NamedTuple):
    """What one threshold gives."""

    threshold: float
    """Predictions at or above it are flagged."""
    precision: float
    """Share of complaints among the flagged."""
    recall: float
    """Share of the complaints that is flagged."""


class Ranking:
    """Scores put in order once, to be judged with as many weightings as wanted.

    Parameters
    ----------
    scores
        Any numbers; greater means sooner to complain.
    """

    def __init__(self, scores: Sequence[float]) -> None:
        self._order = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)
        self._thresholds = [scores[index] for index in self._order]
        self._ends = [
            position for position, (here, below) in enumerate(pairwise([*self._thresholds, None])) if here != below
        ]

    def areas(self, positive: Sequence[float], negative: Sequence[float]) -> Areas | None:
        """Judge the order; None where one class has no weight.

        Parameters
        ----------
        positive, negative
            Per score, its weight as a complaint and as a calm customer; one of them is 0.

        References
        ----------
        Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27, 2006 (ties by trapezoid).
        """
        found, passed = self._sums(positive), self._sums(negative)
        if not found or not found[-1] or not passed[-1]:
            return None
        new_found, new_passed = _steps(found), _steps(passed)
        pairs = sum(map(mul, new_passed, found)) - 0.5 * sum(map(mul, new_passed, new_found))
        flagged = list(map(add, found, passed))
        empty = bisect_right(flagged, 0.0)
        precision = sum(map(truediv, map(mul, new_found[empty:], found[empty:]), flagged[empty:]))
        return Areas(pairs / (found[-1] * passed[-1]), precision / found[-1])

    def curve(self, positive: Sequence[float], negative: Sequence[float], points: int) -> list[Point]:
        """Return precision and recall at up to `points` thresholds, highest first; none without a complaint."""
        found, flagged = self._sums(positive), self._sums(negative)
        if not found or not found[-1]:
            return []
        every = max(1, len(self._ends) // points)
        chosen = [*range(0, len(self._ends) - 1, every), len(self._ends) - 1]
        return [
            Point(
                self._thresholds[self._ends[at]],
                found[at] / (found[at] + flagged[at]),
                found[at] / found[-1],
            )
            for at in chosen
        ]

    def _sums(self, weights: Sequence[float]) -> list[float]:
        """Add weights up from the top, read where a tie ends."""
        sums = list(accumulate([weights[index] for index in self._order]))
        return [sums[end] for end in self._ends]


def _steps(sums: list[float]) -> list[float]:
    """Undo the adding up."""
    return list(map(sub, sums, [0.0, *sums[:-1]]))
