"""The learned text model as scorers use it: frozen numbers, no River."""

from __future__ import annotations

import math
from collections.abc import Sequence

from schemas.snapshots import SentimentWeights


class TextModel:
    """The frozen text model of one snapshot: grams to polarity, in plain arithmetic.

    Parameters
    ----------
    weights
        As the learner published them.
    """

    def __init__(self, weights: SentimentWeights) -> None:
        self.examples_seen = weights.examples_seen
        self._bias = weights.bias
        self._weights = dict(zip(weights.hashed.buckets, weights.hashed.weights, strict=True))

    def polarity(self, buckets: Sequence[int]) -> float:
        """Say how a text feels.

        Parameters
        ----------
        buckets
            The text's `grams`.

        Returns
        -------
        float
            In [-1, 1]; 0 before anything was learned.
        """
        return max(-1.0, min(1.0, self._bias + self.shift(buckets)))

    def shift(self, buckets: Sequence[int]) -> float:
        """Say how far from the mean rating a text sounds; 0 before anything was learned."""
        if not buckets:
            return 0.0
        weight_of = self._weights.get
        total: float = sum([weight_of(bucket, 0.0) for bucket in buckets])
        return total / math.sqrt(len(buckets))
