"""What things do to a customer: hurt adds up and fades, and beyond a point the customer is unhappy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from foreshock.simulate import complaints, contacts
from foreshock.simulate.change import fate_shares
from foreshock.simulate.customers import Customer
from foreshock.simulate.rhythm import DAY, at_waking_hours
from foreshock.simulate.truth import FATES, Fate, Grievance, Trouble

if TYPE_CHECKING:
    from foreshock.simulate.world import World

TOO_MUCH = 0.65
"""Hurt beyond which a customer is unhappy; on the scale of the severities below."""

# How bad each trouble is for an average customer: most shrug off one long wait, hardly anybody a denied claim.
_SEVERITIES: dict[Trouble, float] = {
    "long_wait": 0.35,
    "passed_on": 0.4,
    "bot_loop": 0.35,
    "rude_staff": 0.6,
    "unresolved": 0.4,
    "claim_stalled": 0.75,
    "documents_again": 0.5,
    "video_survey_failed": 0.3,
    "provider_delay": 0.7,
    "claim_denied": 1.2,
    "claim_underpaid": 0.8,
    "promise_missed": 0.7,
    "mis_sold": 1.0,
    "unexpected_charge": 0.8,
}

# Days until a grievance that leads to no complaint is forgotten, or the customer gone: median, spread on the log scale.
_FORGOTTEN = {"silent": (16.0, 0.5), "grumbling": (20.0, 0.5)}
_FIRST_GRUMBLE_MEDIAN_DAYS = 1.5
# Contacts in which a grievance shows, beyond the first: those who will complain ask more often.
_MORE_GRUMBLES = {"grumbling": 0.8, "complaining": 1.6}
# Where things have gone wrong they go on going wrong, per day: part of why some complain and others do not.
_MORE_TROUBLE_PER_DAY: dict[Fate, float] = {"silent": 0.01, "grumbling": 0.04, "complaining": 0.1}
_FURTHER: tuple[Trouble, ...] = ("long_wait", "passed_on", "bot_loop", "unresolved")


def hurt(world: World, customer: Customer, trouble: Trouble) -> None:
    """Let something go wrong for a customer, and make them unhappy when it is too much."""
    chance, rates = world.chance, world.rates
    customer.feel(world.now, _SEVERITIES[trouble] * customer.sensitivity * chance.lognormvariate(0.0, 0.5))
    if customer.grievance is None and customer.hurt > TOO_MUCH:
        fate = chance.choices(FATES, fate_shares(rates, trouble, changed=world.has_changed()))[0]
        quiet = fate == "silent" or (fate == "complaining" and chance.random() < rates.straight_from_silence_share)
        customer.grievance = Grievance(customer.customer_id, world.moment(), trouble, fate, quiet)
        world.truth.grievances.append(customer.grievance)
        world.start(_unhappy_life(world, customer, customer.grievance))


def disappointments(world: World) -> Iterator[float]:
    """Let customers find out that what they bought is not what they believed, or was charged out of the blue."""
    # More than any product disappoints, even those who bought in a hurry: who draws above their own is spared.
    worst = 4.0
    for moment in world.moments(world.rates.disappointments_per_day * worst):
        yield moment
        customer = world.population.anyone(world.chance)
        hurried = 1.5 if customer.attributes["sales_channel"] in ("internet", "bank") else 0.7
        if world.chance.random() * worst < customer.product.disappointment * hurried:
            hurt(world, customer, "mis_sold" if world.chance.random() < 0.6 else "unexpected_charge")


def _unhappy_life(world: World, customer: Customer, grievance: Grievance) -> Iterator[float]:
    """Live one grievance: grumbles, further troubles, perhaps a complaint, and its end."""
    chance, began = world.chance, world.now
    if grievance.fate == "complaining":
        median, sigma = world.rates.complaint_delay_median_days, world.rates.complaint_delay_sigma
        end = at_waking_hours(began + DAY * median * chance.lognormvariate(0.0, sigma), chance)
    else:
        median, sigma = _FORGOTTEN[grievance.fate]
        end = began + DAY * median * chance.lognormvariate(0.0, sigma)
    moments = [] if grievance.quiet else _grumbles(world, grievance.fate, began, end)
    moments += [(moment, False) for moment in _poisson(world, _MORE_TROUBLE_PER_DAY[grievance.fate], began, end)]
    for moment, grumbles in sorted(moments):
        yield moment
        if grumbles:
            contacts.grumble(world, customer, grievance)
        else:
            contacts.unlucky(world, customer, chance.choice(_FURTHER))
    yield end
    if grievance.fate == "complaining":
        yield from complaints.complain(world, customer, grievance)
    grievance.ended_at = world.moment()
    customer.grievance, customer.hurt = None, 0.0


def _grumbles(world: World, fate: Fate, began: float, end: float) -> list[tuple[float, bool]]:
    """Draw the moments at which a grievance shows in words."""
    chance = world.chance
    first = began + DAY * _FIRST_GRUMBLE_MEDIAN_DAYS * chance.lognormvariate(0.0, 0.8)
    if first >= end:
        first = began + (end - began) * chance.uniform(0.1, 0.7)
    more = _poisson(world, _MORE_GRUMBLES[fate] * DAY / max(end - first, 1.0), first, end)
    awake = (at_waking_hours(moment, chance) for moment in (first, *more))
    return [(moment, True) for moment in awake if moment < end]


def _poisson(world: World, per_day: float, began: float, end: float) -> list[float]:
    """Draw the moments of a Poisson process between two times."""
    moments = []
    moment = began + world.chance.expovariate(per_day / DAY)
    while moment < end:
        moments.append(moment)
        moment += world.chance.expovariate(per_day / DAY)
    return moments
