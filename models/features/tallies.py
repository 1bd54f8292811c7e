"""Features of how often a customer has had to deal with us lately, each time fading."""

from __future__ import annotations

from math import log1p

from models.observing.tallies import tallies_at
from models.params import Params
from models.state import CustomerState

NAMES = {
    "asked": "inbound contacts, ln(1 + fading count), half after 7 days, as all in this family",
    "asked_not_self": "inbound contacts with a bot or a person",
    "asked_human": "inbound contacts with a person",
    "asked_in_words": "inbound contacts of which we know the customer's words",
    "asked_unsolved": "inbound contacts that solved nothing",
    "asked_unknown": "inbound contacts of which nobody knows whether they solved it",
    "asked_again": "inbound contacts within 7 days of another",
    "waited": "inbound contacts with more than 4 minutes in the queue",
    "passed_on": "inbound contacts with two transfers or more",
    "looped": "inbound contacts with three bot loops or more",
    "acted": "outbound calls and actions `contacted`",
    "promised": "promises given",
    "claim_steps": "steps of claims",
    "claim_paid": "claims paid",
    "claim_cut": "claims granted in part",
    "video_failed": "surveys by video that failed",
}

SCORECARD = (
    "asked_in_words",
    "asked_not_self",
    "asked_human",
    "acted",
    "claim_steps",
    "looped",
    "waited",
    "passed_on",
)
"""What rules count before anything is learned: the more of these, the sooner somebody should call."""


def values(state: CustomerState, at: float, params: Params) -> tuple[float, ...]:
    """Compute the family at a time, in the order of `NAMES`."""
    return tuple(map(log1p, tallies_at(state, at, params)))
