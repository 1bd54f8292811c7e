from __future__ import annotations

from datetime import timedelta
from typing import Any

from foreshock.staffing.habits import Habits
from foreshock.staffing.staff import Staff
from schemas.actions import Action
from schemas.alerts import Alert, Transition
from tests.support.alerts import alert
from tests.support.events import START

MANY = 200
MONTH = START + timedelta(days=30)
WORKING = Habits(
    sleeping_share=0, overlooked_share=0, false_alarm_share=0, disagreeing_share=0, snoozing_share=0, left_lying_share=0
)
"""Whoever is asked works on it to the end."""


def told(number: int, transition: Transition = "opened", sequence: int = 0, **more: Any) -> Alert:
    values = {"customer_key": f"key-{number}", "at": START, "opened_at": START, "org_path": "HQ/A", **more}
    return alert(f"alert-{number}", sequence, transition=transition, **values)


def actions(staff: Staff) -> list[Action]:
    return list(staff.actions(MONTH))


def test_the_same_alerts_are_answered_alike_in_whatever_order_they_are_heard_of() -> None:
    one, same, other = Staff(1), Staff(1), Staff(2)
    for number in range(MANY):
        one.hear(told(number))
        other.hear(told(number))
    for number in reversed(range(MANY)):
        same.hear(told(number))

    answered = actions(one)

    assert answered == actions(same)
    assert answered != actions(other)
    assert [action.occurred_at for action in answered] == sorted(action.occurred_at for action in answered)
    assert len({action.event_id for action in answered}) == len(answered)


def test_an_alert_is_taken_begun_and_closed_with_evidence_by_one_person_of_the_unit() -> None:
    staff = Staff(1, WORKING)
    staff.hear(told(1))

    answered = actions(staff)

    assert [action.action for action in answered] == ["acknowledged", "started", "contacted", "resolved"]
    assert {(action.actor_ref, action.actor_org) for action in answered} == {(answered[0].actor_ref, "HQ/A")}
    assert {action.alert_id for action in answered} == {"alert-1"}
    assert answered[-1].evidence_ref
    assert answered[-1].note
    assert answered[0].customer_id == "key:key-1"


def test_what_has_ended_is_left_alone_and_what_asks_again_is_planned_anew() -> None:
    staff = Staff(1, WORKING)
    staff.hear(told(1))
    staff.hear(told(1, "expired", 1))
    assert actions(staff) == []

    staff.hear(told(1, "reopened", 2, at=START + timedelta(days=1)))

    assert actions(staff)[0].occurred_at > START + timedelta(days=1)


def test_an_alert_that_somebody_else_has_taken_is_theirs() -> None:
    staff = Staff(1, WORKING)
    staff.hear(told(1))
    (first,) = list(staff.actions(staff.due_at or MONTH))
    staff.hear(told(1, "acknowledged", 1, by=first.actor_ref))
    assert len(actions(staff)) == 3

    staff.hear(told(2))
    staff.hear(told(2, "acknowledged", 1, by="Li Na"))
    assert actions(staff) == []


def test_an_alert_that_rises_is_answered_once_for_how_it_stands() -> None:
    staff = Staff(1, WORKING)
    staff.hear(told(1))
    staff.hear(told(1, "raised", 1, level="red", at=START + timedelta(minutes=1)))
    staff.hear(told(1))

    assert [action.action for action in actions(staff)] == ["acknowledged", "started", "contacted", "resolved"]


def test_nobody_answers_about_a_customer_whom_they_do_not_know() -> None:
    staff = Staff(1, WORKING, customer_id_of={"key-1": "C1"}.get)
    staff.hear(told(1))
    staff.hear(told(2))

    assert {action.customer_id for action in actions(staff)} == {"C1"}
