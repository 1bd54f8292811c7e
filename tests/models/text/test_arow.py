"""The linear regression with a variance per weight."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text.arow import AROWRegressor

features = st.dictionaries(st.integers(0, 20), st.floats(-2.0, 2.0), max_size=6)
examples = st.lists(st.tuples(features, st.floats(-1.0, 1.0)), max_size=25)


def test_river_accepts_it() -> None:
    pytest.importorskip("sklearn", reason="River's checks read data sets of scikit-learn")
    from river import checks

    for check in checks.yield_checks(AROWRegressor()):
        check(AROWRegressor())


def test_a_frequent_feature_moves_less_than_a_rare_one() -> None:
    model = AROWRegressor()
    for _ in range(50):
        model.learn_one({"often": 1.0}, 0.0)
    model.learn_one({"often": 1.0, "seldom": 1.0}, 1.0)

    assert abs(model.weights["often"]) < abs(model.weights["seldom"]) / 10


def test_an_example_can_be_taken_back_nearly() -> None:
    model = AROWRegressor()
    model.learn_one({"a": 0.3, "b": 0.2}, 1.0)
    model.learn_one({"a": 0.3, "b": 0.2}, 1.0, w=-1.0)

    assert abs(model.predict_one({"a": 0.3, "b": 0.2})) < 0.05


def test_it_forgets_what_moves_scores_least() -> None:
    model = AROWRegressor(max_weights=10)
    for _ in range(20):
        model.learn_one({-1: 1.0}, 1.0)
    for rare in range(30):
        model.learn_one({rare: 0.01}, 0.0)

    assert len(model.weights) <= 10
    assert -1 in model.weights


@given(examples, examples)
def test_learning_on_after_a_restart_gives_the_same_bits(
    before: list[tuple[dict[int, float], float]], after: list[tuple[dict[int, float], float]]
) -> None:
    uninterrupted, restarted = AROWRegressor(max_weights=12), AROWRegressor(max_weights=12)
    teach(uninterrupted, before)
    restarted.restore(json.loads(json.dumps(uninterrupted.to_plain())))
    teach(uninterrupted, after)
    teach(restarted, after)

    assert restarted.to_plain() == uninterrupted.to_plain()


@given(examples)
def test_variances_stay_between_zero_and_one(pairs: list[tuple[dict[int, float], float]]) -> None:
    model = AROWRegressor()
    teach(model, pairs)

    assert all(0.0 < variance <= 1.0 for variance in model.variances.values())


def teach(model: AROWRegressor, pairs: list[tuple[dict[Any, float], float]]) -> None:
    for features, target in pairs:
        model.learn_one(features, target)
