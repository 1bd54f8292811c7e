"""What a probability is the sum of: families of features, and in them single ones."""

from __future__ import annotations

from math import fsum
from typing import NamedTuple

from models.engine import Engine
from models.features import CONTRIBUTORS, NAMES, dense_features
from models.log_odds import log_odds
from models.packing import unpacked_buckets
from models.partition import decode_partition, engine_key
from models.state import FORGOTTEN, CustomerState
from schemas.alerts import Alert, Explanation

_HALF_A_DIGIT = 5e-7
"""Probabilities, and each part of their log-odds, are kept to six decimal places."""


class Feature(NamedTuple):
    """One numeric feature of the customer."""

    name: str
    """Its name, from `models.features.NAMES`."""
    value: float
    """What it was."""
    adds: float
    """What it adds to the log-odds, against a customer at the mean of all."""


class Score(NamedTuple):
    """What stood behind one transition."""

    learner: str
    """Whose models scored."""
    cold: bool
    """Whether the model had seen too few complaints to be trusted."""
    threshold: float
    """Least score that asks for a call, in log-odds of a complaint within 7 days, once the message was done."""
    horizon: str
    """Which of the two models speaks for 30 days: `7d` where it expects more."""
    features: list[Feature]
    """All that are not zero or that add something, those that move the score most first."""
    is_exact: bool
    """Whether the features give the alert's own contributions; False where the same message went on to later times."""


def score_of(engine: Engine, state: CustomerState, alert: Alert) -> Score | None:
    """Take a score apart with the models that made it.

    Parameters
    ----------
    engine
        Engine of the customer's partition, after the message.
    state
        The customer, after the message.
    alert
        The transition.

    Returns
    -------
    Score or None
        None where nothing is left of the customer.
    """
    if state.stage == FORGOTTEN:
        return None
    scorer = engine.scorer
    dense, buckets = dense_features(state, state.clock, engine.params), unpacked_buckets(state.categories)
    champion = scorer.champion
    judgement = champion.judge(dense, buckets)
    line = next(line for line in scorer.weights.lines if line.name == champion.name)
    risk = line.risk_7d if judgement.is_short else line.risk_30d
    weighed = zip(NAMES, dense, risk.dense, risk.means, strict=True)
    features = [Feature(name, value, risk.slope * weight * (value - mean)) for name, value, weight, mean in weighed]
    contributions, shown = dict(zip(CONTRIBUTORS, judgement.contributions, strict=True)), alert.explanation
    return Score(
        learner=champion.name,
        cold=scorer.cold,
        threshold=decode_partition(engine.partition_rows()[engine_key(engine.partition)]).threshold,
        horizon="7d" if judgement.is_short else "30d",
        features=sorted((f for f in features if f.value or f.adds), key=lambda f: (-abs(f.adds), f.name)),
        is_exact=shown is not None and dict.fromkeys(CONTRIBUTORS, 0.0) | shown.contributions == contributions,
    )


def sum_of(explanation: Explanation) -> float:
    """Add up what an explanation says."""
    return fsum((explanation.base, *explanation.contributions.values()))


def adds_up(explanation: Explanation, probability: float) -> bool:
    """Whether an explanation is the log-odds of a probability, as far as their decimal places tell."""
    tolerance = _HALF_A_DIGIT * (1 + len(explanation.contributions))
    if 0.0 < probability < 1.0:
        tolerance += _HALF_A_DIGIT / (probability * (1.0 - probability))
    return abs(sum_of(explanation) - log_odds(probability)) <= tolerance
