"""What the risk model sees is documented, finite, and in a fixed order."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from models.features import FAMILIES, NAMES, claims, contacts, dense_features, history, language, promises, surveys
from models.features.categories import BUCKETS, category_buckets
from models.params import Params
from models.reasons import CODES
from models.state import CustomerState
from schemas.types import DriverName
from tests.support.core import Core
from tests.support.events import call, claim, moment, survey


def test_every_feature_has_one_name_a_meaning_and_a_family() -> None:
    families = (contacts, claims, surveys, language, promises, history)
    meanings = [meaning for family in families for meaning in family.NAMES.values()]

    assert len(NAMES) == len(set(NAMES)) == len(meanings)
    assert all(meanings)
    assert [name for where in FAMILIES.values() for name in NAMES[where]] == list(NAMES)
    assert {f"model_{family}" for family in FAMILIES} <= set(CODES)


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


def test_own_attributes_reach_the_model_as_categories_and_crosses() -> None:
    plain = set(category_buckets(call()))
    own = set(category_buckets(call(attributes={"plan": "gold", "tenure": 3.5})))

    assert plain < own
    assert len(own - plain) == 4


def test_numbers_of_one_magnitude_share_a_category() -> None:
    def of(value: float) -> list[int]:
        return category_buckets(call(attributes={"tenure": value}))

    assert of(2.5) == of(3.9)
    assert of(3) != of(5)
    assert of(3) != of(-3)
    assert of(0) != of(1)


def test_buckets_are_ascending_unique_and_in_range() -> None:
    buckets = category_buckets(claim(auto_rule_id="r1", provider_ref="p", product_id="x", product_line="motor"))

    assert buckets == sorted(set(buckets))
    assert all(0 <= bucket < BUCKETS for bucket in buckets)
