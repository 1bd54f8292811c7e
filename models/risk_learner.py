"""The online risk model of one horizon, in River: a scaler for numeric features and a logistic regression on top."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Any

from river.linear_model import LogisticRegression
from river.optim import AdaGrad
from river.preprocessing import StandardScaler
from river.utils import VectorDict

from models.calibration import IDENTITY, Calibration
from models.features import NAMES
from models.params import LearningParams
from schemas.snapshots import RiskWeights, SparseWeights


class RiskLearner:
    """Learns P(complaint within a horizon) from examples, one at a time, in the order they come.

    Numeric features are named by their name, hashed ones by their bucket number.

    Parameters
    ----------
    base_rate
        Share of positives that the intercept starts from, in (0, 1).
    learning
        Step size and penalty.
    """

    def __init__(self, base_rate: float, learning: LearningParams) -> None:
        self._scaler = StandardScaler()
        self._model = LogisticRegression(
            optimizer=AdaGrad(learning.learning_rate, eps=learning.damping),
            l2=learning.l2,
            intercept_init=log(base_rate / (1.0 - base_rate)),
            intercept_lr=learning.intercept_rate,
        )

    def learn(self, dense: Sequence[float], hashed: Sequence[int], label: bool, weight: float = 1.0) -> None:
        """Take one example into account.

        Parameters
        ----------
        dense
            One entry per name in `models.features.NAMES`.
        hashed
            Active buckets.
        label
            Whether the complaint came.
        weight
            How strongly; negative takes an earlier step back.
        """
        numbers = dict(zip(NAMES, dense, strict=True))
        if weight > 0.0:
            self._scaler.learn_one(numbers)
        self._model.learn_one(self._inputs(numbers, hashed), label, w=weight)

    def probability(self, dense: Sequence[float], hashed: Sequence[int]) -> float:
        """Predict as River does; the frozen weights must give the same."""
        numbers = dict(zip(NAMES, dense, strict=True))
        return float(self._model.predict_proba_one(self._inputs(numbers, hashed))[True])

    def knows(self, bucket: int) -> bool:
        """Say whether a bucket has been learned from."""
        return bucket in self._model.weights

    def frozen(self, calibration: Calibration = IDENTITY) -> RiskWeights:
        """Fold the scaler into the weights: plain numbers on the features themselves, with their calibration."""
        weights = self._model.weights
        means = [self._scaler.means.get(name, 0.0) for name in NAMES]
        variances = [self._scaler.vars.get(name, 0.0) for name in NAMES]
        dense = [
            weights.get(name, 0.0) / variance**0.5 if variance else 0.0
            for name, variance in zip(NAMES, variances, strict=True)
        ]
        shift = sum(weight * mean for weight, mean in zip(dense, means, strict=True))
        buckets = sorted(name for name, weight in weights.items() if isinstance(name, int) and weight)
        return RiskWeights(
            intercept=self._model.intercept - shift,
            dense=tuple(dense),
            means=tuple(means),
            slope=calibration.slope,
            offset=calibration.offset,
            hashed=SparseWeights(buckets=tuple(buckets), weights=tuple(weights[bucket] for bucket in buckets)),
        )

    def to_plain(self) -> dict[str, Any]:
        """Write all that later learning depends on, as plain numbers; `from_plain` goes on bit for bit."""
        weights, squares = self._model.weights, self._model.optimizer.g2
        buckets = sorted(name for name in weights if isinstance(name, int))
        return {
            "count": self._scaler.counts.get(NAMES[0], 0),
            "means": [self._scaler.means.get(name, 0.0) for name in NAMES],
            "variances": [self._scaler.vars.get(name, 0.0) for name in NAMES],
            "intercept": self._model.intercept,
            "steps": self._model.optimizer.n_iterations,
            "dense": [weights.get(name, 0.0) for name in NAMES],
            "dense_squares": [squares.get(name, 0.0) for name in NAMES],
            "buckets": buckets,
            "hashed": [weights[bucket] for bucket in buckets],
            "hashed_squares": [squares.get(bucket, 0.0) for bucket in buckets],
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any], base_rate: float, learning: LearningParams) -> RiskLearner:
        """Take up learning where `to_plain` left off.

        Raises
        ------
        KeyError, ValueError
            If the numbers are not those of this version.
        """
        learner = cls(base_rate, learning)
        if not plain["count"]:
            return learner
        counts = dict.fromkeys(NAMES, plain["count"])
        means = dict(zip(NAMES, plain["means"], strict=True))
        variances = dict(zip(NAMES, plain["variances"], strict=True))
        learner._scaler = StandardScaler._from_state(counts, means, variances)
        names: list[str | int] = [*NAMES, *plain["buckets"]]
        model = learner._model
        model.intercept = plain["intercept"]
        model.optimizer.n_iterations = plain["steps"]
        model.optimizer.g2.update(zip(names, [*plain["dense_squares"], *plain["hashed_squares"]], strict=True))
        model._weights = VectorDict(dict(zip(names, [*plain["dense"], *plain["hashed"]], strict=True)))
        return learner

    def _inputs(self, numbers: dict[str, float], hashed: Sequence[int]) -> dict[str | int, float]:
        """Join scaled numbers and active buckets."""
        inputs: dict[str | int, float] = self._scaler.transform_one(numbers)
        inputs.update(dict.fromkeys(hashed, 1.0))
        return inputs
