"""Supervision along the organisation tree: what nobody answers goes one unit up, and who may close what has."""

from __future__ import annotations

from models.alerting.clocks import alert_escalates_at, posts_of
from models.alerting.deciding import Decision, id_of
from models.entries import OPEN, OpenAlert
from models.moments import NEVER
from models.params import Params
from models.state import CustomerState
from schemas.actions import Action, ActionName
from schemas.receipts import ReceiptCode

_CLOSING: frozenset[ActionName] = frozenset({"resolved", "dismissed"})
"""Actions that end an alert."""


def escalate(state: CustomerState, at: float, params: Params) -> list[Decision]:
    """Hand every alert whose clock has run out to the next unit up, where it is new: its own clocks begin."""
    organisation = params.organisation
    decisions: list[Decision] = []
    if not organisation.units:
        return decisions
    kept: list[OpenAlert] = []
    for alert in state.alerts:
        after = alert
        if alert_escalates_at(alert, state, organisation) <= at:
            above = posts_of(alert, state, organisation)[1]
            after = alert._replace(
                sequence=alert.sequence + 1,
                status=OPEN,
                status_at=NEVER,
                assignee="",
                snoozed_until=NEVER,
                tier=alert.tier + 1,
                tier_at=at,
                holder=above.path,
            )
            decisions.append(Decision(after, "escalated"))
        kept.append(after)
    state.alerts = kept
    return decisions


def refusal_of(state: CustomerState, alert: OpenAlert, action: Action, params: Params) -> ReceiptCode | None:
    """Say why an action must not close an alert; None where it may.

    What has gone up is closed by the unit that holds it, or by one above. Whoever does not say where they work counts
    as of the unit that serves the customer: so nobody closes a head-office alert by leaving a field out.
    """
    organisation = params.organisation
    if action.action not in _CLOSING or not organisation.units:
        return None
    actor = action.actor_org or state.org_path
    if alert.holder and alert.holder != actor and not alert.holder.startswith(f"{actor}/"):
        return "held_above"
    posts = posts_of(alert, state, organisation)
    if posts and posts[0].evidence and not (action.note or "").strip() and action.evidence_ref is None:
        return "no_evidence"
    return None


def refusals_of(
    state: CustomerState, customer_key: str, action: Action, params: Params
) -> list[tuple[OpenAlert, ReceiptCode]]:
    """Say which of the alerts that an action answers it must not close, and why."""
    refused: list[tuple[OpenAlert, ReceiptCode]] = []
    if action.action in _CLOSING and params.organisation.units:
        for alert in addressed(state, customer_key, action):
            code = refusal_of(state, alert, action, params)
            if code is not None:
                refused.append((alert, code))
    return refused


def counts_for_nothing(
    state: CustomerState, customer_key: str, action: Action, refused: list[tuple[OpenAlert, ReceiptCode]]
) -> bool:
    """Say whether every alert that an action was to close stays open: then it has not solved anything either.

    Otherwise a branch could say `resolved`, be refused, and see the alert expire for want of support.
    """
    return bool(refused) and len(refused) == len(addressed(state, customer_key, action))


def addressed(state: CustomerState, customer_key: str, action: Action) -> list[OpenAlert]:
    """Return the open alerts that an action answers: the one that it names, or all."""
    return [a for a in state.alerts if action.alert_id is None or action.alert_id == id_of(customer_key, a)]
