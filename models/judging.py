"""What the frozen models make of a customer now, written into the state with all that explains it."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp2

from models.moments import DAY
from models.params import Params
from models.risk import Outlook, Scorer
from models.state import CustomerState

DIGITS = 6
"""Decimal places of log-odds and probabilities that a row keeps."""


def score_customer(
    state: CustomerState, dense: Sequence[float], buckets: Sequence[int], scorer: Scorer, params: Params
) -> None:
    """Score a customer at the state's own clock.

    Parameters
    ----------
    state
        Changed in place: probabilities, their parts, the customer's usual parts, and the challenger's opinion.
    dense
        Numeric features at that time.
    buckets
        Active buckets of the customer's last event.
    scorer
        The frozen models.
    """
    before, scored_at = state.contributions, state.scored_at
    outlook, base, state.contributions, _ = scorer.champion.judge(dense, buckets)
    state.score_7d, state.score_30d, state.probability_7d, state.probability_30d = _rounded(outlook)
    state.base = round(base, DIGITS)
    state.snapshot, state.cold = scorer.number, scorer.cold
    state.scored_at = state.clock
    if before and state.clock > scored_at:
        state.usual = _usual(state, before, state.clock - scored_at, params)
    state.learner = scorer.champion.name
    shadow = scorer.challenger
    state.shadow = () if shadow is None else (shadow.name, *_rounded(shadow.outlook(dense, buckets)))


def _rounded(outlook: Outlook) -> tuple[float, float, float, float]:
    """Cut what a row keeps to what it is worth."""
    score_7d, score_30d, probability_7d, probability_30d = outlook
    return (
        round(score_7d, DIGITS),
        round(score_30d, DIGITS),
        round(probability_7d, DIGITS),
        round(probability_30d, DIGITS),
    )


def _usual(state: CustomerState, before: Sequence[float], elapsed: float, params: Params) -> list[float]:
    """Average a customer's parts over time: what stood since the last look counts for as long as it stood."""
    gain = 1.0 - exp2(-elapsed / (params.memory.slow_half_life_days * DAY))
    usual = state.usual or (0.0,) * len(before)
    return [round(old + gain * (stood - old), 4) for old, stood in zip(usual, before, strict=True)]
