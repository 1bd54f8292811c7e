"""The books: every move of a promise or a piece of feedback, found from what waited before and what waits now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from models.entries import OpenPromise
from models.ledgers.feedback import expires_at
from models.ledgers.waiting import OpenFeedback, is_named
from models.moments import NEVER
from models.params import Params
from models.state import CustomerState
from schemas.actions import Action, ActionName
from schemas.codec import CustomerEvent
from schemas.events import Call
from schemas.labels import Complaint
from schemas.ledgers import LedgerKind, LedgerReason, LedgerState

ANSWERS: frozenset[ActionName] = frozenset({"contacted", "offer", "promise", "promise_kept", "resolved"})
"""Actions that answer feedback."""


class Move(NamedTuple):
    """One move, as the core keeps time."""

    kind: LedgerKind
    """What is owed."""
    state: LedgerState
    """What happened to it."""
    event_id: str
    """The event that it is about."""
    ref: str
    """Its own name; empty where it has none."""
    opened_at: float
    """When it was received, seconds since 1970."""
    due_at: float
    """Until when it is owed."""
    at: float
    """When this happened."""
    bad: bool = False
    """Whether it is feedback of an unhappy customer."""
    reason: LedgerReason | None = None
    """What ended it."""
    by: str | None = None
    """Who ended it."""
    closed_by: str | None = None
    """The event that ended it."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waited before an event."""

    promises: Sequence[OpenPromise]
    """Promises neither kept nor missed."""
    feedback: Sequence[OpenFeedback]
    """Feedback that nobody had answered."""


def waiting_of(state: CustomerState) -> Waiting:
    """Note what waits; the state replaces its sequences and never changes them."""
    return Waiting(state.promises, state.feedback)


def booked(before: Waiting, state: CustomerState, event: CustomerEvent, at: float, params: Params) -> list[Move]:
    """Say what an event moved, after it was observed; feedback that it answers is closed here.

    Parameters
    ----------
    before
        What waited before it.
    state
        The customer after it; `feedback` and `feedback_at` are changed in place.
    event
        What happened.
    at
        When, in seconds since 1970.
    """
    if not (before.feedback or state.feedback or before.promises or state.promises):
        return []
    moves = _booked_promises(before.promises, state.promises, event, at)
    known = set(before.feedback)
    moves += [_feedback(waiting, "received", waiting.at, params) for waiting in state.feedback if waiting not in known]
    kept = set(state.feedback)
    evicted = [waiting for waiting in before.feedback if waiting not in kept]
    moves += [
        _feedback(waiting, "expired", at, params)._replace(reason="evicted", closed_by=event.event_id)
        for waiting in evicted
    ]
    return moves + _answered(state, event, at, params)


def expired(state: CustomerState, due: float, params: Params) -> list[Move]:
    """Let go of feedback that nobody has answered in time, each as of its own due time."""
    over = [waiting for waiting in state.feedback if expires_at(waiting, params) <= due]
    if over:
        state.feedback = [waiting for waiting in state.feedback if expires_at(waiting, params) > due]
    return [_feedback(waiting, "expired", expires_at(waiting, params), params, "due") for waiting in over]


def missed(promises: Iterable[OpenPromise]) -> list[Move]:
    """Book promises whose due time has passed."""
    return [_promise(promise, "missed", promise.due_at, "due") for promise in promises]


def erased(state: CustomerState, at: float, params: Params) -> list[Move]:
    """Close everything, because its customer is forgotten."""
    moves = [_promise(promise, "expired", at, "erased") for promise in state.promises]
    return moves + [_feedback(waiting, "expired", at, params, "erased") for waiting in state.feedback]


def ledger_due(state: CustomerState, params: Params) -> float:
    """Return when the next piece of feedback expires, in seconds since 1970; infinity where none waits."""
    return min((expires_at(waiting, params) for waiting in state.feedback), default=inf)


def _booked_promises(
    before: Sequence[OpenPromise], after: Sequence[OpenPromise], event: CustomerEvent, at: float
) -> list[Move]:
    """Say which promise came, and how others went."""
    if before is after or not isinstance(event, Action):
        return []
    moves, owed = list[Move](), list(before)
    if event.action == "promise" and event.due_at is not None:
        given = OpenPromise(event.promise_ref or "", at, event.due_at.timestamp(), event.event_id)
        moves.append(_promise(given, "received", at))
        owed.append(given)
    for promise in owed:
        if promise not in after:
            state, reason = _end_of(promise, event)
            moves.append(_promise(promise, state, at, reason)._replace(by=event.actor_ref, closed_by=event.event_id))
    return moves


def _end_of(promise: OpenPromise, action: Action) -> tuple[LedgerState, LedgerReason]:
    """Say how an action ended a promise."""
    match action.action:
        case "promise_kept":
            return "kept", "action"
        case "waived":
            return "waived", "action"
        case _:
            is_older = action.event_id != promise.event_id
            return "expired", "replaced" if is_older and action.promise_ref == promise.ref else "evicted"


def _answered(state: CustomerState, event: CustomerEvent, at: float, params: Params) -> list[Move]:
    """Close the feedback that an event answers: all that came before it, or what it names."""
    end = _answer_of(event)
    if end is None or not state.feedback:
        return []
    closes, reason = end
    ref = event.feedback_ref if isinstance(event, Action) else None
    if isinstance(event, Complaint):
        ref = event.complaint_ref
    closed = [
        waiting
        for waiting in state.feedback
        if waiting.at <= at and is_named(waiting, ref) and (reason != "withdrawn" or waiting.source == "complaint")
    ]
    if closed:
        gone = set(closed)
        state.feedback = [waiting for waiting in state.feedback if waiting not in gone]
    if isinstance(event, Action) and (ref is not None or closes == "waived"):
        # What was named is settled; the next oldest waits on.
        state.feedback_at = min((waiting.at for waiting in state.feedback if waiting.bad), default=NEVER)
    by = event.actor_ref if isinstance(event, Action) else None
    return [
        _feedback(waiting, closes, at, params, reason)._replace(by=by, closed_by=event.event_id) for waiting in closed
    ]


def _answer_of(event: CustomerEvent) -> tuple[LedgerState, LedgerReason] | None:
    """Say how an event ends feedback; None if it does not."""
    match event:
        case Action(action="waived"):
            return None if event.promise_ref is not None and event.feedback_ref is None else ("waived", "action")
        case Action() if event.action in ANSWERS:
            return "answered", "action"
        case Call(direction="outbound"):
            return "answered", "call"
        case Complaint(withdrawn=True):
            return "answered", "withdrawn"
        case _:
            return None


def _promise(promise: OpenPromise, state: LedgerState, at: float, reason: LedgerReason | None = None) -> Move:
    """Write a move of a promise."""
    return Move(
        "promise", state, promise.event_id, promise.ref, promise.made_at, promise.due_at, at, False, reason
    )  # fmt: skip


def _feedback(
    waiting: OpenFeedback, state: LedgerState, at: float, params: Params, reason: LedgerReason | None = None
) -> Move:
    """Write a move of a piece of feedback."""
    due = expires_at(waiting, params)
    return Move("feedback", state, waiting.event_id, waiting.ref, waiting.at, due, at, waiting.bad, reason)
