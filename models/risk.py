"""Features to probability, with frozen weights as plain numbers, and the exact parts that it is the sum of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from operator import mul
from typing import NamedTuple

from models.features import FAMILIES, NAMES, SCORECARD, completed
from models.log_odds import log_odds, probability_of
from models.params import Params
from schemas.errors import SnapshotError
from schemas.snapshots import ModelWeights, RiskLine, RiskWeights, SparseWeights

DIGITS = 4
"""Decimal places of contributions; what rounding leaves over is part of the base, so that their sum is exact."""


_CARD_SCALE = 2.0
"""One over the usual standard deviation of an item of the score card, until it is known."""

_CARD_MEAN = 1.6
"""Points above the base that an ordinary customer has, per point of weight; the base rate is that of all customers."""


def untrained(params: Params) -> ModelWeights:
    """Return what a scorer has before the first snapshot: the base rates, and a score card of rules."""
    zeros, card = (0.0,) * len(NAMES), _score_card(params)

    def at_rate(rate: float) -> RiskWeights:
        points = params.learning.score_card
        return RiskWeights(intercept=log_odds(rate) - points * _CARD_MEAN, dense=card, means=zeros)

    learning = params.learning
    line = RiskLine(
        name=learning.champion,
        risk_7d=at_rate(learning.base_rate_7d),
        risk_30d=at_rate(learning.base_rate_30d),
    )
    return ModelWeights(
        number=0,
        at=datetime(1971, 1, 1, tzinfo=UTC),
        params_hash=params.digest(),
        examples_seen=0,
        positives_seen=0,
        lines=(line,),
    )


def _score_card(params: Params) -> tuple[float, ...]:
    """Return what each numeric feature weighs before anything is learned."""
    return tuple(_CARD_SCALE * params.learning.score_card * float(name in SCORECARD) for name in NAMES)


def fitted(weights: ModelWeights, params: Params) -> ModelWeights:
    """Let weights of an earlier version know the features of today: those that they lack weigh what they start at.

    Raises
    ------
    SnapshotError
        If they are for another set of features.
    """
    if all(len(risk.dense) == len(NAMES) for line in weights.lines for risk in (line.risk_7d, line.risk_30d)):
        return weights
    card = _score_card(params)

    def of_today(risk: RiskWeights) -> RiskWeights:
        return risk.model_copy(update={"dense": completed(risk.dense, card), "means": completed(risk.means)})

    def both(line: RiskLine) -> RiskLine:
        return line.model_copy(update={"risk_7d": of_today(line.risk_7d), "risk_30d": of_today(line.risk_30d)})

    try:
        return weights.model_copy(update={"lines": tuple(map(both, weights.lines))})
    except ValueError as error:
        raise SnapshotError(f"snapshot {weights.number} is of another kind: {error}") from error


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
        self._intercept = weights.intercept
        self._dense = weights.dense
        self._slope, self._offset = weights.slope, weights.offset
        self._hashed_mean = weights.hashed_mean
        means = [(where, sum(map(mul, weights.dense[where], weights.means[where]))) for where in FAMILIES.values()]
        self._families = [(where, mean, round(weights.slope * (0.0 - mean), DIGITS)) for where, mean in means]
        """Where each family stands, what it adds at the mean, and what its absence adds against that."""

    def parts(self, dense: Sequence[float]) -> list[float]:
        """Return what each numeric feature adds to the score."""
        return list(map(mul, self._dense, dense))

    def score(self, parts: Sequence[float], circumstances: float) -> float:
        """Return the log-odds of a complaint, before calibration.

        Parameters
        ----------
        parts
            What the numeric features add, one by one.
        circumstances
            What the hashed features add together.
        """
        return self._intercept + sum(parts) + circumstances

    def calibrated(self, score: float) -> float:
        """Return the log-odds after calibration."""
        return self._slope * score + self._offset

    def contributions(self, parts: Sequence[float], circumstances: float) -> list[float]:
        """Return what each of `CONTRIBUTORS` adds to the calibrated log-odds against the population's mean.

        What is left of the score is that of a customer in whom everything is at its mean: the base.
        """
        slope = self._slope
        numeric = [
            round(slope * (total - mean), DIGITS) if (total := sum(parts[where])) else absent
            for where, mean, absent in self._families
        ]
        return [*numeric, round(slope * (circumstances - self._hashed_mean), DIGITS)]


class Outlook(NamedTuple):
    """What the models of a line say about one customer."""

    score_7d: float
    """Log-odds for 7 days before calibration."""
    score_30d: float
    """Log-odds for 30 days before calibration."""
    probability_7d: float
    """Probability of a complaint within 7 days."""
    probability_30d: float
    """Within 30 days; never below the one for 7."""


class Judgement(NamedTuple):
    """What the models of a line say about one customer, and why."""

    outlook: Outlook
    """Scores and probabilities."""
    base: float
    """Log-odds of a customer in whom everything is at the mean of all."""
    contributions: list[float]
    """What each of `CONTRIBUTORS` adds to it. Their sum with the base is the log-odds of the probability for 30 days.
    """
    is_short: bool
    """Whether the model for 7 days expects more, and so speaks for 30 days too."""


class LineScorer:
    """Both horizons of one line of models.

    Parameters
    ----------
    line
        What the learner published.

    Raises
    ------
    SnapshotError
        If the weights are for another set of features.
    """

    def __init__(self, line: RiskLine) -> None:
        self.name = line.name
        self._short, self._long = LinearScorer(line.risk_7d), LinearScorer(line.risk_30d)
        short, long = (dict(zip(hashed.buckets, hashed.weights, strict=True)) for hashed in _hashed_of(line))
        # Both in one place: a look-up among tens of thousands is a walk to memory, and there are some twenty a score.
        pairs = {bucket: (short.get(bucket, 0.0), long.get(bucket, 0.0)) for bucket in short | long}
        self._weights_of = pairs.get

    def outlook(self, dense: Sequence[float], hashed: Sequence[int]) -> Outlook:
        """Score a customer.

        A complaint within 7 days is one within 30: where the two models disagree about that, the higher one, which is
        then the one for 7 days, speaks for both.
        """
        return self.judge(dense, hashed).outlook

    def judge(self, dense: Sequence[float], hashed: Sequence[int]) -> Judgement:
        """Score a customer, and take the probability for 30 days apart."""
        short, long = self._short, self._long
        # Most buckets were not frozen, and weigh nothing.
        weights = list(filter(None, map(self._weights_of, hashed)))
        circumstances_7d = sum([pair[0] for pair in weights])
        circumstances_30d = sum([pair[1] for pair in weights])
        parts_7d, parts_30d = short.parts(dense), long.parts(dense)
        score_7d, score_30d = short.score(parts_7d, circumstances_7d), long.score(parts_30d, circumstances_30d)
        sooner, later = short.calibrated(score_7d), long.calibrated(score_30d)
        if is_short := sooner > later:
            speaks, contributions = sooner, short.contributions(parts_7d, circumstances_7d)
        else:
            speaks, contributions = later, long.contributions(parts_30d, circumstances_30d)
        outlook = Outlook(score_7d, score_30d, probability_of(sooner), probability_of(speaks))
        return Judgement(outlook, speaks - sum(contributions), contributions, is_short)


def _hashed_of(line: RiskLine) -> tuple[SparseWeights, SparseWeights]:
    """Return the weights of the buckets for both horizons."""
    return line.risk_7d.hashed, line.risk_30d.hashed


class Scorer:
    """All frozen models of one snapshot.

    Parameters
    ----------
    weights
        What the learner published.
    params
        Says from how many complaints on the model is trusted alone.
    learner
        Whose models count; empty for the snapshot's own champion. The others score in the shadow.

    Raises
    ------
    SnapshotError
        If the snapshot has no such learner, or is for another set of features.
    """

    def __init__(self, weights: ModelWeights, params: Params, learner: str = "") -> None:
        weights = fitted(weights, params)
        lines = {each.name: LineScorer(each) for each in weights.lines}
        name = learner or weights.lines[0].name
        if name not in lines:
            raise SnapshotError(f"snapshot {weights.number} has no learner {name!r}, it has {', '.join(lines)}")
        self.weights = weights
        self.number = weights.number
        self.cold = weights.positives_seen < params.policy.cold_positives
        self.champion = lines.pop(name)
        self.challenger = next(iter(lines.values()), None)
