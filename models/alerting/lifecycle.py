"""What people's actions make of alerts, and what ends all of them at once."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from models.alerting.deciding import Decision, close, close_by_complaint, id_of
from models.entries import ACKNOWLEDGED, IN_PROGRESS, OPEN, CoolDown, OpenAlert
from models.moments import DAY, NEVER
from models.params import Params
from models.stages import COMPLAINT
from models.state import CustomerState
from schemas.actions import Action, ActionName
from schemas.alerts import ENDING, Transition, alert_id_of
from schemas.receipts import ReceiptCode

_NOTED: frozenset[ActionName] = frozenset({"contacted", "offer", "promise", "promise_kept", "left", "erase"})
"""Actions that are no answer to an alert, but something done for its customer."""


class Answered(NamedTuple):
    """What came of an action."""

    decisions: list[Decision]
    """What became of alerts."""
    code: ReceiptCode | None = None
    """What whoever named an alert is told; None where none was named."""


class _Made(NamedTuple):
    """What an action makes of one alert."""

    code: ReceiptCode
    transition: Transition | None = None
    after: OpenAlert | None = None
    """The alert after it, before its number is counted on; None where nothing changes."""


def answer(
    state: CustomerState,
    customer_key: str,
    action: Action,
    at: float,
    params: Params,
    refused: Mapping[int, ReceiptCode] = MappingProxyType({}),
) -> Answered:
    """Let a person's action change the alert that it names, or all open ones if it names none.

    Parameters
    ----------
    at
        The customer's own time, in seconds since 1970.
    refused
        Numbers of alerts that the action must not close, and why: they stay as they are.
    """
    if action.alert_id is None:
        decisions = [
            _put(state, alert, _made_of(alert, action, at, params), action, at, params)
            for alert in state.alerts
            if alert.number not in refused
        ]
        return Answered([each for each in decisions if each is not None])
    named = next((alert for alert in state.alerts if id_of(customer_key, alert) == action.alert_id), None)
    if named is None:
        return _answer_closed(state, customer_key, action, at, params)
    if named.number in refused:
        return Answered([], refused[named.number])
    made = _made_of(named, action, at, params)
    decision = _put(state, named, made, action, at, params)
    return Answered([] if decision is None else [decision], made.code)


def _made_of(alert: OpenAlert, action: Action, at: float, params: Params) -> _Made:
    """Say what an action makes of an open alert."""
    taken = alert._replace(assignee=alert.assignee or action.actor_ref or "", status_at=at)
    match action.action:
        case "acknowledged" if alert.status == OPEN:
            return _Made("done", "acknowledged", taken._replace(status=ACKNOWLEDGED))
        case "started" if alert.status != IN_PROGRESS:
            return _Made("done", "started", taken._replace(status=IN_PROGRESS))
        case "assigned" if alert.assignee != action.assignee_ref:
            return _Made("done", "assigned", _touched(alert, at)._replace(assignee=action.assignee_ref or ""))
        case "snoozed":
            return _snoozed(alert, taken, action, at, params)
        case "commented" | "disagreed":
            return _Made("done", action.action, _touched(alert, at))
        case "resolved" if alert.status == OPEN and params.policy.acknowledge_first:
            return _Made("not_acknowledged")
        case "resolved" | "dismissed":
            return _Made("done", action.action, taken)
        case "acknowledged" | "started" | "assigned" | "reopened":
            return _Made("already")
        case noted if noted in _NOTED:
            return _Made("noted", None, _touched(alert, at))
        case _:
            return _Made("not_understood")


def _snoozed(alert: OpenAlert, taken: OpenAlert, action: Action, at: float, params: Params) -> _Made:
    """Leave an alert alone until a time that is neither past nor too far off."""
    asked = action.until.timestamp() if action.until is not None else at
    until = min(asked, at + params.policy.snooze_days * DAY)
    if until <= at:
        return _Made("past")
    if alert.snoozed_until == until:
        return _Made("already")
    return _Made("done", "snoozed", taken._replace(snoozed_until=until, status=max(ACKNOWLEDGED, alert.status)))


def _touched(alert: OpenAlert, at: float) -> OpenAlert:
    """Note that something was done, so that an acknowledgement does not lapse."""
    return alert._replace(status_at=at) if alert.status else alert


def _put(
    state: CustomerState, alert: OpenAlert, made: _Made, action: Action, at: float, params: Params
) -> Decision | None:
    """Put an alert back as an action leaves it, or close it."""
    if made.after is None:
        return None
    after = made.after if made.transition is None else made.after._replace(sequence=alert.sequence + 1)
    is_over = made.transition in ENDING
    state.alerts = [
        after if each.number == alert.number else each
        for each in state.alerts
        if not (is_over and each.number == alert.number)
    ]
    if is_over:
        policy = params.policy
        close(state, after, at, policy.dismissed_days if made.transition == "dismissed" else policy.cool_down_days)
    return Decision(after, made.transition, action.actor_ref, action.note) if made.transition is not None else None


def _answer_closed(state: CustomerState, customer_key: str, action: Action, at: float, params: Params) -> Answered:
    """Answer an action about an alert that is not open: only opening it again makes sense."""
    closed = next((c for c in state.cool_downs if _id_of_closed(customer_key, c) == action.alert_id), None)
    if closed is None:
        return Answered([], "unknown")
    if action.action != "reopened":
        return Answered([], "closed")
    if state.stage >= COMPLAINT or closed.closed_at <= state.complained_at:
        return Answered([], "complained")
    if any(alert.cause == closed.cause for alert in state.alerts):
        return Answered([], "another_open")
    if at > closed.closed_at + params.policy.reopen_days * DAY:
        return Answered([], "too_late")
    # Whoever opens it again is evidence enough for a while.
    opened = OpenAlert(
        closed.cause, closed.number, closed.level, closed.opened_at, closed.sequence + 1, at, at, told=closed.told
    )
    state.alerts = [*state.alerts, opened]
    return Answered([Decision(opened, "reopened", action.actor_ref, action.note)], "done")


def _id_of_closed(customer_key: str, closed: CoolDown) -> str | None:
    """Return the id of an alert that ended; None where a row of before did not say."""
    if closed.number < 0:
        return None
    return alert_id_of(customer_key, closed.cause, closed.opened_at, closed.number)


def end_by_complaint(state: CustomerState) -> list[Decision]:
    """End every open alert because the customer complained: the truth is known, and what led to it is settled.

    Of one that was hidden it is noted that a complaint followed.
    """
    decisions: list[Decision] = []
    # The clock of an earlier complaint goes on.
    state.alerts, ended = (
        [alert for alert in state.alerts if alert.cause == "statutory_clock"],
        [alert for alert in state.alerts if alert.cause != "statutory_clock"],
    )
    for alert in ended:
        after = alert._replace(sequence=alert.sequence + 1)
        if after.told:
            decisions.append(Decision(after, "complained"))
        if after.hidden:
            decisions.append(Decision(after, "complained", rule="complained_after", until=NEVER))
        close_by_complaint(state, after)
    return decisions


def end_by_erasure(state: CustomerState) -> list[Decision]:
    """End every open alert because the customer is forgotten."""
    decisions = [Decision(alert._replace(sequence=alert.sequence + 1), "expired") for alert in state.alerts]
    state.alerts = []
    return decisions
