"""Features of how often and how painfully the customer had to ask."""

from __future__ import annotations

from math import log1p

from models.heat import recency
from models.moments import DAY
from models.state import CustomerState

NAMES = {
    "contacts_1d": "unsolved inbound contacts within a day, ln(1 + n)",
    "contacts_7d": "unsolved inbound contacts within 7 days, ln(1 + n)",
    "contacts_30d": "unsolved inbound contacts within 30 days, ln(1 + n)",
    "friction": "transfers and bot loops of the last contact, ln(1 + n)",
    "wait": "queue time of the last contact, ln(1 + minutes)",
    "bad_contact": "freshness of the last bad contact, 1 now, half after 7 days",
}


def values(state: CustomerState, at: float) -> tuple[float, ...]:
    """Compute the family at a time, in the order of `NAMES`."""
    day = week = month = 0
    for contact in state.contacts:
        age = at - contact
        month += age <= 30 * DAY
        week += age <= 7 * DAY
        day += age <= DAY
    return (
        log1p(day),
        log1p(week),
        log1p(month),
        log1p(state.friction),
        log1p(state.wait_seconds / 60.0),
        recency(at, state.bad_contact_at, 7.0),
    )
