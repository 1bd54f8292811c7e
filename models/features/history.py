"""Features of who the customer has been to us."""

from __future__ import annotations

from math import log1p

from models.heat import heat_at, recency
from models.moments import DAY
from models.params import Params
from models.state import CustomerState

NAMES = {
    "complaints": "complaints so far, ln(1 + n)",
    "complained": "freshness of the last complaint, half after 30 days",
    "heat": "dissatisfaction heat, ln(1 + complaint-equivalents)",
    "stage": "stage of dissatisfaction, 0 to 4",
    "vulnerable": "1 if the company named a driver of vulnerability",
    "events": "events so far, ln(1 + n)",
    "silence": "time since the newest event, ln(1 + days)",
}


def values(state: CustomerState, at: float, params: Params) -> tuple[float, ...]:
    """Compute the family at a time, in the order of `NAMES`."""
    return (
        log1p(state.complaints),
        recency(at, state.complained_at, 30.0),
        log1p(heat_at(state, at, params)),
        float(state.stage),
        float(bool(state.drivers)),
        log1p(state.events),
        log1p(max(0.0, at - state.seen_at) / DAY) if state.seen_at else 0.0,
    )
