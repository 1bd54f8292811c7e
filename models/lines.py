"""A line of risk models: both horizons, learned by one label protocol, frozen together."""

from __future__ import annotations

from functools import partial
from typing import Any

from models.calibration import Platt
from models.labels.protocols import PROTOCOLS
from models.parameters.learning import LineName
from models.params import Params
from models.risk_learner import RiskLearner
from schemas.examples import RiskExample
from schemas.snapshots import HORIZONS, Horizon, RiskLine


class Line:
    """Learns both horizons of one line of models.

    Parameters
    ----------
    name
        Which learner.
    params
        How to learn, and when to believe a label.
    """

    def __init__(self, name: LineName, params: Params) -> None:
        self.name = name
        learning = params.learning
        self._believe = PROTOCOLS[params.labels.protocol](params.labels)
        self._models = {horizon: RiskLearner(name, rate, learning) for horizon, rate in _base_rates(params).items()}
        self._calibrators: dict[Horizon, Platt] = {
            horizon: Platt(learning.calibration_half_life, learning.calibration_prior) for horizon in HORIZONS
        }

    def learn(self, example: RiskExample) -> None:
        """Take what became known of a prediction; only what is final moves the calibration."""
        if example.phase == "matured":
            self._calibrate(example)
        dense, hashed = example.dense, example.hashed
        for horizon, model in self._models.items():
            if example.phase == "predicted":
                model.meet(hashed)
            for label, weight in self._believe(example, horizon, partial(model.probability, dense, hashed)):
                model.learn(dense, hashed, label, weight)

    def _calibrate(self, example: RiskExample) -> None:
        """Set a final label against what these models had said."""
        scores = example.scores_by(self.name)
        if scores is not None:
            for horizon in example.horizons:
                self._calibrators[horizon].learn(scores[horizon], example.label, example.weight)

    def unseen_share(self, example: RiskExample) -> float:
        """Return the share of active buckets, in [0, 1], that the models have never learned from."""
        count = len(example.hashed)
        return (count - self._models[30].count_known(example.hashed)) / max(1, count)

    def frozen(self) -> RiskLine:
        """Return the weights of both horizons, with their calibration, as plain numbers."""
        short, long = (self._models[horizon].frozen(self._calibrators[horizon].frozen()) for horizon in HORIZONS)
        return RiskLine(name=self.name, risk_7d=short, risk_30d=long)

    def to_plain(self) -> dict[str, Any]:
        """Write all that later learning depends on, as plain numbers; `from_plain` goes on bit for bit."""
        return {
            f"{horizon}d": {
                "model": self._models[horizon].to_plain(),
                "calibration": self._calibrators[horizon].to_plain(),
            }
            for horizon in HORIZONS
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any], name: LineName, params: Params) -> Line:
        """Take up learning where `to_plain` left off.

        Raises
        ------
        KeyError, ValueError
            If the numbers are not those of this version.
        """
        line, learning = cls(name, params), params.learning
        for horizon, rate in _base_rates(params).items():
            kept = plain[f"{horizon}d"]
            line._models[horizon] = RiskLearner.from_plain(kept["model"], name, rate, learning)
            line._calibrators[horizon] = Platt.from_plain(
                kept["calibration"], learning.calibration_half_life, learning.calibration_prior
            )
        return line


def _base_rates(params: Params) -> dict[Horizon, float]:
    """Return where the intercept of each horizon starts."""
    return {7: params.learning.base_rate_7d, 30: params.learning.base_rate_30d}
