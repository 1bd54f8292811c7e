"""A line of risk models: both horizons, learned by one label protocol, frozen together."""

from __future__ import annotations

from functools import partial
from typing import Any

from models.labels.protocols import PROTOCOLS
from models.params import LineName, Params
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
        self._models: dict[Horizon, RiskLearner] = {
            7: RiskLearner(learning.base_rate_7d, learning),
            30: RiskLearner(learning.base_rate_30d, learning),
        }

    def learn(self, example: RiskExample) -> None:
        """Take what became known of a prediction, as far as the label protocol believes it."""
        dense, hashed = example.dense, example.hashed
        for horizon in example.horizons:
            model = self._models[horizon]
            for label, weight in self._believe(example, partial(model.probability, dense, hashed)):
                model.learn(dense, hashed, label, weight)

    def frozen(self) -> RiskLine:
        """Return the weights of both horizons as plain numbers."""
        return RiskLine(name=self.name, risk_7d=self._models[7].frozen(), risk_30d=self._models[30].frozen())

    def to_plain(self) -> dict[str, Any]:
        """Write all that later learning depends on, as plain numbers; `from_plain` goes on bit for bit."""
        return {f"risk_{horizon}d": self._models[horizon].to_plain() for horizon in HORIZONS}

    @classmethod
    def from_plain(cls, plain: dict[str, Any], name: LineName, params: Params) -> Line:
        """Take up learning where `to_plain` left off.

        Raises
        ------
        KeyError, ValueError
            If the numbers are not those of this version.
        """
        line = cls(name, params)
        learning = params.learning
        line._models = {
            7: RiskLearner.from_plain(plain["risk_7d"], learning.base_rate_7d, learning),
            30: RiskLearner.from_plain(plain["risk_30d"], learning.base_rate_30d, learning),
        }
        return line
