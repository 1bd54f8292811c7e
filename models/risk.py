"""Features to probability, with frozen weights as plain numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from math import exp, log
from operator import mul

from models.features import NAMES
from models.params import Params
from schemas.errors import SnapshotError
from schemas.snapshots import ModelWeights, RiskWeights


def probability_of(score: float) -> float:
    """Turn log-odds into a probability in [0, 1], without overflow."""
    if score >= 0:
        return 1.0 / (1.0 + exp(-score))
    odds = exp(score)
    return odds / (1.0 + odds)


def untrained(params: Params) -> ModelWeights:
    """Return what a scorer has before the first snapshot: the base rates, and nothing else."""
    zeros = (0.0,) * len(NAMES)

    def constant(rate: float) -> RiskWeights:
        return RiskWeights(intercept=log(rate / (1.0 - rate)), dense=zeros, means=zeros)

    return ModelWeights(
        number=0,
        at=datetime(1971, 1, 1, tzinfo=UTC),
        params_hash=params.digest(),
        examples_seen=0,
        positives_seen=0,
        risk_7d=constant(params.learning.base_rate_7d),
        risk_30d=constant(params.learning.base_rate_30d),
    )


class LinearScorer:
    """One frozen linear model, unpacked for speed.

    Parameters
    ----------
    weights
        What the learner published.

    Raises
    ------
    SnapshotError
        If the weights are for another set of features.
    """

    def __init__(self, weights: RiskWeights) -> None:
        if len(weights.dense) != len(NAMES) or len(weights.means) != len(NAMES):
            raise SnapshotError(f"weights for {len(weights.dense)} numeric features, this version has {len(NAMES)}")
        self.intercept = weights.intercept
        self.dense = weights.dense
        self.means = weights.means
        self.hashed = dict(zip(weights.hashed.buckets, weights.hashed.weights, strict=True))

    def score(self, dense: Sequence[float], hashed: Iterable[int]) -> float:
        """Return the log-odds of a complaint."""
        weight = self.hashed.get
        numeric: float = sum(map(mul, self.dense, dense))
        return self.intercept + numeric + sum([weight(bucket, 0.0) for bucket in hashed])

    def contributions(self, dense: Sequence[float]) -> list[float]:
        """Return what each numeric feature adds to the score against the population's mean, in log-odds."""
        return [weight * (value - mean) for weight, value, mean in zip(self.dense, dense, self.means, strict=True)]


class Scorer:
    """All frozen models of one snapshot.

    Parameters
    ----------
    weights
        What the learner published.
    params
        Says from how many complaints on the model is trusted alone.
    """

    def __init__(self, weights: ModelWeights, params: Params) -> None:
        self.weights = weights
        self.number = weights.number
        self.cold = weights.positives_seen < params.policy.cold_positives
        self.short = LinearScorer(weights.risk_7d)
        self.long = LinearScorer(weights.risk_30d)

    def probabilities(self, dense: Sequence[float], hashed: Sequence[int]) -> tuple[float, float]:
        """Return the probabilities of a complaint within 7 and 30 days; they never cross."""
        short = probability_of(self.short.score(dense, hashed))
        return short, max(short, probability_of(self.long.score(dense, hashed)))
