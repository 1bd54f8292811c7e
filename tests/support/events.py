"""Events for tests: say only what matters, the rest has a default."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from schemas.actions import Action
from schemas.events import Call, Claim, Survey
from schemas.labels import Complaint
from schemas.ticks import Tick

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday."""

_numbers = count()


def moment(day: float = 0.0) -> datetime:
    """A time so many days after the start."""
    return START + timedelta(days=day)


def _envelope(customer: str, day: float, given: dict[str, Any]) -> dict[str, Any]:
    return {"event_id": f"e{next(_numbers)}", "customer_id": customer, "occurred_at": moment(day), **given}


def call(customer: str = "a", day: float = 0.0, **given: Any) -> Call:
    return Call(**_envelope(customer, day, given))


def claim(customer: str = "a", day: float = 0.0, status: str = "reported", **given: Any) -> Claim:
    return Claim(**_envelope(customer, day, {"status": status, "claim_ref": "CL-1", **given}))


def survey(customer: str = "a", day: float = 0.0, score: float | None = 3, **given: Any) -> Survey:
    return Survey(**_envelope(customer, day, {"instrument": "csat", "score": score, **given}))


def complaint(customer: str = "a", day: float = 0.0, **given: Any) -> Complaint:
    return Complaint(**_envelope(customer, day, given))


def action(customer: str = "a", day: float = 0.0, what: str = "contacted", **given: Any) -> Action:
    return Action(**_envelope(customer, day, {"action": what, **given}))


def promise(customer: str = "a", day: float = 0.0, due: float = 1.0, **given: Any) -> Action:
    return action(customer, day, "promise", due_at=moment(due), **given)


def tick(day: float, partition: int = 0) -> Tick:
    return Tick(at=moment(day), partition=partition)
