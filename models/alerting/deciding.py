"""Evidence to alerts: open, raise, hold, lower, end; one open alert per customer and cause."""

from __future__ import annotations

from dataclasses import dataclass

from models.alerting.evidence import NONE, YELLOW, evidence_at, supported_levels
from models.params import DAY, Params
from models.state import NEVER, OPEN, CoolDown, CustomerState, OpenAlert
from models.timers import patience
from schemas.alerts import Cause, Transition, alert_id_of


@dataclass(frozen=True, slots=True)
class Decision:
    """One transition of one alert."""

    alert: OpenAlert
    """The alert after it."""
    transition: Transition
    """What happened."""
    by: str | None = None
    """Who made it happen; None where an event or time did."""
    because: str | None = None
    """What they said."""


def asks_for_a_call(decision: Decision) -> bool:
    """Say whether an alert begins to ask somebody to call, which the budget is for."""
    return decision.transition in ("opened", "raised", "told") and decision.alert.level >= YELLOW


def decide(state: CustomerState, at: float, threshold: float, params: Params) -> list[Decision]:
    """Compare open alerts with the evidence: open, raise, keep, lower or end them.

    An alert rises at once. It falls, or expires, only after nothing has supported its level for `review_days`: what
    flickers does not page anybody twice.
    """
    supported = supported_levels(state, at, threshold, params)
    decisions: list[Decision] = []
    kept: list[OpenAlert] = []
    for alert in state.alerts:
        level = supported.pop(alert.cause, NONE)
        decision = _revised(alert, level, at, params)
        if decision is None:
            kept.append(alert._replace(supported_at=at) if level == alert.level else alert)
            continue
        decisions.append(decision)
        if decision.transition == "expired":
            close(state, decision.alert, at, params.policy.cool_down_days)
        else:
            kept.append(decision.alert)
    for cause, level in supported.items():
        if _may_open(state, cause, level, at):
            opened = OpenAlert(cause, state.alerts_opened, level, at, 0, at, evidence_at(state, cause))
            state.alerts_opened += 1
            kept.append(opened)
            decisions.append(Decision(opened, "opened"))
    state.alerts = kept
    return decisions


def _revised(alert: OpenAlert, level: int, at: float, params: Params) -> Decision | None:
    """Return what becomes of an open alert, or None if it stays as it is."""
    is_higher = level > alert.level
    if not is_higher and (level == alert.level or at < alert.supported_at + patience(alert.cause, params) * DAY):
        return None
    after = alert._replace(level=level, sequence=alert.sequence + 1, supported_at=at)
    if is_higher:
        began_at = at if params.organisation.units else alert.tier_at  # the clocks of the new level begin
        return Decision(after._replace(status=OPEN, status_at=NEVER, tier_at=began_at), "raised")
    if level > NONE:
        return Decision(after, "lowered")
    return Decision(after._replace(level=alert.level), "expired")


def _may_open(state: CustomerState, cause: Cause, level: int, at: float) -> bool:
    """Say whether a cause may open: on evidence newer than its last end and the last complaint, later or worse."""
    newest_at = evidence_at(state, cause)
    if newest_at <= state.complained_at:
        return False
    closed = next((c for c in state.cool_downs if c.cause == cause), None)
    return closed is None or (newest_at > closed.closed_at and (closed.until <= at or level > closed.level))


def close(state: CustomerState, alert: OpenAlert, at: float, days: float) -> None:
    """Remember that a cause was closed, in place of what was remembered of it."""
    others = [c for c in state.cool_downs if c.cause != alert.cause]
    state.cool_downs = [
        *others,
        CoolDown(alert.cause, at, at + days * DAY, alert.level, alert.number, alert.opened_at, alert.sequence),
    ]


def id_of(customer_key: str, alert: OpenAlert) -> str:
    """Return the id of an open alert."""
    return alert_id_of(customer_key, alert.cause, alert.opened_at, alert.number)
