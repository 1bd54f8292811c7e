"""Features of the case that the last event was about: how old it is, and how it has gone."""

from __future__ import annotations

from math import log1p

from models.moments import HOUR, MINUTE
from models.state import CustomerState

NAMES = {
    "case_age": "age of the case of the last event, ln(1 + hours)",
    "case_gap": "time between the last two events of that case, ln(1 + minutes)",
    "case_events": "events of that case so far, ln(1 + n)",
    "cases": "cases so far, ln(1 + n)",
}


def values(state: CustomerState, at: float) -> tuple[float, ...]:
    """Compute the family at a time, in the order of `NAMES`."""
    if not state.cases:
        return 0.0, 0.0, 0.0, 0.0
    case = state.cases[-1]
    return (
        log1p(max(0.0, at - case.began_at) / HOUR),
        log1p(max(0.0, case.seen_at - case.before_at) / MINUTE) if case.before_at else 0.0,
        log1p(case.events),
        log1p(state.cases_seen),
    )
