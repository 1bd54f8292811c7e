"""What people's actions make of alerts, and what ends all of them at once."""

from __future__ import annotations

from collections.abc import Collection

from models.alerting.deciding import Decision, close, id_of
from models.params import Params
from models.state import ACKNOWLEDGED, OPEN, CustomerState, OpenAlert
from schemas.actions import Action, ActionName
from schemas.alerts import Transition

_ANSWERS: dict[ActionName, Transition] = {
    "acknowledged": "acknowledged",
    "resolved": "resolved",
    "dismissed": "dismissed",
}
"""Actions that answer an alert, and what they make of it."""


def answer(
    state: CustomerState,
    customer_key: str,
    action: Action,
    at: float,
    params: Params,
    refused: Collection[int] = (),
) -> list[Decision]:
    """Let a person's action acknowledge or end the alert it names, or all open ones if it names none.

    Parameters
    ----------
    refused
        Numbers of alerts that the action must not close: they stay as they are.
    """
    transition = _ANSWERS.get(action.action)
    if transition is None:
        return []
    decisions: list[Decision] = []
    kept: list[OpenAlert] = []
    for alert in state.alerts:
        named = action.alert_id is None or action.alert_id == id_of(customer_key, alert)
        if not named or alert.number in refused or (transition == "acknowledged" and alert.status > OPEN):
            kept.append(alert)
            continue
        after = alert._replace(sequence=alert.sequence + 1, status=ACKNOWLEDGED, status_at=at)
        decisions.append(Decision(after, transition, action.actor_ref, action.note))
        if transition == "acknowledged":
            kept.append(after)
        else:
            days = params.policy.dismissed_days if transition == "dismissed" else params.policy.cool_down_days
            close(state, after, at, days)
    state.alerts = kept
    return decisions


def end_by_complaint(state: CustomerState) -> list[Decision]:
    """End every open alert because the customer complained: the truth is known, and what led to it is settled."""
    decisions = [Decision(alert._replace(sequence=alert.sequence + 1), "complained") for alert in state.alerts]
    state.alerts = []
    return decisions


def end_by_erasure(state: CustomerState) -> list[Decision]:
    """End every open alert because the customer is forgotten."""
    decisions = [Decision(alert._replace(sequence=alert.sequence + 1), "expired") for alert in state.alerts]
    state.alerts = []
    return decisions
