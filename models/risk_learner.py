"""The online risk model of one horizon: features and labels in, frozen weights out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from models.calibration import IDENTITY, Calibration
from models.features import FAMILIES, LENGTHS, NAMES, SCORECARD, STANDARD
from models.linear.adagrad import AdaGradLogistic
from models.linear.ftrl import FtrlLogistic
from models.linear.scaled import Regression, ScaledLogistic
from models.log_odds import log_odds, probability_of
from models.parameters.learning import LearningParams, LineName
from schemas.snapshots import RiskWeights, SparseWeights

DIGITS = 5
"""Decimal places of a frozen weight of a bucket."""

_NORMAL_OVER = 2_000
"""Predictions over which the normal of the population is averaged."""


class RiskLearner:
    """Learns P(complaint within a horizon) from examples, one at a time, in the order they come.

    Parameters
    ----------
    name
        Which regression.
    base_rate
        Share of positives that the intercept starts from, in (0, 1).
    learning
        Step size, memory and size.
    """

    def __init__(self, name: LineName, base_rate: float, learning: LearningParams) -> None:
        self._frozen_weights = learning.frozen_weights
        model = REGRESSIONS[name](base_rate, learning)
        model.start_at(dict.fromkeys(SCORECARD, learning.score_card))
        self._model = ScaledLogistic(model, STANDARD)
        used = [FAMILIES[family] for family in learning.families]
        self._unused = [place for place in range(len(NAMES)) if not any(f.start <= place < f.stop for f in used)]
        self._hashed_mean, self._met = 0.0, 0

    def meet(self, hashed: Sequence[int]) -> None:
        """Take a new prediction into account for what is normal, without learning from it."""
        said = self._model.model.weigh(hashed)
        self._met += 1
        self._hashed_mean += (said - self._hashed_mean) / min(self._met, _NORMAL_OVER)

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
        self._model.learn(self._used(dense), hashed, label, weight)

    def probability(self, dense: Sequence[float], hashed: Sequence[int]) -> float:
        """Predict before calibration; the frozen weights must give the same."""
        return probability_of(self._model.score(self._used(dense), hashed))

    def _used(self, dense: Sequence[float]) -> Sequence[float]:
        """Leave out the families that are not learned from: zero, always, teaches nothing."""
        if not self._unused:
            return dense
        used = list(dense)
        for place in self._unused:
            used[place] = 0.0
        return used

    def count_known(self, hashed: Sequence[int]) -> int:
        """Count the buckets that have been learned from."""
        return self._model.model.count_known(hashed)

    def frozen(self, calibration: Calibration = IDENTITY) -> RiskWeights:
        """Give plain weights on the features themselves, with their calibration."""
        frozen = self._model.frozen(self._frozen_weights, DIGITS)
        return RiskWeights(
            intercept=frozen.intercept,
            dense=tuple(frozen.dense),
            means=tuple(frozen.means),
            hashed=SparseWeights(buckets=tuple(frozen.buckets), weights=tuple(frozen.weights)),
            hashed_mean=self._hashed_mean,
            slope=calibration.slope,
            offset=calibration.offset,
        )

    def to_plain(self) -> dict[str, Any]:
        """Write all that later learning depends on, as plain numbers; `from_plain` goes on bit for bit."""
        return {**self._model.to_plain(), "normal": [self._hashed_mean, self._met]}

    @classmethod
    def from_plain(
        cls, plain: dict[str, Any], name: LineName, base_rate: float, learning: LearningParams
    ) -> RiskLearner:
        """Take up learning where `to_plain` left off; a family that is younger than that begins as in a new learner.

        Raises
        ------
        KeyError, ValueError
            If the numbers are not those of this version.
        """
        if (length := len(plain["scaler"]["means"])) not in LENGTHS:
            raise ValueError(f"numbers for {length} numeric features, this version has {len(NAMES)}")
        learner = cls(name, base_rate, learning)
        learner._model.restore(plain)
        learner._hashed_mean, learner._met = plain["normal"]
        return learner


def _adagrad(base_rate: float, learning: LearningParams) -> Regression:
    return AdaGradLogistic(
        NAMES,
        learning_rate=learning.learning_rate,
        damping=learning.damping,
        memory=learning.memory,
        l2=learning.l2,
        intercept_init=log_odds(base_rate),
        intercept_rate=learning.intercept_rate,
        max_weights=learning.learned_weights,
    )


def _ftrl(base_rate: float, learning: LearningParams) -> Regression:
    return FtrlLogistic(
        NAMES,
        learning_rate=learning.learning_rate,
        damping=learning.damping,
        l2=learning.l2,
        intercept_init=log_odds(base_rate),
        intercept_rate=learning.intercept_rate,
    )


REGRESSIONS: dict[LineName, Callable[[float, LearningParams], Regression]] = {"adagrad": _adagrad, "ftrl": _ftrl}
"""What can learn a line, by the name that parameters use."""
