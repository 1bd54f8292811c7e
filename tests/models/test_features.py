"""What the risk model sees is documented, finite, and in a fixed order."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.entries import Case
from models.features import CONTRIBUTORS, FAMILIES, MEANINGS, NAMES, dense_features
from models.features.categories import BUCKETS, category_buckets, deed_of
from models.features.own import PLACES, own_numbers
from models.moments import NEVER
from models.parameters.learning import LearningParams, WordName
from models.params import Params
from models.reasons import CODES
from models.state import CustomerState
from schemas.codec import CustomerEvent
from schemas.types import DriverName
from tests.support.core import Core
from tests.support.events import action, call, claim, complaint, moment, survey


def test_every_feature_has_one_name_a_meaning_and_a_family() -> None:
    assert len(NAMES) == len(set(NAMES)) == len(MEANINGS)
    assert tuple(MEANINGS) == NAMES
    assert all(MEANINGS.values())
    assert [name for where in FAMILIES.values() for name in NAMES[where]] == list(NAMES)
    assert {f"model_{family}" for family in CONTRIBUTORS} <= set(CODES)


def test_nothing_known_is_all_zeros() -> None:
    assert set(dense_features(CustomerState(), moment().timestamp(), Params())) == {0.0}


@given(st.floats(0, 400))
def test_features_are_finite_at_any_later_time(days: float) -> None:
    core = Core()
    core.take(
        call(day=0, text="没人管，太差了"),
        claim(day=1),
        survey(day=2, score=1),
        call(day=3, vulnerability=[_driver()]),
    )

    values = dense_features(core.states["a"], moment(3 + days).timestamp(), Params())

    assert len(values) == len(NAMES)
    assert all(math.isfinite(value) for value in values)


def _driver() -> DriverName:
    return "elder"


def _features(*events: CustomerEvent, at: float) -> dict[str, float]:
    """What the model sees of customer `a` at a day."""
    core = Core()
    core.take(*events)
    return dict(zip(NAMES, dense_features(core.states["a"], moment(at).timestamp(), Params()), strict=True))


def test_a_tally_is_the_logarithm_of_a_count_that_halves_in_a_week() -> None:
    asked = call(day=0, tier="human")

    now, later = _features(asked, at=0), _features(asked, at=7)

    assert now["asked"] == now["asked_human"] == pytest.approx(math.log(2))
    assert later["asked"] == pytest.approx(math.log(1.5), abs=1e-4)
    assert now["asked_again"] == now["waited"] == 0.0


def test_features_of_a_case_are_those_of_the_case_of_the_last_event() -> None:
    old, new = claim(day=0, claim_ref="CL-1"), claim(day=9, claim_ref="CL-2")

    first = _features(old, claim(day=2, claim_ref="CL-1", status="assessed"), new, at=10)
    again = _features(old, new, claim(day=10, claim_ref="CL-1", status="assessed"), at=10)

    assert first["case_age"] == pytest.approx(math.log1p(24))
    assert first["case_gap"] == 0.0
    assert first["case_events"] == pytest.approx(math.log(2))
    assert again["case_age"] == pytest.approx(math.log1p(240))
    assert again["case_gap"] == pytest.approx(math.log1p(240 * 60))
    assert again["case_events"] == pytest.approx(math.log(3))
    assert first["cases"] == again["cases"] == pytest.approx(math.log(3))


def test_numbers_of_a_companys_own_are_seen_as_sizes_with_their_sign() -> None:
    rich, poor = own_numbers({"balance": 100.0}), own_numbers({"balance": -100.0})

    (place,) = [place for place in range(PLACES) if rich[place]]
    assert rich[place] == pytest.approx(math.log1p(100), abs=1e-4)
    assert poor == [-value for value in rich]


def test_two_numbers_that_fall_on_one_place_are_added_up() -> None:
    names = [f"n{number}" for number in range(PLACES + 1)]
    together = own_numbers(dict.fromkeys(names, 3.0))

    assert sum(together) == pytest.approx(len(names) * math.log(4), abs=1e-3)
    assert max(together) > math.log(4) + 1e-3


def test_the_numbers_are_those_of_the_last_event_only() -> None:
    own = [f"own_{place}" for place in range(PLACES)]
    seen = _features(call(day=0, attributes={"balance": 5.0}), at=0)
    gone = _features(call(day=0, attributes={"balance": 5.0}), call(day=1, attributes={"plan": "gold"}), at=1)

    assert any(seen[name] for name in own)
    assert not any(gone[name] for name in own)


def _buckets(event: CustomerEvent, before: Case | None = None, **learning: Any) -> list[int]:
    at = event.occurred_at.timestamp()
    case = before or Case("", at, NEVER, at, 1, "A")
    return category_buckets(event, deed_of(event), case, LearningParams(**learning))


def test_own_words_reach_the_model_alone_and_by_the_year_and_own_numbers_in_bins() -> None:
    plain = set(_buckets(call()))

    assert len(set(_buckets(call(attributes={"plan": "gold"}))) - plain) == 2
    assert len(set(_buckets(call(attributes={"tenure": 3.5}))) - plain) == 4
    assert plain < set(_buckets(call(attributes={"plan": "gold", "tenure": 3.5})))


def test_own_fields_are_crossed_where_all_of_them_are_known() -> None:
    own = {"plan": "gold", "region": "north", "tenure": 3.5}

    def added(attributes: dict[str, Any], *crosses: tuple[str, ...]) -> set[int]:
        event = call(attributes=attributes)
        return set(_buckets(event, crosses=crosses)) - set(_buckets(event))

    both = added(own, ("plan", "region"), ("plan", "tenure"))
    assert len(both) == 2
    assert added({**own, "region": "south"}, ("plan", "region")).isdisjoint(both)
    assert added({**own, "tenure": 3.6}, ("plan", "tenure")).isdisjoint(both)
    assert added(own, ("plan", "colour")) == set()


@pytest.mark.parametrize("name", get_args(WordName))
def test_each_family_of_words_says_something_by_itself(name: WordName) -> None:
    event = claim(day=10, attributes={"plan": "gold", "tenure": 3.5})
    at = event.occurred_at.timestamp()
    case = Case("CL-1", at - 9e5, at - 2e5, at, 3, "ABC")
    others = tuple(other for other in get_args(WordName) if other != name)

    alone, without = set(_buckets(event, case, words=(name,))), set(_buckets(event, case, words=others))

    assert alone
    assert alone.isdisjoint(without)
    assert alone | without == set(_buckets(event, case, words=get_args(WordName)))


def test_a_gap_of_minutes_is_told_from_one_of_an_hour() -> None:
    event = claim(day=10)
    at = event.occurred_at.timestamp()

    def after(minutes: float) -> list[int]:
        return _buckets(event, Case("CL-1", at - 9e5, at - 60 * minutes, at, 2, "AB"), words=("gaps",))

    # The two bins of the time before are shared.
    assert len(set(after(5)) & set(after(50))) == 2


def test_numbers_of_one_magnitude_share_a_coarse_bin_and_not_a_fine_one() -> None:
    plain = set(_buckets(call()))

    def of(value: float) -> set[int]:
        return set(_buckets(call(attributes={"tenure": value}))) - plain

    # The value itself, and one bin in each of three resolutions.
    assert len(of(2.5) & of(3.9)) == 1
    assert len(of(1000.0) & of(1001.0)) == 3
    assert not of(3) & of(40)
    assert not of(3) & of(-3)


@pytest.mark.parametrize(
    ("event", "deed"),
    [
        (call(service_type="consult"), "call:consult"),
        (claim(status="denied"), "claim:denied"),
        (claim(status="assessed", step="loss adjuster named"), "claim:loss adjuster named"),
        (survey(touchpoint="claim"), "survey:claim:answered"),
        (complaint(), "complaint"),
        (action(what="offer"), "action:offer"),
    ],
)
def test_a_deed_is_one_word_for_what_happened(event: CustomerEvent, deed: str) -> None:
    assert deed_of(event) == deed


def test_every_category_is_crossed_with_what_happened() -> None:
    """The same channel, unit and hour mean another thing at a claim than at a call: nothing is shared."""
    assert not set(_buckets(call(channel="app"))) & set(_buckets(claim(channel="app")))


def test_a_claim_is_told_by_the_companys_own_step_before_our_status() -> None:
    named, other = claim(status="assessed", step="site visit"), claim(status="surveyed", step="site visit")

    assert _buckets(named) == _buckets(other)
    assert not set(_buckets(named)) & set(_buckets(claim(status="assessed")))


def test_the_course_of_a_case_and_the_calendar_are_seen() -> None:
    event = claim(day=10)
    at, day = event.occurred_at.timestamp(), timedelta(days=1).total_seconds()
    case = Case("CL-1", at - 9 * day, at - 2 * day, at, 3, "ABC")
    plain = set(_buckets(event, case))

    def changed(**given: Any) -> int:
        return len(set(_buckets(event, case._replace(**given))) - plain)

    assert changed(trail="ABD") == 2
    assert changed(trail="XBC") == 1
    # Two bins of the gap, two of the time before it, the day before and its weekday.
    assert changed(before_at=at - 5 * day) == 6
    # Two bins; the first day, its weekday, its month with and without the year.
    assert changed(began_at=at - 80 * day) == 6
    assert changed(seen_at=at) == 0


def test_buckets_are_ascending_unique_and_in_range() -> None:
    buckets = _buckets(claim(auto_rule_id="r1", provider_ref="p", product_id="x", product_line="motor"))

    assert buckets == sorted(set(buckets))
    assert all(0 <= bucket < BUCKETS for bucket in buckets)


def test_buckets_are_the_same_on_every_machine() -> None:
    # Written out: if they change, the weights of every older snapshot are worth nothing.
    assert _buckets(call()) == [
        *(4316, 10713, 15708, 17814, 20938, 21722, 23545, 27627),
        *(33244, 47174, 50740, 54850, 59867, 60417, 60874),
    ]
