"""Features of claims that have not ended."""

from __future__ import annotations

from math import log1p

from models.heat import recency
from models.moments import DAY
from models.state import CustomerState

NAMES = {
    "claims_pending": "pending claims, ln(1 + n)",
    "claim_age": "age of the oldest pending claim, ln(1 + days)",
    "claim_silence": "longest time without a visible step, ln(1 + days)",
    "claim_stalls": "thresholds of silence that have passed, ln(1 + n)",
    "claim_injury": "1 if somebody was hurt in a pending claim",
    "claim_refused": "freshness of the last denial or cut, 1 now, half after 14 days",
}


def values(state: CustomerState, at: float) -> tuple[float, ...]:
    """Compute the family at a time, in the order of `NAMES`."""
    refused = recency(at, state.refused_at, 14.0)
    if not state.claims:
        return 0.0, 0.0, 0.0, 0.0, 0.0, refused
    opened = min(claim.opened_at for claim in state.claims)
    visible = min(claim.visible_at for claim in state.claims)
    return (
        log1p(len(state.claims)),
        log1p(max(0.0, at - opened) / DAY),
        log1p(max(0.0, at - visible) / DAY),
        log1p(max(claim.stalls for claim in state.claims)),
        float(any(claim.injury for claim in state.claims)),
        refused,
    )
