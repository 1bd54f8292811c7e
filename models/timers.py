"""What is due when nothing happens: timers follow from the state, so none can be lost or set twice.

There are three kinds. *Deeds* change what is thought of a customer (a promise is missed, a claim has stalled, a survey
was ignored, an alert is reviewed or goes one unit up) and stay due until they are done. *Moments* only ask for a new
look (a customer may have calmed down, an answer is overdue): one that has passed unseen needs no catching up, because
every event looks anew. *Books* are kept for the learner (a label has matured, a conversation will not be rated any
more) and for the ledger (feedback has expired): they stay due too, but say nothing new of the customer, so nobody
looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from models.alerting.clocks import escalates_at
from models.clocks.running import next_moment
from models.entries import MAX_STALLS, OpenAlert, OpenPromise, PendingClaim
from models.forgetting import forgets_at, gone_at
from models.heat import warm
from models.labels.waiting import next_end
from models.ledgers.booking import ledger_due
from models.moments import DAY, HOUR, NEVER
from models.observing.conversations import forget_due
from models.observing.surveys import ignore_survey
from models.params import Params
from models.stages import CONTENT, stage_moments
from models.state import CustomerState
from schemas.alerts import Cause


@dataclass(frozen=True, slots=True)
class Fired:
    """What a deed changed."""

    evidence: tuple[str, ...] = ()
    """Ids of events that show it (the promise that was missed)."""
    matters: bool = False
    """Whether it says something new about the customer, so that a prediction is worth keeping."""
    missed: tuple[OpenPromise, ...] = ()
    """Promises that were missed."""


def next_due(state: CustomerState, params: Params) -> float:
    """Return when the next timer of a customer fires, in seconds since 1970; infinity if none is set."""
    if state.forgotten_at:
        return gone_at(state, params)
    return min(look_due(state, params), books_due(state, params))


def look_due(state: CustomerState, params: Params) -> float:
    """Return when the next deed or moment is due: somebody must look at the customer then."""
    due = _deed_due(state, params)
    clock = state.clock
    if state.stage != CONTENT:
        for moment in stage_moments(state, params):
            if clock < moment < due:
                due = moment
    if state.feedback_at:
        hours = params.policy.unanswered_hours * HOUR
        for moment in (state.feedback_at + hours, state.feedback_at + 2 * hours):
            if clock < moment < due:
                due = moment
    if state.clocks and (pressing := next_moment(state.clocks, clock)) is not None:
        due = min(due, pressing)
    return due


def books_due(state: CustomerState, params: Params) -> float:
    """Return when a label matures, a conversation is forgotten or feedback expires; else when the customer is.

    The last only where nothing is left to be done.
    """
    due = next_end(state.predictions, params.labels)
    if state.conversation is not None:
        due = min(due, forget_due(state, params))
    if state.feedback:
        due = min(due, ledger_due(state, params))
    return forgets_at(state, params) if due == inf and _deed_due(state, params) == inf else due


def is_to_be_forgotten(state: CustomerState, at: float, params: Params) -> bool:
    """Say whether nothing is left to be done for a customer, and nothing was heard of them for long enough."""
    forgets = forgets_at(state, params)
    return forgets <= at and _deed_due(state, params) == inf and books_due(state, params) == forgets


def fire(state: CustomerState, due: float, params: Params) -> Fired:
    """Do every deed that is due by `due`, each as of its own time, except labels, conversations and alert reviews.

    Those belong to `models.labels`, `models.observing` and `models.alerting`, which the engine asks next.
    """
    missed = [promise for promise in state.promises if promise.due_at <= due]
    for promise in missed:
        state.missed += 1
        state.missed_at = promise.due_at
        warm(state, params.heat.broken_promise, promise.due_at, params)
    if missed:
        state.promises = [promise for promise in state.promises if promise.due_at > due]
    stalled = any(_stall_due(claim, params) <= due for claim in state.claims)
    if stalled:
        state.claims = [_stalled(state, claim, due, params) for claim in state.claims]
    answer_due = _answer_due(state, params)
    ignored = answer_due <= due and ignore_survey(state, answer_due, params)
    evidence = tuple(promise.event_id for promise in missed)
    return Fired(evidence, bool(missed) or stalled or ignored, tuple(missed))


def _deed_due(state: CustomerState, params: Params) -> float:
    """Return when the next deed is due; infinity where nothing is left to be done."""
    due = _answer_due(state, params) if state.survey_sent_at else inf
    for promise in state.promises:
        due = min(due, promise.due_at)
    for claim in state.claims:
        due = min(due, _stall_due(claim, params))
    for alert in state.alerts:
        due = min(due, alert.supported_at + patience(alert.cause, params) * DAY)
        if alert.status or alert.snoozed_until or alert.hidden:
            due = min(due, rest_due(alert, params), _hidden_due(alert, state, params))
    return min(due, escalates_at(state, params.organisation)) if params.organisation.units and state.alerts else due


def rest_due(alert: OpenAlert, params: Params) -> float:
    """Return when an alert that is left alone wakes, or an acknowledgement lapses; infinity where there is neither."""
    if alert.snoozed_until:
        return alert.snoozed_until
    return alert.status_at + params.policy.lapse_days * DAY if alert.status else inf


def _hidden_due(alert: OpenAlert, state: CustomerState, params: Params) -> float:
    """Return when an alert that a silence hides must be looked at: the silence is over, or may have been ended.

    One that did not fit into its owner's day is looked at as the next begins.
    """
    if alert.hidden == "capacity" and not alert.status:
        return alert.hidden_until
    if alert.status or alert.hidden != "silence":
        return inf
    return min(alert.hidden_until, state.scored_at + params.policy.silence_look_hours * HOUR)


def _answer_due(state: CustomerState, params: Params) -> float:
    """Return when a survey that was sent counts as ignored."""
    return state.survey_sent_at + params.stages.survey_answer_hours * HOUR if state.survey_sent_at else inf


def _stall_due(claim: PendingClaim, params: Params) -> float:
    """Return when a claim's silence next counts: its promised time, or the threshold, doubled each time."""
    if claim.stalls >= MAX_STALLS:
        return inf
    silent = claim.visible_at + params.policy.claim_stalled_hours * HOUR * (1 << claim.stalls)
    return min(silent, claim.due_at) if claim.due_at else silent


def patience(cause: Cause, params: Params) -> float:
    """Return how many days an alert stands without support."""
    return params.policy.risk_days if cause == "complaint_risk" else params.policy.review_days


def is_stalled(claim: PendingClaim, at: float, params: Params) -> bool:
    """Say whether a claim's silence still speaks: from its first threshold until twice its last one."""
    ended_at = claim.visible_at + params.policy.claim_stalled_hours * HOUR * (1 << MAX_STALLS)
    return claim.stalls > 0 and at < ended_at


def _stalled(state: CustomerState, claim: PendingClaim, due: float, params: Params) -> PendingClaim:
    """Count every threshold of one claim that has passed by `due`."""
    while (at := _stall_due(claim, params)) <= due:
        warm(state, params.heat.claim_stalled, at, params)
        passed_promise = claim.due_at and claim.due_at <= at
        due_at = NEVER if passed_promise else claim.due_at
        claim = claim._replace(stalls=claim.stalls + 1, stalled_at=at, due_at=due_at)
    return claim
