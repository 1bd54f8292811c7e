from __future__ import annotations

from datetime import timedelta

from foreshock.demonstration.staff import LiveStaff
from foreshock.simulate.world import World
from schemas.actions import Action
from schemas.alerts import Alert
from tests.support.alerts import alert
from tests.support.events import START

MONTH = START + timedelta(days=30)


def world() -> World:
    return World(seed=5, customers=40, start_at=START, days=30)


def told(key: str) -> Alert:
    return alert(f"alert-{key}", customer_key=key, at=START, opened_at=START, org_path="HQ")


def live(place: World) -> LiveStaff:
    return LiveStaff(1, place, {f"key-{each.customer_id}": each for each in place.population.customers})


def test_staff_answer_in_the_insurers_own_words_and_at_their_own_time() -> None:
    place = world()
    staff = live(place)
    for customer in place.population.customers:
        staff.hear(told(f"key-{customer.customer_id}"))

    emissions = list(staff.answers(MONTH))

    actions = [emission.event for emission in emissions if isinstance(emission.event, Action)]
    assert len(actions) == len(emissions) > 40
    assert {emission.arrives_at for emission in emissions} == {MONTH}
    assert all(START < action.occurred_at < MONTH for action in actions)
    assert all(f"alert-key-{action.customer_id}" == action.alert_id for action in actions)
    assert [emission.key for emission in emissions] == [action.customer_id.encode() for action in actions]


def test_customers_take_it_who_is_called_answers_and_a_solution_is_a_comfort() -> None:
    place = world()
    staff = live(place)
    for customer in place.population.customers:
        customer.feel(place.now, 0.5)
        staff.hear(told(f"key-{customer.customer_id}"))

    solved = {
        emission.event.customer_id
        for emission in staff.answers(MONTH)
        if isinstance(emission.event, Action) and emission.event.action == "resolved"
    }

    assert 0 < len(solved) < 40
    for customer in place.population.customers:
        assert (customer.hurt < 0.4) == (customer.customer_id in solved)
    assert place.truth.event_counts["call"] >= len(solved)


def test_strangers_are_left_alone() -> None:
    staff = live(world())
    staff.hear(told("somebody else"))

    assert list(staff.answers(MONTH)) == []
