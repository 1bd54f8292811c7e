"""Tallies: each thing that a customer has to put up with counts one, and half a week later less."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.features.tallies import NAMES as FEATURES
from models.features.tallies import SCORECARD
from models.observing.tallies import NAMES, observe_tallies, tallies_at
from models.params import Params
from models.state import CustomerState
from schemas.codec import CustomerEvent
from tests.support.events import action, call, claim, complaint, moment, promise, survey

PARAMS = Params()


def _told(*events: CustomerEvent) -> CustomerState:
    state = CustomerState()
    for event in events:
        observe_tallies(state, event, event.occurred_at.timestamp(), PARAMS)
    return state


def _counts(state: CustomerState, day: float) -> dict[str, float]:
    counts = dict(zip(NAMES, tallies_at(state, moment(day).timestamp(), PARAMS), strict=True))
    return {name: count for name, count in counts.items() if count}


@pytest.mark.parametrize(
    ("event", "counted"),
    [
        (call(tier="self", resolved=True), {"asked"}),
        (call(tier="ai", resolved=True), {"asked", "asked_not_self"}),
        (call(tier="human", resolved=True), {"asked", "asked_not_self", "asked_human"}),
        (call(tier="self", resolved=False), {"asked", "asked_unsolved"}),
        (call(tier="self"), {"asked", "asked_unknown"}),
        (call(tier="self", resolved=True, text="请问怎么缴费"), {"asked", "asked_in_words"}),
        (call(tier="self", resolved=True, turns=[{"speaker": "bot", "text": "您好"}]), {"asked"}),
        (call(tier="self", resolved=True, wait_seconds=240.0), {"asked"}),
        (call(tier="self", resolved=True, wait_seconds=241.0), {"asked", "waited"}),
        (call(tier="self", resolved=True, transfers=1, bot_loops=2), {"asked"}),
        (call(tier="self", resolved=True, transfers=2, bot_loops=3), {"asked", "passed_on", "looped"}),
        (call(direction="outbound", tier="human", wait_seconds=900.0), {"acted"}),
        (action(what="contacted"), {"acted"}),
        (promise(), {"promised"}),
        (action(what="resolved"), set()),
        (claim(status="reported"), {"claim_steps"}),
        (claim(status="paid"), {"claim_steps", "claim_paid"}),
        (claim(status="partially_approved"), {"claim_steps", "claim_cut"}),
        (claim(video_survey_tried=True, video_survey_succeeded=False), {"claim_steps", "video_failed"}),
        (survey(score=1), set()),
    ],
)
def test_each_event_counts_once_towards_what_it_is(event: CustomerEvent, counted: set[str]) -> None:
    assert _counts(_told(event), 0) == dict.fromkeys(counted, 1.0)


def test_a_count_fades_by_half_in_a_week_and_adds_up() -> None:
    state = _told(call(day=0), call(day=7))

    assert _counts(state, 7)["asked"] == pytest.approx(1.5, abs=1e-4)
    assert _counts(state, 14)["asked"] == pytest.approx(0.75, abs=1e-4)


def test_asking_again_is_asking_within_a_week() -> None:
    assert "asked_again" not in _counts(_told(call(day=0), call(day=7.1)), 8)
    assert _counts(_told(call(day=0), call(day=6.9)), 6.9)["asked_again"] == 1.0


def test_what_a_company_does_is_no_asking() -> None:
    assert "asked_again" not in _counts(_told(call(day=0, direction="outbound"), call(day=1)), 1)


def test_a_complaint_settles_all_that_led_to_it_and_counting_begins_anew() -> None:
    settled = _told(call(day=0), claim(day=1), complaint(day=2))

    assert _counts(settled, 2) == {}
    observe_tallies(settled, call(day=3), moment(3).timestamp(), PARAMS)
    assert _counts(settled, 3)["asked"] == 1.0


def test_nothing_known_is_nothing_counted() -> None:
    assert tallies_at(CustomerState(), moment().timestamp(), PARAMS) == [0.0] * len(NAMES)


@given(st.permutations([0.0, 1.0, 4.0, 11.0]))
def test_late_events_count_as_of_their_own_time(days: list[float]) -> None:
    """Whatever the order of arrival; only whether one asked again depends on what was known by then."""
    ordered = _counts(_told(*(call(day=day) for day in sorted(days))), 12)
    shuffled = _counts(_told(*(call(day=day) for day in days)), 12)

    assert shuffled["asked"] == pytest.approx(ordered["asked"], abs=1e-3)
    assert shuffled["asked_unknown"] == pytest.approx(ordered["asked_unknown"], abs=1e-3)


def test_features_and_counts_have_the_same_names_and_the_score_card_is_of_them() -> None:
    assert tuple(FEATURES) == NAMES
    assert set(SCORECARD) <= set(NAMES)
