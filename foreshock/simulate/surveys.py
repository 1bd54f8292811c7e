"""Surveys: after a contact, after a claim, or for no occasion; answered, or left unanswered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from foreshock.simulate.customers import Customer
from foreshock.simulate.rhythm import DAY, HOUR, at_waking_hours
from schemas.events import SCALES, DimensionName, InstrumentName, Survey, TierName, TouchpointName

if TYPE_CHECKING:
    from foreshock.simulate.world import World

_SENT_SHARE: dict[TierName, float] = {"self": 0.04, "ai": 0.12, "human": 0.3}
_AFTER_CLAIM_SHARE = 0.5
_ANSWER_WITHIN = 3 * DAY

# Who answers: people with something to say, and hardly anyone who has given up.
_CONTENT_ANSWERS, _QUIET_ANSWERS, _UPSET_ANSWERS = 0.34, 0.12, 0.38
_COMMENT_SHARE = 0.4
_DIMENSIONS: tuple[DimensionName, ...] = ("tangibles", "reliability", "responsiveness", "assurance", "empathy")


def periodic_surveys(world: World) -> Iterator[float]:
    """Ask customers now and then how they feel about the company."""
    chance = world.chance
    for moment in world.moments(world.rates.periodic_surveys_per_day):
        yield moment
        instrument: InstrumentName = "servqual" if chance.random() < 0.15 else "nps"
        world.start(_survey_life(world, world.population.anyone(chance), instrument, "periodic", went_well=True))


def perhaps_after_contact(world: World, customer: Customer, tier: TierName, *, went_well: bool) -> None:
    """Ask some customers how a contact was."""
    if world.chance.random() < _SENT_SHARE[tier]:
        instrument: InstrumentName = "csat" if tier == "human" or world.chance.random() < 0.5 else "ces"
        world.start(_survey_life(world, customer, instrument, "call", went_well=went_well))


def perhaps_after_claim(world: World, customer: Customer, *, went_well: bool) -> None:
    """Ask some customers how a claim was."""
    if world.chance.random() < _AFTER_CLAIM_SHARE:
        world.start(_survey_life(world, customer, "csat", "claim_closed", went_well=went_well))


def _survey_life(
    world: World, customer: Customer, instrument: InstrumentName, touchpoint: TouchpointName, *, went_well: bool
) -> Iterator[float]:
    """Send a survey and live until it is answered, or its time is over."""
    chance = world.chance
    yield at_waking_hours(world.now + HOUR * chance.uniform(0.1, 3), chance)
    _emit(world, customer, instrument, touchpoint, {"status": "sent"})
    grievance = customer.grievance
    answers = _CONTENT_ANSWERS
    if grievance is not None:
        answers = _QUIET_ANSWERS if grievance.quiet else _UPSET_ANSWERS
    if chance.random() >= answers:
        yield world.now + _ANSWER_WITHIN
        _emit(world, customer, instrument, touchpoint, {"status": "unanswered"})
        return
    yield at_waking_hours(world.now + min(_ANSWER_WITHIN, HOUR * chance.lognormvariate(0.5, 1.2)), chance)
    happiness = _happiness(world, customer, went_well=went_well)
    answer: dict[str, Any] = {"status": "answered", **_answer(world, instrument, happiness)}
    if chance.random() < _COMMENT_SHARE:
        answer["comment"] = world.speech.comment(customer, happiness)
        if happiness < 0.35 and customer.grievance is not None and not customer.grievance.quiet:
            customer.grievance.grumbled_at = customer.grievance.grumbled_at or world.moment()
    _emit(world, customer, instrument, touchpoint, answer)


def _happiness(world: World, customer: Customer, *, went_well: bool) -> float:
    """Draw what the customer admits to, 0 (furious) to 1 (delighted)."""
    mean = 0.85 if went_well else 0.55
    if customer.grievance is not None:
        mean = 0.6 if customer.grievance.quiet else 0.32  # who gives up stays polite
    return min(1.0, max(0.0, world.chance.gauss(mean, 0.2)))


def _answer(world: World, instrument: InstrumentName, happiness: float) -> dict[str, Any]:
    """Put a happiness of 0-1 on the scale of the instrument."""
    low, high = SCALES[instrument]
    if instrument == "servqual":
        gauss = world.chance.gauss
        items = []
        for dimension in _DIMENSIONS:
            expectation = _within(gauss(6.0, 0.6), low, high)
            perception = _within(1 + 6 * happiness + gauss(0.0, 0.7), low, high)
            items.append({"dimension": dimension, "expectation": expectation, "perception": perception})
        return {"items": items}
    place = 1 - happiness if instrument == "ces" else happiness
    return {"score": float(round(low + (high - low) * place))}


def _within(value: float, low: float, high: float) -> float:
    """Round to a whole number on the scale."""
    return float(min(high, max(low, round(value))))


def _emit(
    world: World,
    customer: Customer,
    instrument: InstrumentName,
    touchpoint: TouchpointName,
    answer: dict[str, Any],
) -> None:
    """Send one step of a survey."""
    event = Survey.model_validate(
        {
            "event_id": world.new_id("SV"),
            "occurred_at": world.moment(),
            **customer.envelope(),
            "channel": world.chance.choice(("sms", "wechat", "app")),
            "journey_stage": "claim" if touchpoint == "claim_closed" else "other",
            "instrument": instrument,
            "touchpoint": touchpoint,
            **answer,
        }
    )
    world.emit(event, world.chance.lognormvariate(1.0, 0.7))
