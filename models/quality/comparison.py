"""A challenger against the champion on the same judged predictions, with intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import shake_128
from math import log
from operator import mul
from typing import NamedTuple

from models.quality.figures import LEAST, LEAST_OF_CLASS, calm_of, inside
from models.quality.judged import Judged
from models.quality.ranking import Areas, Ranking

REPLICATES = 200
"""Bootstrap replicates: the ends of a 90 % interval lie ten replicates deep."""

_TAIL = 0.05

_POISSON = bytes([0] * 94 + [1] * 94 + [2] * 47 + [3] * 16 + [4] * 4 + [5])
"""A random byte to a draw from Poisson(1), to 1/256."""


class Interval(NamedTuple):
    """A difference, challenger minus champion, and where it lies with 90 % confidence."""

    difference: float
    """On the predictions as they are."""
    low: float
    """5 % of bootstrap replicates are below."""
    high: float
    """5 % of bootstrap replicates are above."""


class Comparison(NamedTuple):
    """What speaks for the challenger: greater areas, smaller log loss."""

    examples: int
    """Predictions that both made."""
    positives: int
    """Complaints among them."""
    auc: Interval | None = None
    """None where there are too few to say."""
    average_precision: Interval | None = None
    """None where there are too few to say."""
    log_loss: Interval | None = None
    """None where there are too few to say."""


def compare(
    judged: Iterable[Judged],
    least: int = LEAST,
    least_of_class: int = LEAST_OF_CLASS,
    replicates: int = REPLICATES,
    seed: str = "",
) -> Comparison:
    """Compare on all predictions that both made.

    The bootstrap weighs every prediction by a draw from Poisson(1), the same for both models, so that what is hard
    for both cancels. Draws are hashes of the seed and the replicate's number: the same predictions give the same
    interval everywhere.

    Parameters
    ----------
    judged
        Newest last; those without a challenger are left out.
    least, least_of_class
        Below so many examples, or so many of either class, only counts are told.
    replicates
        Of the bootstrap.
    seed
        Another seed, another bootstrap.

    References
    ----------
    Chamandy et al., "Estimating uncertainty for massive data streams", Google, 2012 (Poisson bootstrap).
    """
    rows = [row for row in judged if row.challenger is not None]
    positives = sum(row.label for row in rows)
    if len(rows) < least or min(positives, len(rows) - positives) < least_of_class:
        return Comparison(len(rows), positives)
    pair = _Pair(rows)
    weights = [row.weight for row in rows]
    observed = pair.differences(weights)
    drawn = [pair.differences(list(map(mul, weights, _draws(len(rows), seed, n)))) for n in range(replicates)]
    spread = [sorted(values) for values in zip(*(each for each in drawn if each is not None), strict=True)]
    if observed is None or not spread:
        return Comparison(len(rows), positives)
    return Comparison(
        len(rows),
        positives,
        *(Interval(difference, *_ends(values)) for difference, values in zip(observed, spread, strict=True)),
    )


class _Pair:
    """Two models' predictions, put in order once.

    Parameters
    ----------
    rows
        Each with a challenger.
    """

    def __init__(self, rows: Sequence[Judged]) -> None:
        challengers = [row.challenger or 0.0 for row in rows]
        self._labels = [row.label for row in rows]
        self._champion = Ranking([row.probability for row in rows])
        self._challenger = Ranking(challengers)
        self._losses = [
            _loss(challenger, row.label) - _loss(row.probability, row.label)
            for row, challenger in zip(rows, challengers, strict=True)
        ]

    def differences(self, weights: Sequence[float]) -> tuple[float, float, float] | None:
        """Return challenger minus champion in AUC, average precision and log loss; None where a class is missing."""
        complained = list(map(mul, weights, self._labels))
        calm = calm_of(weights, self._labels)
        champion = self._champion.areas(complained, calm)
        challenger = self._challenger.areas(complained, calm)
        if champion is None or challenger is None:
            return None
        loss = sum(map(mul, weights, self._losses)) / sum(weights)
        return *_apart(champion, challenger), loss


def _apart(champion: Areas, challenger: Areas) -> tuple[float, float]:
    """Subtract areas."""
    return challenger.auc - champion.auc, challenger.average_precision - champion.average_precision


def _loss(probability: float, label: bool) -> float:
    """Return the log loss of one prediction."""
    return -log(inside(probability if label else 1.0 - probability))


def _draws(count: int, seed: str, replicate: int) -> bytes:
    """Draw one small number per prediction."""
    return shake_128(f"{seed}/{replicate}".encode()).digest(count).translate(_POISSON)


def _ends(ordered: Sequence[float]) -> tuple[float, float]:
    """Cut both tails off."""
    cut = int(len(ordered) * _TAIL)
    return ordered[cut], ordered[-1 - cut]
