"""Probabilities and log-odds: the two scales of every model here."""

from __future__ import annotations

from math import exp, log

LEAST = 1e-6
"""What is kept of a probability cannot tell certainty from so much less."""


def probability_of(score: float) -> float:
    """Turn log-odds into a probability in [0, 1], without overflow."""
    if score >= 0:
        return 1.0 / (1.0 + exp(-score))
    odds = exp(score)
    return odds / (1.0 + odds)


def log_odds(probability: float) -> float:
    """Turn a probability into log-odds, finite for certainty too."""
    kept = min(max(probability, LEAST), 1.0 - LEAST)
    return log(kept / (1.0 - kept))
