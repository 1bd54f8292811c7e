"""Probability and stage to alerts: raise, hold, lower, end; one open alert per customer and cause."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from models.log_odds import log_odds
from models.params import DAY, HOUR, Params
from models.stages import COMPLAINT, DISSATISFIED
from models.state import NEVER, CoolDown, CustomerState, OpenAlert
from models.timers import is_stalled, patience
from schemas.actions import Action, ActionName
from schemas.alerts import Cause, Transition, alert_id_of

NONE, BLUE, YELLOW, ORANGE, RED = range(5)
"""Indices into `schemas.alerts.LEVELS`."""

LASTING_DAYS = 14.0
"""How long a refusal, a missed promise and an ignored survey speak for themselves."""

HORIZON_DAYS = 30.0
"""How long the past speaks where nothing new has happened."""

FRESH_DAYS = 7.0
"""How long a bad rating or a bad contact does."""

_FRESH_SECONDS = FRESH_DAYS * DAY


_ANSWERS: dict[ActionName, Transition] = {
    "acknowledged": "acknowledged",
    "resolved": "resolved",
    "dismissed": "dismissed",
}
"""Actions that answer an alert, and what they make of it."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One transition of one alert."""

    alert: OpenAlert
    """The alert after it."""
    transition: Transition
    """What happened."""


def supported_levels(state: CustomerState, at: float, threshold: float, params: Params) -> dict[Cause, int]:
    """Say how urgent each cause is by the evidence at this time; causes without support are missing.

    Below the threshold a rule says no more than: watch. Above it, the rule says why somebody should call, and the
    model how soon. A fresh threat needs no model. While the model is cold, every rule speaks for itself. A customer
    whose complaint is open has a case handler already: nothing is supported then.

    Parameters
    ----------
    threshold
        Least score that asks for a call, in log-odds of a complaint within 7 days.
    """
    if state.stage >= COMPLAINT:
        return {}
    above = _above(state, threshold, params)
    may_call = _may_call(state, above, params)
    levels: dict[Cause, int] = {}
    # In the order of `Cause`. What never happened supports nothing, and need not be graded.
    if may_call:
        levels["complaint_risk"] = _risk_level(state, at, above, params)
    if state.threat_at:
        levels["threat"] = _threat_level(state, at, params)
    if state.feedback_at:
        levels["unanswered"] = _unanswered_level(state, at, params)
    if state.contacts:
        levels["repeat_contact"] = _repeat_level(state, at, params)
    if state.missed:
        levels["broken_promise"] = _promise_level(state, at)
    if state.claims:
        levels["claim_stalled"] = _stalled_level(state, at, params)
    if state.refused_at:
        levels["claim_refused"] = _refused_level(state, at)
    if state.rated_at or state.bad_contact_at:
        levels["bad_experience"] = _experience_level(state, at, params)
    if state.ignored_at:
        levels["silent_after_bad_contact"] = _silence_level(state, at)
    lift = 1 if state.drivers else 0
    most = RED if may_call else BLUE
    return {
        cause: min(level + lift if level >= YELLOW else level, RED if cause == "threat" else most)
        for cause, level in levels.items()
        if level
    }


def asks_for_a_call(decision: Decision) -> bool:
    """Say whether an alert begins to ask somebody to call, which the budget is for."""
    return decision.transition in ("opened", "raised") and decision.alert.level >= YELLOW


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
            _close(state, alert, at, params.policy.cool_down_days)
        else:
            kept.append(decision.alert)
    for cause, level in supported.items():
        if _may_open(state, cause, level, at):
            opened = OpenAlert(cause, state.alerts_opened, level, at, 0, at, False)
            state.alerts_opened += 1
            kept.append(opened)
            decisions.append(Decision(opened, "opened"))
    state.alerts = kept
    return decisions


def answer(state: CustomerState, customer_key: str, action: Action, at: float, params: Params) -> list[Decision]:
    """Let a person's action acknowledge or end the alert it names, or all open ones if it names none."""
    transition = _ANSWERS.get(action.action)
    if transition is None:
        return []
    decisions: list[Decision] = []
    kept: list[OpenAlert] = []
    for alert in state.alerts:
        named = action.alert_id is None or action.alert_id == id_of(customer_key, alert)
        if not named or (transition == "acknowledged" and alert.acknowledged):
            kept.append(alert)
            continue
        after = alert._replace(sequence=alert.sequence + 1, acknowledged=True)
        decisions.append(Decision(after, transition))
        if transition == "acknowledged":
            kept.append(after)
        else:
            days = params.policy.dismissed_days if transition == "dismissed" else params.policy.cool_down_days
            _close(state, alert, at, days)
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


def _revised(alert: OpenAlert, level: int, at: float, params: Params) -> Decision | None:
    """Return what becomes of an open alert, or None if it stays as it is."""
    is_higher = level > alert.level
    if not is_higher and (level == alert.level or at < alert.supported_at + patience(alert.cause, params) * DAY):
        return None
    after = alert._replace(level=level, sequence=alert.sequence + 1, supported_at=at)
    if is_higher:
        return Decision(after._replace(acknowledged=False), "raised")
    if level > NONE:
        return Decision(after, "lowered")
    return Decision(after._replace(level=alert.level), "expired")


def _may_open(state: CustomerState, cause: Cause, level: int, at: float) -> bool:
    """Say whether a cause may open: on evidence newer than its last end and the last complaint, later or worse."""
    evidence_at = _evidence_at(state, cause)
    if evidence_at <= state.complained_at:
        return False
    closed = next((c for c in state.cool_downs if c.cause == cause), None)
    return closed is None or (evidence_at > closed.closed_at and (closed.until <= at or level > closed.level))


def _evidence_at(state: CustomerState, cause: Cause) -> float:
    """Return when the newest evidence for a cause came."""
    match cause:
        case "complaint_risk":
            return state.seen_at
        case "threat":
            return state.threat_at
        case "unanswered":
            return state.feedback_at
        case "repeat_contact":
            return max(state.contacts, default=NEVER)
        case "broken_promise":
            return state.missed_at
        case "claim_stalled":
            return max((claim.stalled_at for claim in state.claims), default=NEVER)
        case "claim_refused":
            return max(state.refused_at, state.grumbled_at)
        case "bad_experience":
            return max(state.rated_at, state.bad_contact_at)
        case "silent_after_bad_contact":
            return state.ignored_at


def _close(state: CustomerState, alert: OpenAlert, at: float, days: float) -> None:
    """Remember that a cause was closed, in place of what was remembered of it."""
    others = [c for c in state.cool_downs if c.cause != alert.cause]
    state.cool_downs = [*others, CoolDown(alert.cause, at, at + days * DAY, alert.level)]


def id_of(customer_key: str, alert: OpenAlert) -> str:
    """Return the id of an open alert."""
    return alert_id_of(customer_key, alert.cause, alert.opened_at, alert.number)


def has_say(state: CustomerState, params: Params) -> bool:
    """Say whether the model decides about a customer: not while it is cold, nor where it is switched off."""
    return params.policy.model and not state.cold


def _above(state: CustomerState, threshold: float, params: Params) -> float:
    """Say how far the model's score is above the threshold, in log-odds; infinitely where the model has no say."""
    return log_odds(state.probability_7d) - threshold if has_say(state, params) else inf


def _may_call(state: CustomerState, above: float, params: Params) -> bool:
    """Say whether somebody may be asked to call; where somebody has been, the score may fall a little below."""
    return above >= 0 or (above >= -params.policy.hold and any(alert.level >= YELLOW for alert in state.alerts))


def _risk_level(state: CustomerState, at: float, above: float, params: Params) -> int:
    """Grade how far the score of a customer who may be called is above the threshold.

    After a whole horizon without any event the score speaks of a past that did not come true.
    """
    policy = params.policy
    if not (has_say(state, params) and _within(at, state.seen_at, HORIZON_DAYS)):
        return NONE
    if above < policy.orange_above:
        return YELLOW
    return ORANGE if above < policy.red_above else RED


def _within(at: float, then: float, days: float) -> bool:
    """Say whether something happened within so many days."""
    return bool(then) and at - then <= days * DAY


def _threat_level(state: CustomerState, at: float, params: Params) -> int:
    """A fresh threat is for today; from somebody who has complained before, for now."""
    if not _within(at, state.threat_at, params.policy.threat_days):
        return NONE
    return RED if state.complaints else ORANGE


def _unanswered_level(state: CustomerState, at: float, params: Params) -> int:
    """Negative feedback that waits for an answer, for at most a horizon: then nobody expects one any more."""
    hours = params.policy.unanswered_hours * HOUR
    if at < state.feedback_at + hours or not _within(at, state.feedback_at, HORIZON_DAYS):
        return NONE
    return YELLOW if at < state.feedback_at + 2 * hours else ORANGE


def _repeat_level(state: CustomerState, at: float, params: Params) -> int:
    """Asking again and again within a week."""
    count = sum([at - contact <= _FRESH_SECONDS for contact in state.contacts])
    if count >= params.policy.repeat_orange:
        return ORANGE
    return YELLOW if count >= params.policy.repeat_yellow else NONE


def _promise_level(state: CustomerState, at: float) -> int:
    """A promise that was missed; two are worse."""
    if not state.missed or not _within(at, state.missed_at, LASTING_DAYS):
        return NONE
    return ORANGE if state.missed > 1 else YELLOW


def _stalled_level(state: CustomerState, at: float, params: Params) -> int:
    """A claim whose silence has passed the threshold is to be watched; twice and four times as long is worse."""
    stalls = [claim.stalls for claim in state.claims if is_stalled(claim, at, params)]
    return min(ORANGE, max(stalls, default=NONE))


def _refused_level(state: CustomerState, at: float) -> int:
    """A refusal is to be watched; one that the customer grumbled about is for this week."""
    if not _within(at, state.refused_at, LASTING_DAYS):
        return NONE
    return YELLOW if state.grumbled_at >= state.refused_at else BLUE


def _experience_level(state: CustomerState, at: float, params: Params) -> int:
    """A bad rating; or a contact full of friction."""
    if _within(at, state.rated_at, FRESH_DAYS) and state.rating <= params.policy.bad_rating:
        return YELLOW
    heavy = state.friction >= params.policy.friction
    return BLUE if heavy and _within(at, state.bad_contact_at, params.policy.review_days) else NONE


def _silence_level(state: CustomerState, at: float) -> int:
    """An unhappy customer who no longer answers."""
    silent = state.stage == DISSATISFIED and _within(at, state.ignored_at, LASTING_DAYS)
    return YELLOW if silent else NONE
