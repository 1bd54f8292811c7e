"""Features of what we owe the customer."""

from __future__ import annotations

from math import log1p

from models.heat import recency
from models.moments import HOUR
from models.state import CustomerState

NAMES = {
    "promises_open": "open promises, ln(1 + n)",
    "promises_missed": "promises missed since the last solution, ln(1 + n)",
    "promise_missed": "freshness of the last missed promise, half after 7 days",
    "feedback_age": "age of the oldest unanswered negative feedback, ln(1 + hours)",
    "contacted": "freshness of the last time somebody acted for the customer, half after 7 days",
}


def values(state: CustomerState, at: float) -> tuple[float, ...]:
    """Compute the family at a time, in the order of `NAMES`."""
    return (
        log1p(len(state.promises)),
        log1p(state.missed),
        recency(at, state.missed_at, 7.0),
        log1p(max(0.0, at - state.feedback_at) / HOUR) if state.feedback_at else 0.0,
        recency(at, state.contacted_at, 7.0),
    )
