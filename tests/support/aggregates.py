"""Alerts about many customers for tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from schemas.aggregates import AggregateAlert
from schemas.alerts import BilingualText, Reason
from tests.support.alerts import SOME_TIME


def aggregate(aggregate_id: str, sequence: int = 0, **changes: Any) -> AggregateAlert:
    """A transition of an alert about five customers of a unit, three of them named; an hour after the one before."""
    values: dict[str, Any] = {
        "aggregate_id": aggregate_id,
        "sequence": sequence,
        "transition": "opened",
        "at": SOME_TIME + timedelta(hours=sequence),
        "opened_at": SOME_TIME,
        "by": "unit",
        "key": "HQ/South",
        "cause": "claim_stalled",
        "level": "yellow",
        "tenant": "default",
        "org_path": "HQ/South",
        "customers": 5,
        "severe": 1,
        "days": 7.0,
        "usual": 0.25,
        "chance": 0.0001,
        "reasons": (Reason(code="many_customers", text=BilingualText(zh="五位客户理赔停滞", en="Five claims stand")),),
        "members": ("a", "b", "c"),
        "params_hash": "abc",
    }
    return AggregateAlert(**values | changes)
