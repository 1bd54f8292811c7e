"""What a contact in words changes."""

from __future__ import annotations

from bisect import insort

from models.heat import warm
from models.ledgers.feedback import receive_call
from models.listening import Ear
from models.moments import DAY, NEVER
from models.observing.conversations import observe_conversation
from models.observing.voice import observe_voice
from models.params import Params
from models.state import CustomerState
from schemas.events import Call

REPEAT_DAYS = 7.0
"""An unsolved inbound contact within this many days of another is asking again: the usual measure of resolution."""


def observe_call(state: CustomerState, call: Call, at: float, ear: Ear, params: Params) -> bool:
    """Take in a contact: asking again, waiting, being passed on, and what was said."""
    heat = params.heat
    friction = call.transfers + call.bot_loops
    waited_long = call.wait_seconds > heat.wait_minutes * 60.0
    burden = friction * heat.friction + waited_long * heat.long_wait + (call.resolved is False) * heat.unresolved
    if call.direction == "inbound":
        if call.tier != "self" and call.resolved is not True:
            burden += _asked_again(state, at, params) * heat.repeat_contact
    else:
        state.contacted_at = max(state.contacted_at, at)
        state.feedback_at = NEVER
    if burden:
        warm(state, burden, at, params)
    state.friction = float(friction)
    state.wait_seconds = call.wait_seconds
    heard = observe_conversation(state, call, at, ear)
    grumbled = False
    if heard is not None:
        grumbled = observe_voice(state, heard, at, params)
        receive_call(state, call, heard, at, bad=grumbled, params=params)
    bad = grumbled or waited_long or call.resolved is False or friction >= params.policy.friction
    if bad:
        state.bad_contact_at = max(state.bad_contact_at, at)
    return bad


def _asked_again(state: CustomerState, at: float, params: Params) -> bool:
    """Remember a contact that solved nothing and say whether there was another within the days before it."""
    again = any(0 <= at - before <= REPEAT_DAYS * DAY for before in state.contacts)
    contacts = list(state.contacts)
    insort(contacts, at)
    state.contacts = contacts[-params.memory.contacts :]
    return again
