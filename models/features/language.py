"""Features of what the customer says, and of how it differs from how this customer usually speaks."""

from __future__ import annotations

from models.heat import recency
from models.state import CustomerState

NAMES = {
    "mood": "fast sentiment in [-1, 1]",
    "usual_mood": "slow sentiment in [-1, 1]",
    "mood_shift": "fast less slow sentiment: against the customer's own normal",
    "threat": "freshness of the last threat, half after 7 days",
    "grumble": "freshness of the last grumble, half after 7 days",
}


def values(state: CustomerState, at: float) -> tuple[float, ...]:
    """Compute the family at a time, in the order of `NAMES`."""
    fast = state.fast * recency(at, state.spoke_at, 3.0)
    slow = state.slow * recency(at, state.spoke_at, 45.0)
    return (
        fast,
        slow,
        fast - slow,
        recency(at, state.threat_at, 7.0),
        recency(at, state.grumbled_at, 7.0),
    )
