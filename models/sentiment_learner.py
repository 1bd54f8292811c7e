"""The online text model, in River: n-grams of comments to the ratings that came with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from river.linear_model import LinearRegression
from river.optim import AdaGrad
from river.utils import VectorDict

from schemas.snapshots import SentimentWeights, SparseWeights

# AUC of one pass over 1,852 help-desk dialogues, each asked before it is learned from: .02 gives .806, .05 .799,
# .1 .767. The larger of the two that are nearly equal, because a smaller one leaves a furious comment near the mean.
LEARNING_RATE = 0.05


class SentimentLearner:
    """Learns polarity from rated comments, one at a time, in the order they come.

    A linear regression of how far a rating lies from the mean of all, on the text's n-grams: each worth the same and
    all together of length one, so that a long comment does not move the weights further than a short one. Most
    ratings are good; without the mean taken away, every text would sound pleased.
    """

    def __init__(self) -> None:
        self._model = LinearRegression(optimizer=AdaGrad(LEARNING_RATE), intercept_lr=0.0)
        self._mean = 0.0

    @property
    def examples_seen(self) -> int:
        """Rated comments learned from."""
        return int(self._model.optimizer.n_iterations)

    def learn(self, grams: Sequence[int], target: float) -> None:
        """Take one rated comment into account.

        Parameters
        ----------
        grams
            Buckets of the comment, as `models.sentiment.grams` gives them: each once. A comment
            without any says nothing and is passed over.
        target
            The rating, moved to [-1, 1].

        Raises
        ------
        ValueError
            If `target` is out of range.
        """
        if not -1.0 <= target <= 1.0:
            raise ValueError(f"target must be within [-1, 1], got {target}")
        if grams:
            self._mean += (target - self._mean) / (self.examples_seen + 1)
            self._model.learn_one(_inputs(grams), target - self._mean)

    def polarity(self, grams: Sequence[int]) -> float:
        """Predict as River does, within [-1, 1]; the frozen weights must say the same."""
        return max(-1.0, min(1.0, self._mean + self.shift(grams)))

    def shift(self, grams: Sequence[int]) -> float:
        """Say how far from the mean rating a text sounds."""
        return float(self._model.predict_one(_inputs(grams)))

    def frozen(self) -> SentimentWeights:
        """Give the weights as plain numbers, buckets ascending and without zeros."""
        weights = self._model.weights
        buckets = sorted(bucket for bucket, weight in weights.items() if weight)
        return SentimentWeights(
            bias=self._mean,
            hashed=SparseWeights(buckets=tuple(buckets), weights=tuple(weights[bucket] for bucket in buckets)),
            examples_seen=self.examples_seen,
        )

    def to_plain(self) -> dict[str, Any]:
        """Write all that later learning depends on, as plain numbers; `from_plain` goes on bit for bit."""
        weights, squares = self._model.weights, self._model.optimizer.g2
        buckets = sorted(weights)
        return {
            "steps": self._model.optimizer.n_iterations,
            "mean": self._mean,
            "buckets": buckets,
            "weights": [weights[bucket] for bucket in buckets],
            "squares": [squares[bucket] for bucket in buckets],
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> SentimentLearner:
        """Take up learning where `to_plain` left off.

        Raises
        ------
        KeyError, ValueError
            If the numbers are not those of this version.
        """
        learner = cls()
        model, buckets = learner._model, plain["buckets"]
        learner._mean = plain["mean"]
        model.optimizer.n_iterations = plain["steps"]
        model.optimizer.g2.update(zip(buckets, plain["squares"], strict=True))
        model._weights = VectorDict(dict(zip(buckets, plain["weights"], strict=True)))
        return learner


def _inputs(grams: Sequence[int]) -> dict[int, float]:
    """Give every n-gram the same value, so that the squares add up to one."""
    return dict.fromkeys(grams, len(grams) ** -0.5) if grams else {}
