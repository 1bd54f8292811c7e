"""Alerts for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from schemas.alerts import Alert, BilingualText, Reason

SOME_TIME = datetime(2026, 1, 5, tzinfo=UTC)


def alert(alert_id: str, sequence: int = 0, **changes: Any) -> Alert:
    """An alert with one reason."""
    values: dict[str, Any] = {
        "alert_id": alert_id,
        "sequence": sequence,
        "transition": "opened",
        "at": SOME_TIME,
        "opened_at": SOME_TIME,
        "cause": "threat",
        "level": "orange",
        "customer_key": "c_1",
        "tenant": "default",
        "org_path": "HQ",
        "stage": "grumbling",
        "probability_7d": 0.2,
        "probability_30d": 0.4,
        "reasons": (Reason(code="threat", text=BilingualText(zh="客户提到要向监管投诉", en="Named the regulator")),),
        "snapshot": 3,
        "params_hash": "abc",
        "position": (0, 1, 2),
    }
    return Alert(**values | changes)
