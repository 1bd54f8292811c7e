"""A scaler and a sparse logistic regression as one learner, whose frozen weights are for the features themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from models.linear.scaler import Numbers, RunningScaler


class Regression(Protocol):
    """A logistic regression on numbers and active buckets."""

    @property
    def size(self) -> int:
        """How many numbers there are."""

    def learn_active(self, values: Numbers, active: Sequence[int], label: bool, weight: float = 1.0) -> None:
        """Take one example into account; a weight below zero takes it back."""

    def score(self, values: Numbers, active: Sequence[int]) -> float:
        """Give the log-odds."""

    def weigh(self, active: Sequence[int]) -> float:
        """Add up the weights of buckets; one that has none weighs nothing."""

    def count_known(self, active: Sequence[int]) -> int:
        """Count those of them that have been learned from."""

    def start_at(self, weights: Mapping[str, float]) -> None:
        """Give numbers a weight before anything is learned."""

    def frozen(self, limit: int | None = None) -> tuple[float, Numbers, list[int], list[float]]:
        """Give intercept, weights of the numbers, buckets (ascending) and their weights."""

    def to_plain(self) -> dict[str, Any]:
        """Write all that was learned as plain numbers."""

    def restore(self, plain: Mapping[str, Any]) -> None:
        """Go on where `to_plain` left off, bit for bit."""


_PRIOR = 20.0
"""Examples that every number is taken to have had before the first."""


class FrozenLinear(NamedTuple):
    """A linear model on the log-odds scale, its scaler folded in.

    score = intercept + sum(dense[i] * x[i]) + sum(weight of each active bucket).
    """

    intercept: float
    """Log-odds where every number is 0 and no bucket is active."""
    dense: list[float]
    """One weight per number, per unit of the number."""
    means: list[float]
    """Mean of each number among the examples seen."""
    buckets: list[int]
    """Buckets with a weight, ascending."""
    weights: list[float]
    """One weight per bucket, in the same order."""


class ScaledLogistic:
    """Learns from numbers as they are, and active buckets, one example at a time.

    Parameters
    ----------
    model
        The regression.
    standard
        Numbers whose scale is known beforehand; none by default.
    """

    def __init__(self, model: Regression, standard: slice = slice(0)) -> None:
        self.model = model
        self.scaler = RunningScaler(model.size, _PRIOR, standard)

    def learn(self, dense: Sequence[float], hashed: Sequence[int], label: bool, weight: float = 1.0) -> None:
        """Take one example into account; a weight below zero takes it back.

        Parameters
        ----------
        dense
            One entry per name.
        hashed
            Active buckets, each once.
        label
            What came true.
        weight
            How much the example counts.
        """
        numbers = np.array(dense)
        self.scaler.learn(numbers, weight)
        self.model.learn_active(self.scaler.scaled(numbers), hashed, label, weight)

    def score(self, dense: Sequence[float], hashed: Sequence[int]) -> float:
        """Give the log-odds; the frozen weights must give the same."""
        return self.model.score(self.scaler.scaled(np.array(dense)), hashed)

    def frozen(self, limit: int | None = None, digits: int | None = None) -> FrozenLinear:
        """Fold the scaler into the weights.

        Parameters
        ----------
        limit
            Keep only so many buckets, those with the largest weights; all by default.
        digits
            Decimal places kept of a bucket's weight; all by default.
        """
        intercept, scaled, buckets, weights = self.model.frozen(limit)
        means, dense = self.scaler.means, scaled * self.scaler.shares()
        intercept -= float((dense * means).sum())
        if digits is not None:
            weights = [round(weight, digits) for weight in weights]
        return FrozenLinear(intercept, dense.tolist(), means.tolist(), buckets, weights)

    def to_plain(self) -> dict[str, Any]:
        """Write all that later learning depends on, as plain numbers."""
        return {"scaler": self.scaler.to_plain(), "model": self.model.to_plain()}

    def restore(self, plain: Mapping[str, Any]) -> None:
        """Go on where `to_plain` left off, bit for bit.

        Raises
        ------
        KeyError, ValueError
            If the numbers are not those of this version, or of other names.
        """
        self.scaler.restore(plain["scaler"])
        self.model.restore(plain["model"])
