"""A linear regression that knows how sure it is of every weight, for River."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from river import base

from models.text.packing import pack, pack_ascending, unpack, unpack_ascending


class AROWRegressor(base.Regressor):
    """Adaptive regularisation of weights, diagonal, as a regression.

    Every weight has a variance, 1 before its feature was seen. A rare feature is still uncertain, so it learns fast;
    a frequent one is certain, and hardly moves. One pass is as good as several.

    Weights and variances are kept in fixed steps (2^-18 and 2^-20, four and one millionths): written as whole numbers
    they stay short, and reading them back gives the same bits.

    Parameters
    ----------
    r
        How little one example says (> 0): the larger, the slower variances shrink.
    bias_rate
        Step of the intercept, in shares of the error (>= 0).
    max_weights
        How many weights are kept (> 0). When there are more, the fifth that moves scores least is forgotten.

    Notes
    -----
    A negative example weight takes back what an example taught, approximately: variances do not grow above 1.

    References
    ----------
    Crammer, Kulesza, Dredze (2009): Adaptive regularization of weight vectors. NIPS 22.
    https://papers.nips.cc/paper/3848-adaptive-regularization-of-weight-vectors

    Examples
    --------
    >>> model = AROWRegressor()
    >>> model.learn_one({"slow": 1.0}, 1.0)
    >>> model.predict_one({"slow": 1.0})
    0.52
    """

    def __init__(self, r: float = 1.0, bias_rate: float = 0.02, max_weights: int = 1_000_000) -> None:
        self.r = r
        self.bias_rate = bias_rate
        self.max_weights = max_weights
        self.bias = 0.0
        self.weights: dict[Any, float] = {}
        self.variances: dict[Any, float] = {}

    def learn_one(self, x: Mapping[Any, float], y: float, w: float = 1.0) -> None:
        """Learn one example.

        Parameters
        ----------
        x
            Feature to value; a feature that is missing is zero.
        y
            What should be predicted.
        w
            How much the example counts.
        """
        variances, weights = self.variances, self.weights
        error = y - self.predict_one(x)
        spread = self.r + sum([variances.get(name, 1.0) * value * value for name, value in x.items()])
        step, shrink = w * error / spread, w / spread
        for name, value in x.items():
            variance = variances.get(name, 1.0)
            gain = variance * value
            weights[name] = round((weights.get(name, 0.0) + step * gain) * _WEIGHT_STEPS) / _WEIGHT_STEPS
            left = min(1.0, max(variance - shrink * gain * gain, _LEAST_VARIANCE))
            variances[name] = round(left * _VARIANCE_STEPS) / _VARIANCE_STEPS
        self.bias += self.bias_rate * error * w
        if len(weights) > self.max_weights:
            self._forget()

    def predict_one(self, x: Mapping[Any, float]) -> float:
        """Predict."""
        weight_of = self.weights.get
        return self.bias + sum([weight_of(name, 0.0) * value for name, value in x.items()])

    def by_importance(self) -> list[Any]:
        """Give the features, of one type, those that move scores most first.

        A weight moves scores as far as it is large and as its feature is present: the inverse of the variance has
        summed up the squares of the feature's values.
        """
        variances = self.variances
        importance = {name: abs(weight) * (1.0 / variances[name] - 1.0) ** 0.5 for name, weight in self.weights.items()}
        # By name first: which of two equals is forgotten must not depend on the order in which they were learned.
        return sorted(sorted(importance), key=importance.__getitem__, reverse=True)

    def to_plain(self) -> dict[str, Any]:
        """Write all that was learned, packed; features must be whole numbers."""
        names = sorted(self.weights)
        return {
            "bias": self.bias,
            "features": pack_ascending(names),
            "weights": pack(round(self.weights[name] * _WEIGHT_STEPS) for name in names),
            "shrunk": pack(round((1.0 - self.variances[name]) * _VARIANCE_STEPS) for name in names),
        }

    def restore(self, plain: Mapping[str, Any]) -> None:
        """Go on where `to_plain` left off, bit for bit.

        Raises
        ------
        KeyError, ValueError
            If the numbers are not those of this version.
        """
        self.bias = plain["bias"]
        names = unpack_ascending(plain["features"])
        weights = [steps / _WEIGHT_STEPS for steps in unpack(plain["weights"])]
        variances = [1.0 - steps / _VARIANCE_STEPS for steps in unpack(plain["shrunk"])]
        self.weights = dict(zip(names, weights, strict=True))
        self.variances = dict(zip(names, variances, strict=True))

    def _forget(self) -> None:
        """Keep four fifths of the allowed weights."""
        kept = self.by_importance()[: self.max_weights * 4 // 5]
        self.weights = {name: self.weights[name] for name in kept}
        self.variances = {name: self.variances[name] for name in kept}


# A weight that could never move again would not follow a change of the times.
_LEAST_VARIANCE = 0.0001
_WEIGHT_STEPS, _VARIANCE_STEPS = float(1 << 18), float(1 << 20)
