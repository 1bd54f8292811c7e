"""Features of what the customer answered when asked, and of silence."""

from __future__ import annotations

from models.heat import recency
from models.state import CustomerState

NAMES = {
    "rating": "last rating in [-1, 1], faded by half every 30 days",
    "survey_ignored": "freshness of the last survey left unanswered after a bad contact, half after 14 days",
}


def values(state: CustomerState, at: float) -> tuple[float, ...]:
    """Compute the family at a time, in the order of `NAMES`."""
    return (
        state.rating * recency(at, state.rated_at, 30.0),
        recency(at, state.ignored_at, 14.0),
    )
