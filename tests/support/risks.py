"""Beliefs about customers for tests."""

from __future__ import annotations

from typing import Any

from schemas.alerts import Risk
from tests.support.alerts import SOME_TIME


def risk(customer_key: str, offset: int = 0, **changes: Any) -> Risk:
    """What is believed of a calm customer, at a place of the journal."""
    values: dict[str, Any] = {
        "customer_key": customer_key,
        "tenant": "default",
        "org_path": "HQ",
        "at": SOME_TIME,
        "stage": "content",
        "stage_entered_at": SOME_TIME,
        "level": "none",
        "probability_7d": 0.01,
        "probability_30d": 0.02,
        "cold": False,
        "sentiment": 0.0,
        "heat": 0.0,
        "evidence": (),
        "snapshot": 3,
        "params_hash": "abc",
        "position": (0, offset, 0),
    }
    return Risk(**values | changes)
