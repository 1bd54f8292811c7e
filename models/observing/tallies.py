"""How often a customer has had to deal with us lately, thing by thing: each time counts one, and fades.

On simulated insurers these sixteen counts rank customers as well as boosted trees over all that the events say
(docs/explanation/learning.md); most are what any service manager would count.
"""

from __future__ import annotations

from math import exp2

from models.moments import DAY
from models.params import Params
from models.state import CustomerState
from schemas.actions import Action
from schemas.codec import CustomerEvent
from schemas.events import Call, Claim
from schemas.labels import Complaint

NAMES = (
    "asked",
    "asked_not_self",
    "asked_human",
    "asked_in_words",
    "asked_unsolved",
    "asked_unknown",
    "asked_again",
    "waited",
    "passed_on",
    "looped",
    "acted",
    "promised",
    "claim_steps",
    "claim_paid",
    "claim_cut",
    "video_failed",
)
"""What is counted, in the order of `CustomerState.tallies`."""

AGAIN_DAYS = 7.0
"""An inbound contact within this many days of another is asking again."""

LONG_WAIT_SECONDS = 240.0
"""Waiting longer than this counts."""

_PLACES = {name: place for place, name in enumerate(NAMES)}


def observe_tallies(state: CustomerState, event: CustomerEvent, at: float, params: Params) -> None:
    """Count what happened; a complaint sets everything to zero, because what led to it is settled.

    Parameters
    ----------
    state
        Changed in place.
    event
        What happened.
    at
        When, in seconds since 1970. If that is in the past, it has faded since.
    """
    if isinstance(event, Complaint):
        state.tallies = ()
        return
    counted = _counted(event, at - state.asked_at <= AGAIN_DAYS * DAY)
    if isinstance(event, Call) and event.direction == "inbound":
        state.asked_at = max(state.asked_at, at)
    if counted:
        now = max(state.tallies_at, at)
        tallies = tallies_at(state, now, params)
        worth = _faded(now - at, params)
        for name in counted:
            tallies[_PLACES[name]] += worth
        # Most counts are zero, and rounding is dear.
        state.tallies, state.tallies_at = [round(tally, 4) if tally else tally for tally in tallies], now


def tallies_at(state: CustomerState, at: float, params: Params) -> list[float]:
    """Return the counts at a time not before the last change, one per name in `NAMES`."""
    if not state.tallies:
        return [0.0] * len(NAMES)
    faded = _faded(max(0.0, at - state.tallies_at), params)
    return [tally * faded for tally in state.tallies]


def _faded(elapsed: float, params: Params) -> float:
    """Say what is left of one count after a while."""
    return exp2(-elapsed / (params.memory.tally_half_life_days * DAY))


def _counted(event: CustomerEvent, again: bool) -> list[str]:
    """Name what an event counts towards."""
    match event:
        case Call(direction="inbound"):
            return _asked(event, again)
        case Call() | Action(action="contacted"):
            return ["acted"]
        case Claim():
            return _stepped(event)
        case Action(action="promise"):
            return ["promised"]
        case _:
            return []


def _asked(call: Call, again: bool) -> list[str]:
    """Name what kind of asking an inbound contact was, and what the customer had to put up with."""
    counted = ["asked"]
    if call.tier != "self":
        counted.append("asked_not_self")
    if call.tier == "human":
        counted.append("asked_human")
    if call.text or any(turn.speaker == "customer" for turn in call.turns):
        counted.append("asked_in_words")
    if not call.resolved:
        counted.append("asked_unknown" if call.resolved is None else "asked_unsolved")
    if again:
        counted.append("asked_again")
    if call.wait_seconds > LONG_WAIT_SECONDS:
        counted.append("waited")
    if call.transfers >= 2:
        counted.append("passed_on")
    if call.bot_loops >= 3:
        counted.append("looped")
    return counted


def _stepped(claim: Claim) -> list[str]:
    """Name what a step of a claim counts towards."""
    counted = ["claim_steps"]
    if claim.status == "paid":
        counted.append("claim_paid")
    if claim.status == "partially_approved":
        counted.append("claim_cut")
    if claim.video_survey_succeeded is False:
        counted.append("video_failed")
    return counted
