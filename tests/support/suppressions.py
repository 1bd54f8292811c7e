"""Decisions that nobody was told of, for tests."""

from __future__ import annotations

from typing import Any

from schemas.suppressions import Rule, Suppression
from tests.support.alerts import SOME_TIME


def suppression(alert_id: str, rule: Rule, offset: int = 0, **changes: Any) -> Suppression:
    """One decision about an alert that asks for a call, at a place of the journal."""
    values: dict[str, Any] = {
        "alert_id": alert_id,
        "sequence": 0,
        "transition": "opened",
        "rule": rule,
        "customer_key": f"c_{alert_id}",
        "org_path": "HQ",
        "cause": "threat",
        "level": "yellow",
        "at": SOME_TIME,
        "position": (0, offset, 0),
    }
    return Suppression(**values | changes)
