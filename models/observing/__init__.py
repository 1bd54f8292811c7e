"""What one event changes in what we remember: one kind of event per file."""

from __future__ import annotations

from sys import intern

from models.listening import Ear
from models.observing.actions import observe_action
from models.observing.calls import observe_call
from models.observing.claims import observe_claim
from models.observing.complaints import observe_complaint
from models.observing.surveys import observe_survey
from models.observing.tallies import observe_tallies
from models.params import Params
from models.state import CustomerState
from schemas.actions import Action
from schemas.codec import CustomerEvent
from schemas.events import Call, Claim, Survey


def observe_event(state: CustomerState, event: CustomerEvent, at: float, ear: Ear, params: Params) -> bool:
    """Change a customer's state by one event, whenever it happened.

    Parameters
    ----------
    state
        Changed in place.
    event
        What happened.
    at
        When, in seconds since 1970. It may lie before what was seen already: it then counts as of its own time.
    ear
        Reads texts.

    Returns
    -------
    bool
        Whether the event mattered enough to be evidence.
    """
    _remember_envelope(state, event)
    observe_tallies(state, event, at, params)
    match event:
        case Call():
            return observe_call(state, event, at, ear, params)
        case Claim():
            return observe_claim(state, event, at, params)
        case Survey():
            return observe_survey(state, event, at, ear, params)
        case Action():
            return observe_action(state, event, at, params)
        case _:
            return observe_complaint(state, event, at, ear, params)


def _remember_envelope(state: CustomerState, event: CustomerEvent) -> None:
    """Keep who serves the customer, which case it is about, and what makes them vulnerable."""
    state.events += 1
    state.tenant = event.tenant
    state.channel = event.channel
    if event.language is not None:
        state.language = event.language.partition("-")[0].lower()
    if event.org_path != "HQ":
        state.org_path = event.org_path
    if event.policy_ref is not None:
        state.policy_ref = event.policy_ref
    if event.claim_ref is not None:
        state.claim_ref = event.claim_ref
    # Companies have dozens of products and millions of customers: all share one text each.
    if event.product_line is not None:
        state.product_line = intern(event.product_line)
    if event.product_id is not None:
        state.product_id = intern(event.product_id)
    if event.household_ref is not None:
        state.household_ref = event.household_ref
    if event.vulnerability and not set(event.vulnerability).issubset(state.drivers):
        state.drivers = sorted({*state.drivers, *event.vulnerability})
