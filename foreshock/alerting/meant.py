"""The alert that an answer is about, whether somebody was told of it or nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from foreshock.alerting.standing import Seen, Standing
from schemas.alerts import ENDING, PAGING, TAKING, Transition
from schemas.suppressions import UNNUMBERED, Suppression


class Meant(NamedTuple):
    """What an answer needs to know of an alert."""

    alert_id: str
    """Its id."""
    customer_key: str
    """The pseudonymous key."""
    tenant: str
    """The company."""
    org_path: str
    """The unit that last served the customer."""
    policy_ref: str | None
    """The policy, where it is known."""
    claim_ref: str | None
    """The claim, where it is known."""
    transition: Transition
    """What last happened to it."""
    at: datetime
    """When."""
    sequence: int
    """Number of that."""
    risen: int
    """Number of the transition by which it last opened or rose."""
    standing: Standing
    """Whether it waits for somebody, somebody has it, or it is over."""
    untold: Suppression | None = None
    """The newest record of what hides it, where nobody was told."""


def meant_by(seen: Seen) -> Meant:
    """Take an alert as it was told."""
    alert = seen.newest
    return Meant(
        alert_id=alert.alert_id,
        customer_key=alert.customer_key,
        tenant=alert.tenant,
        org_path=alert.org_path,
        policy_ref=alert.policy_ref,
        claim_ref=alert.claim_ref,
        transition=alert.transition,
        at=alert.at,
        sequence=alert.sequence,
        risen=seen.risen,
        standing=seen.standing,
    )


def meant_by_untold(held_back: Sequence[Suppression]) -> Meant | None:
    """Take an alert of which everything was held back, in order; None where nothing says how it stands."""
    steps = [held for held in held_back if held.rule not in UNNUMBERED]
    if not steps:
        return None
    newest = steps[-1]
    risen = max((step.sequence for step in steps if step.transition in PAGING), default=-1)
    taken = max((step.sequence for step in steps if step.transition in TAKING), default=-1)
    standing: Standing = "ended" if newest.transition in ENDING else "acknowledged" if taken > risen else "open"
    return Meant(
        alert_id=newest.alert_id,
        customer_key=newest.customer_key,
        tenant=newest.tenant,
        org_path=newest.org_path,
        policy_ref=None,
        claim_ref=None,
        transition=newest.transition,
        at=newest.at,
        sequence=newest.sequence,
        risen=risen,
        standing=standing,
        untold=newest,
    )
