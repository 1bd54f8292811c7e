"""What it changes in a customer's state when somebody acts for them; what it does to alerts is `models.alerting`'s."""

from __future__ import annotations

from collections.abc import Sequence

from models.entries import OpenPromise
from models.heat import cool
from models.moments import NEVER
from models.params import Params
from models.state import CustomerState
from schemas.actions import Action

CONTACT_RELIEF = 1 / 3
"""Share of `heat.resolved_relief` that being called back already gives."""


def observe_action(state: CustomerState, action: Action, at: float, params: Params) -> bool:
    """Take in an action: an answer, a promise, a solution."""
    relief = params.heat.resolved_relief
    match action.action:
        case "contacted" | "offer":
            _answered(state, at)
            cool(state, relief * CONTACT_RELIEF, at, params)
        case "promise":
            _answered(state, at)
            _promised(state, action, at, params)
        case "promise_kept":
            _answered(state, at)
            state.promises = _without(state.promises, action.promise_ref)
            cool(state, relief * CONTACT_RELIEF, at, params)
        case "resolved":
            _answered(state, at)
            state.complaint_open = False
            state.clocks = ()
            state.missed = 0
            cool(state, relief, at, params)
        case "waived" if action.promise_ref is not None:
            state.promises = _without(state.promises, action.promise_ref)
        case "dismissed":
            cool(state, relief, at, params)
        case _:
            pass
    return False


def _answered(state: CustomerState, at: float) -> None:
    """Note that the customer has heard from us."""
    state.contacted_at = max(state.contacted_at, at)
    state.feedback_at = NEVER


def _promised(state: CustomerState, action: Action, at: float, params: Params) -> None:
    """Remember a promise, unless it waits already; a new one of the same name replaces the old."""
    if action.due_at is None or any(p.event_id == action.event_id for p in state.promises):
        return
    promise = OpenPromise(action.promise_ref or "", at, action.due_at.timestamp(), action.event_id)
    others = [p for p in state.promises if not (action.promise_ref and p.ref == action.promise_ref)]
    state.promises = sorted([*others, promise], key=lambda p: p.due_at)[-params.memory.promises :]


def _without(promises: Sequence[OpenPromise], ref: str | None) -> list[OpenPromise]:
    """Return the promises without the one of that name, or without the oldest."""
    kept = list(promises)
    found = next((p for p in kept if ref is None or p.ref == ref), None)
    if found is not None:
        kept.remove(found)
    return kept
