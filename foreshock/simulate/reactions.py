"""What the insurer does by itself: calls back, promises, keeps its promises or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from foreshock.simulate.customers import Customer
from foreshock.simulate.rhythm import DAY, HOUR, at_waking_hours
from schemas.actions import Action, ActionName
from schemas.events import Call

if TYPE_CHECKING:
    from foreshock.simulate.world import World


_SOLVED = 0.4
"""What a solution takes away of what hurts."""


def perhaps_react(world: World, customer: Customer) -> None:
    """Let somebody do something about a bad contact, at the base rate."""
    if world.chance.random() < world.rates.reaction_share:
        world.start(_reaction_life(world, customer))


def act(world: World, customer: Customer, action: ActionName, **facts: Any) -> None:
    """Send one action of the insurer."""
    world.emit(
        Action.model_validate(
            {
                "event_id": world.new_id("ACT"),
                "occurred_at": world.moment(),
                **customer.envelope(),
                "channel": "hotline",
                "actor_ref": world.chance.choice(customer.branch.staff),
                "action": action,
                **facts,
            }
        ),
        world.chance.lognormvariate(2.0, 0.7),
    )


def be_answered(world: World, customer: Customer, action: ActionName) -> None:
    """Let a customer take what staff have done about an alert: who is called answers, and a solution is a comfort.

    As with whatever the insurer does by itself, it does not change what an unhappy customer is going to do.
    """
    if action == "contacted":
        _call_back(world, customer)
    elif action == "resolved":
        customer.comfort(world.now, _SOLVED)


def _reaction_life(world: World, customer: Customer) -> Iterator[float]:
    """Call back after some hours; then offer something, promise something, or leave it at that."""
    chance = world.chance
    yield at_waking_hours(world.now + HOUR * 5 * chance.lognormvariate(0.0, 0.8), chance)
    _call_back(world, customer)
    act(world, customer, "contacted")
    draw = chance.random()
    if draw < 0.5:
        yield from _promise_life(world, customer)
    elif draw < 0.65:
        act(world, customer, "offer", note=world.speech.offer(customer))
        customer.comfort(world.now, 0.5)
    elif draw < 0.8:
        act(world, customer, "resolved")
        customer.comfort(world.now, _SOLVED)


def _promise_life(world: World, customer: Customer) -> Iterator[float]:
    """Promise something by a day, and keep it in time, keep it late, or forget it."""
    chance = world.chance
    promise_ref = world.new_id("PRM")
    due = world.now + DAY * chance.choice((1, 2, 3, 3, 5, 7))
    act(world, customer, "promise", promise_ref=promise_ref, due_at=world.moment(due - world.now))
    broken_share = (1 - world.rates.promise_kept_share) * customer.branch.trouble
    if chance.random() >= broken_share:
        yield at_waking_hours(world.now + (due - world.now) * chance.uniform(0.2, 0.95), chance)
        act(world, customer, "promise_kept", promise_ref=promise_ref)
        customer.comfort(world.now, 0.3)
        return
    yield due
    world.hurt(customer, "promise_missed")
    if chance.random() < 0.5:
        yield at_waking_hours(world.now + DAY * chance.uniform(1, 5), chance)
        act(world, customer, "promise_kept", promise_ref=promise_ref)


def _call_back(world: World, customer: Customer) -> None:
    """Call the customer."""
    chance = world.chance
    talk_seconds = float(round(chance.lognormvariate(4.6, 0.6)))
    event = Call.model_validate(
        {
            "event_id": world.new_id("CALL"),
            "occurred_at": world.moment(),
            **customer.envelope(),
            "channel": "hotline",
            "journey_stage": "policy_service",
            "direction": "outbound",
            "service_type": "callback",
            "talk_seconds": talk_seconds,
            "staff_ref": chance.choice(customer.branch.staff),
            "text": world.speech.answer_to_callback(customer),
        }
    )
    world.emit(event, talk_seconds + chance.lognormvariate(3.0, 0.7))
