"""A logistic regression on sparse inputs with a step size per weight, for River."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from math import sqrt
from typing import Any

import numpy as np
from river import base

from models.linear.scaler import Numbers, grown
from models.log_odds import probability_of


class AdaGradLogistic(base.Classifier):
    """Logistic regression with AdaGrad steps, in plain loops over what is active.

    River's own `LogisticRegression` with `AdaGrad` takes several times as long per example, and its step sizes only
    ever shrink. Here the sum of squares of a weight fades a little each time its feature comes, so that the model
    keeps following a change of the times.

    Inputs are numbers that are nearly always there (`names`, kept in lists) and all others (kept by name). Hashed
    features are inputs whose name is the bucket and whose value is 1. Examples are learned either as River gives them
    (`learn_one`) or, faster and with the same result, as a list of numbers and a list of buckets (`learn_active`).

    Parameters
    ----------
    names
        Names of the numbers of `learn_active`, in order; none by default.
    learning_rate
        Step of a weight, divided by the root of its sum of squared gradients (> 0).
    damping
        Where each sum of squares starts (> 0). Without it the first step of a new weight would be a whole learning
        rate however small the gradient is.
    memory
        Share of the sum of squares that is left when the feature comes again, in (0, 1]; 1 never forgets.
    l2
        Ridge penalty on weights whose feature is active (>= 0).
    intercept_init
        Log-odds before the first example. Above the log-odds of the base rate, what was never seen is more suspect
        than what was: known features then take the surplus away.
    intercept_rate
        Step of the intercept (>= 0): how fast the model follows the base rate.
    max_weights
        How many weights outside `names` are kept (> 0). When there are more, the fifth nearest to zero is forgotten:
        this bounds what `to_plain` writes.

    Notes
    -----
    An example with a weight of -1 takes a step back: a negative that was believed too early is corrected by it. After
    other examples have come in between, this is the gradient at today's weights, not that day's step.

    Only the labels True and False are known; any other counts by its truth, so that 1 is True.

    References
    ----------
    Duchi, Hazan, Singer (2011): Adaptive subgradient methods for online learning and stochastic optimization.
    Journal of Machine Learning Research 12. https://jmlr.org/papers/v12/duchi11a.html

    Examples
    --------
    >>> model = AdaGradLogistic()
    >>> model.learn_one({"late": 1.0}, True)
    >>> round(model.predict_proba_one({"late": 1.0})[True], 3)
    0.504
    """

    def __init__(
        self,
        names: tuple[str, ...] | None = None,
        learning_rate: float = 0.025,
        damping: float = 1.0,
        memory: float = 0.999,
        l2: float = 0.0,
        intercept_init: float = 0.0,
        intercept_rate: float = 0.01,
        max_weights: int = 1_000_000,
    ) -> None:
        self.names = names
        self.learning_rate = learning_rate
        self.damping = damping
        self.memory = memory
        self.l2 = l2
        self.intercept_init = intercept_init
        self.intercept_rate = intercept_rate
        self.max_weights = max_weights
        self.intercept = intercept_init
        self.dense = np.zeros(len(names or ()))
        self.dense_squares = np.full(len(names or ()), damping)
        self.weights: dict[Any, float] = {}
        self.squares: dict[Any, float] = {}

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return len(self.dense)

    def weigh(self, active: Iterable[Any]) -> float:
        """Add up the weights of inputs outside `names`; one that has none weighs nothing."""
        return sum(filter(None, map(self.weights.get, active)))

    def count_known(self, active: Iterable[Any]) -> int:
        """Count those of them that have been learned from."""
        return sum(map(self.weights.__contains__, active))

    def start_at(self, weights: Mapping[str, float]) -> None:
        """Give numbers a weight before anything is learned."""
        for place, name in enumerate(self.names or ()):
            self.dense[place] = weights.get(name, 0.0)

    def learn_one(self, x: Mapping[Any, float], y: Any, w: float = 1.0) -> None:
        """Take one example into account.

        Parameters
        ----------
        x
            Input to value; one that is missing is zero. Values should be within a few units of zero.
        y
            The label.
        w
            How much the example counts; below zero takes it back.
        """
        values, others = self._split(x)
        self._step(values, others.items(), (probability_of(self._score(values, others)) - bool(y)) * w)

    def learn_active(self, values: Numbers, active: Sequence[Any], label: bool, weight: float = 1.0) -> None:
        """Take one example into account: `learn_one` without making a mapping.

        Parameters
        ----------
        values
            One entry per name in `names`.
        active
            Inputs that are 1, each once.
        label
            What came true.
        weight
            How much the example counts; below zero takes it back.
        """
        error = (probability_of(self.score(values, active)) - label) * weight
        self._step(values, zip(active, repeat(1.0), strict=False), error)

    def predict_proba_one(self, x: Mapping[Any, float], **kwargs: Any) -> dict[Any, float]:
        """Give the probability of both labels."""
        values, others = self._split(x)
        positive = probability_of(self._score(values, others))
        return {False: 1.0 - positive, True: positive}

    def score(self, values: Numbers, active: Iterable[Any]) -> float:
        """Give the log-odds of what `learn_active` takes."""
        return self.intercept + float((self.dense * values).sum()) + self.weigh(active)

    def frozen(self, limit: int | None = None) -> tuple[float, Numbers, list[Any], list[float]]:
        """Give intercept, dense weights, buckets (ascending) and their weights, for a scorer.

        Parameters
        ----------
        limit
            Keep only so many buckets, those with the largest weights; all by default.
        """
        weights = self.weights
        kept = [name for name, weight in weights.items() if weight]
        if limit is not None and len(kept) > limit:
            kept = self._largest(kept, limit)
        kept.sort()
        return self.intercept, self.dense.copy(), kept, [weights[name] for name in kept]

    def to_plain(self) -> dict[str, Any]:
        """Write all that was learned as plain numbers; inputs outside `names` must be of one type."""
        inputs = sorted(self.weights)
        return {
            "intercept": self.intercept,
            "dense": self.dense.tolist(),
            "dense_squares": self.dense_squares.tolist(),
            "inputs": inputs,
            "weights": [self.weights[name] for name in inputs],
            "squares": [self.squares[name] for name in inputs],
        }

    def restore(self, plain: Mapping[str, Any]) -> None:
        """Go on where `to_plain` left off, bit for bit; names after those that it had begin as they are.

        Raises
        ------
        KeyError, ValueError
            If the numbers are not those of this version, or of more names.
        """
        dense, squares = grown(plain["dense"], self.dense), grown(plain["dense_squares"], self.dense_squares)
        self.intercept, self.dense, self.dense_squares = plain["intercept"], dense, squares
        self.weights = dict(zip(plain["inputs"], plain["weights"], strict=True))
        self.squares = dict(zip(plain["inputs"], plain["squares"], strict=True))

    def _split(self, x: Mapping[Any, float]) -> tuple[Numbers, dict[Any, float]]:
        """Tell the numbers in `names` from all other inputs."""
        others = dict(x)
        return np.array([others.pop(name, 0.0) for name in self.names or ()], float), others

    def _score(self, values: Numbers, others: Mapping[Any, float]) -> float:
        """Give the log-odds."""
        weight_of = self.weights.get
        numeric = float((self.dense * values).sum())
        return self.intercept + numeric + sum([weight_of(name, 0.0) * value for name, value in others.items()])

    def _step(self, values: Numbers, others: Iterable[tuple[Any, float]], error: float) -> None:
        """Take a step down the gradient of the log loss; `error` is its slope."""
        rate, memory, l2 = self.learning_rate, self.memory, self.l2
        here = values != 0.0
        gradients = (error * values + l2 * self.dense) * here
        self.dense_squares = self.dense_squares * np.where(here, memory, 1.0) + gradients * gradients
        self.dense = self.dense - rate * gradients / np.sqrt(self.dense_squares)
        weights, squares, damping = self.weights, self.squares, self.damping
        weight_of, square_of = weights.get, squares.get
        for name, value in others:
            if value:
                before = weight_of(name, 0.0)
                gradient = error * value + l2 * before
                square = squares[name] = square_of(name, damping) * memory + gradient * gradient
                weights[name] = before - rate * gradient / sqrt(square)
        self.intercept -= self.intercept_rate * error
        if len(weights) > self.max_weights:
            self._forget()

    def _forget(self) -> None:
        """Keep four fifths of the allowed weights, those farthest from zero."""
        kept = self._largest(self.weights, self.max_weights * 4 // 5)
        self.weights = {name: self.weights[name] for name in kept}
        self.squares = {name: self.squares[name] for name in kept}

    def _largest(self, names: Iterable[Any], limit: int) -> list[Any]:
        """Give the names of the weights farthest from zero."""
        sizes = {name: abs(self.weights[name]) for name in names}
        if len(sizes) <= limit:
            return list(sizes)
        # Sorting plain numbers is ten times as fast as sorting names by them.
        least = sorted(sizes.values(), reverse=True)[limit - 1]
        above = [name for name, size in sizes.items() if size > least]
        equal = sorted((name for name, size in sizes.items() if size == least), key=repr)
        return above + equal[: limit - len(above)]
