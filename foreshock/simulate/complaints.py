"""Complaints: lodged, acknowledged, resolved, taken back, or carried further."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from foreshock.simulate import reactions
from foreshock.simulate.customers import Customer
from foreshock.simulate.rhythm import DAY, HOUR, at_waking_hours
from foreshock.simulate.truth import Grievance, KnownComplaint
from schemas.labels import Complaint, ComplaintSourceName

if TYPE_CHECKING:
    from foreshock.simulate.world import World

_SOURCES: tuple[ComplaintSourceName, ...] = ("internal", "regulator", "social", "court", "other")
_FIRST_SHARES = (0.76, 0.12, 0.08, 0.01, 0.03)
_FURTHER_SHARES = (0.0, 0.72, 0.2, 0.08, 0.0)
_ESCALATED_SHARE, _WITHDRAWN_SHARE = 0.14, 0.12


def complain(world: World, customer: Customer, grievance: Grievance) -> Iterator[float]:
    """Complain now, and live until the complaint is settled."""
    chance = world.chance
    complaint_ref = world.new_id("CPL")
    _lodge(world, customer, grievance, complaint_ref, _FIRST_SHARES, escalated=False)
    if chance.random() < 0.85:
        yield world.now + HOUR * chance.lognormvariate(1.0, 0.8)
        reactions.act(world, customer, "acknowledged")
    draw = chance.random()
    if draw < _ESCALATED_SHARE:
        yield at_waking_hours(world.now + DAY * chance.lognormvariate(2.0, 0.5), chance)
        _lodge(world, customer, grievance, world.new_id("CPL"), _FURTHER_SHARES, escalated=True)
    elif draw < _ESCALATED_SHARE + _WITHDRAWN_SHARE:
        yield at_waking_hours(world.now + DAY * chance.lognormvariate(1.0, 0.6), chance)
        _emit(world, customer, grievance, complaint_ref, "internal", withdrawn=True)
    yield at_waking_hours(world.now + DAY * chance.lognormvariate(1.6, 0.6), chance)
    reactions.act(world, customer, "resolved")


def _lodge(
    world: World,
    customer: Customer,
    grievance: Grievance,
    complaint_ref: str,
    shares: tuple[float, ...],
    *,
    escalated: bool,
) -> None:
    """Send a complaint and note it in the truth."""
    source = world.chance.choices(_SOURCES, shares)[0]
    event_id = _emit(world, customer, grievance, complaint_ref, source, withdrawn=False)
    silent_before = not escalated and grievance.grumbled_at is None
    if not escalated:
        grievance.complained_at = world.moment()
    world.truth.complaints.append(
        KnownComplaint(
            event_id=event_id,
            customer_id=customer.customer_id,
            complained_at=world.moment(),
            unhappy_at=grievance.began_at,
            silent_before=silent_before,
            cause=grievance.cause,
            source=source,
            escalated=escalated,
        )
    )


def _emit(
    world: World,
    customer: Customer,
    grievance: Grievance,
    complaint_ref: str,
    source: ComplaintSourceName,
    *,
    withdrawn: bool,
) -> str:
    """Send a complaint event, and return its id."""
    chance = world.chance
    event = Complaint.model_validate(
        {
            "event_id": world.new_id("CMP"),
            "occurred_at": world.moment(),
            **customer.envelope(),
            "channel": {"social": "social", "internal": "hotline"}.get(source, "other"),
            "source": source,
            "complaint_ref": complaint_ref,
            "cause": grievance.cause,
            "severity": chance.choices((1, 2, 3, 4, 5), (5, 20, 40, 25, 10))[0],
            "withdrawn": withdrawn,
            "text": None if withdrawn else world.speech.complaint(customer, grievance.cause),
        }
    )
    # Complaints are registered by hand.
    world.emit(event, HOUR * chance.lognormvariate(0.0, 0.8))
    return event.event_id
