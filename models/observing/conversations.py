"""What is kept of the running conversation, until it is rated or forgotten."""

from __future__ import annotations

from math import inf

from models.listening import Ear, Heard, Said
from models.moments import DAY, NEVER
from models.params import Params
from models.state import CustomerState
from models.text.conversation import Conversation
from schemas.events import Call, TouchpointName

RATED_BY: frozenset[TouchpointName] = frozenset({"call", "claim", "claim_closed", "visit", "app", "other"})
"""What a survey asks about where its rating is also one of the conversation before it."""


def said_in(call: Call) -> list[Said]:
    """Return what was said in a contact, turn by turn; empty where nothing was transcribed."""
    if call.turns:
        return [Said(turn.speaker == "customer", turn.text) for turn in call.turns if turn.text]
    return [Said(True, call.text)] if call.text else []


def observe_conversation(state: CustomerState, call: Call, at: float, ear: Ear) -> Heard | None:
    """Take in what was said: the conversation goes on, or a new one begins.

    Returns
    -------
    Heard or None
        What the customer said; None where only the company's side spoke, or nobody.
    """
    said = said_in(call)
    if not said:
        return None
    ref = call.conversation_ref or ""
    goes_on = state.conversation is not None and bool(ref) and ref == state.conversation_ref
    if not goes_on:
        state.conversation, state.needed, state.conversation_ref = Conversation(), "", ref
    followed = ear.follow(state.conversation or Conversation(), said)
    state.conversation = followed.conversation
    state.conversation_at = max(state.conversation_at, at)
    state.dissatisfaction, state.handover = followed.dissatisfaction, followed.handover
    state.needs_person = followed.needs_person
    _mark(state, call.handover, len(said))
    return followed.heard


def ended_by(state: CustomerState, call: Call) -> bool:
    """Say whether a contact begins another conversation than the one that is kept."""
    is_same = bool(call.conversation_ref) and call.conversation_ref == state.conversation_ref
    return state.conversation is not None and not is_same and bool(call.text or call.turns)


def forget_due(state: CustomerState, params: Params) -> float:
    """Return when the conversation is forgotten, in seconds since 1970; infinity where there is none."""
    return inf if state.conversation is None else state.conversation_at + params.memory.conversation_days * DAY


def forget(state: CustomerState) -> None:
    """Let go of the conversation: its trace is as telling as its text."""
    state.conversation, state.conversation_ref, state.needed = None, "", ""
    state.conversation_at = NEVER
    state.handover, state.needs_person = None, False


def _mark(state: CustomerState, handover: bool | None, turns: int) -> None:
    """Note whether a person was needed; said of a whole contact, it is true of its last turn."""
    if handover is None and not state.needed:
        return
    known = sum((state.conversation or Conversation())[:2]) - turns
    mark = "-" if handover is None else str(int(handover))
    state.needed = state.needed.ljust(known, "-") + mark.rjust(turns, "-")
