"""Cases: what events are about, and how that has gone."""

from __future__ import annotations

from models.features.categories import deed_of
from models.moments import NEVER
from models.observing.cases import TRAIL, observe_case
from models.parameters.memory import MemoryParams
from models.state import CustomerState
from schemas.codec import CustomerEvent
from tests.support.events import call, claim, moment

MEMORY = MemoryParams(cases=2)


def _told(*events: CustomerEvent) -> CustomerState:
    state = CustomerState()
    for event in events:
        observe_case(state, event, deed_of(event), event.occurred_at.timestamp(), MEMORY)
    return state


def test_events_are_about_a_claim_else_a_policy_else_the_customer() -> None:
    state = _told(
        call(day=0),
        call(day=1, policy_ref="P-1"),
        call(day=2, policy_ref="P-1", claim_ref="CL-1"),
    )

    assert state.cases_seen == 3
    assert [case.ref for case in state.cases] == ["P-1", "CL-1"]


def test_a_case_knows_when_it_began_and_what_came_before() -> None:
    case = _told(claim(day=0), claim(day=2, status="assessed"), claim(day=5, status="paid")).cases[-1]

    assert case.began_at == moment(0).timestamp()
    assert case.before_at == moment(2).timestamp()
    assert case.seen_at == moment(5).timestamp()
    assert case.events == 3


def test_a_new_case_has_no_time_before() -> None:
    assert _told(claim()).cases[-1].before_at == NEVER


def test_the_trail_is_the_last_steps_in_order() -> None:
    forth = _told(claim(day=0), claim(day=1, status="assessed")).cases[-1].trail
    back = _told(claim(day=0, status="assessed"), claim(day=1)).cases[-1].trail
    long = _told(*(claim(day=day, status="assessed") for day in range(9))).cases[-1].trail

    assert forth == back[::-1]
    assert forth != back
    assert len(long) == TRAIL


def test_the_case_of_the_last_event_stands_last_and_the_quietest_gives_way() -> None:
    state = _told(
        claim(day=0, claim_ref="CL-1"),
        claim(day=1, claim_ref="CL-2"),
        claim(day=2, claim_ref="CL-1"),
        claim(day=3, claim_ref="CL-3"),
        claim(day=4, claim_ref="CL-1"),
    )

    assert [case.ref for case in state.cases] == ["CL-3", "CL-1"]
    assert state.cases[-1].events == 3
    assert state.cases_seen == 3


def test_a_case_that_was_forgotten_counts_as_another_one() -> None:
    state = _told(*(claim(day=day, claim_ref=ref) for day, ref in enumerate(["CL-1", "CL-2", "CL-3", "CL-1"])))

    assert state.cases_seen == 4
    assert state.cases[-1].events == 1


def test_a_late_event_is_of_its_case_and_does_not_move_its_clock_back() -> None:
    case = _told(claim(day=3, status="assessed"), claim(day=1)).cases[-1]

    assert case.began_at == moment(1).timestamp()
    assert case.seen_at == case.before_at == moment(3).timestamp()
