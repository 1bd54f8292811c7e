from __future__ import annotations

from datetime import timedelta

from foreshock.demonstration.staff import Staff
from schemas.actions import Action
from schemas.alerts import Alert, Level, Transition
from tests.support.alerts import alert
from tests.support.events import START

MANY = 200
MONTH = START + timedelta(days=30)


def told(number: int, transition: Transition = "opened", level: Level = "orange", unit: str | None = None) -> Alert:
    return alert(
        f"alert-{number}",
        customer_key=f"key-{number}",
        transition=transition,
        level=level,
        at=START,
        opened_at=START,
        org_path=unit or f"HQ/unit {number}",
    )


def staff(seed: int = 1) -> Staff:
    return Staff(seed, {f"key-{number}": f"C{number}" for number in range(MANY)})


def answered(people: Staff, until_hours: float) -> list[Action]:
    events = [emission.event for emission in people.answers(START + timedelta(hours=until_hours))]
    assert all(isinstance(event, Action) for event in events)
    return [event for event in events if isinstance(event, Action)]


def test_most_alerts_are_taken_after_some_hours_and_some_never() -> None:
    people = staff()
    for number in range(MANY):
        people.take(told(number))

    early, late = answered(people, 6), answered(people, 24 * 30)

    assert 0.5 * MANY < len(early) + len(late) < 0.85 * MANY
    assert 0.3 < len(early) / len(early + late) < 0.7
    assert {action.action for action in early} == {"acknowledged"}
    assert all(action.customer_id == f"C{(action.alert_id or '').removeprefix('alert-')}" for action in early)


def test_the_same_alerts_are_answered_alike_by_the_same_seed() -> None:
    one, same, other = staff(), staff(), staff(seed=2)
    for number in range(MANY):
        for people in (one, same, other):
            people.take(told(number))

    first = answered(one, 12)
    assert first == answered(same, 12)
    assert first != answered(other, 12)


def test_a_unit_that_sleeps_answers_nothing() -> None:
    people = staff()
    units = [f"HQ/unit {unit}" for unit in range(10)]
    for number in range(MANY):
        people.take(told(number, unit=units[number % len(units)]))
    awake = {action.org_path for action in answered(people, 24 * 30)}

    assert 0 < len(awake) < len(units)


def test_nobody_answers_what_has_ended_or_only_asks_to_watch_or_is_about_a_stranger() -> None:
    people = staff()
    for number in range(MANY):
        people.take(told(number))
        people.take(told(number, "resolved"))
        people.take(told(number + MANY, level="blue"))
        people.take(told(number + MANY))

    assert answered(people, 24 * 30) == []
