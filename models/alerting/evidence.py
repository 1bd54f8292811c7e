"""How urgent each cause is by the evidence, and when the newest evidence for it came."""

from __future__ import annotations

from math import inf

from models.clocks.running import level_of, passed_at
from models.log_odds import log_odds
from models.moments import DAY, HOUR, NEVER
from models.params import Params
from models.stages import COMPLAINT, DISSATISFIED
from models.state import CustomerState
from models.timers import is_stalled
from schemas.alerts import Cause

NONE, BLUE, YELLOW, ORANGE, RED = range(5)
"""Indices into `schemas.alerts.LEVELS`."""

LASTING_DAYS = 14.0
"""How long a refusal, a missed promise and an ignored survey speak for themselves."""

HORIZON_DAYS = 30.0
"""How long the past speaks where nothing new has happened."""

FRESH_DAYS = 7.0
"""How long a bad rating or a bad contact does."""

_FRESH_SECONDS = FRESH_DAYS * DAY


def supported_levels(state: CustomerState, at: float, threshold: float, params: Params) -> dict[Cause, int]:
    """Say how urgent each cause is by the evidence at this time; causes without support are missing.

    Below the threshold a rule says no more than: watch. Above it, the rule says why somebody should call, and the
    model how soon. A fresh threat needs no model. While the model is cold, every rule speaks for itself. A customer
    whose complaint is open has a case handler already: nothing is supported then but the clock that the law sets.

    Parameters
    ----------
    threshold
        Least score that asks for a call, in log-odds of a complaint within 7 days.
    """
    clock = level_of(state.clocks, at) if state.clocks else NONE
    statutory: dict[Cause, int] = {"statutory_clock": clock} if clock else {}
    if state.stage >= COMPLAINT:
        return statutory
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
    return statutory | {
        cause: min(level + lift if level >= YELLOW else level, RED if cause == "threat" else most)
        for cause, level in levels.items()
        if level
    }


def evidence_at(state: CustomerState, cause: Cause) -> float:
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
        case "statutory_clock":
            return passed_at(state.clocks, state.clock)


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
