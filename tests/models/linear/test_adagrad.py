"""The sparse logistic regression: a River estimator, a fast way in, and plain numbers that go on bit for bit."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from river.linear_model import LogisticRegression
from river.optim import AdaGrad

from models.linear.adagrad import AdaGradLogistic
from models.linear.scaler import Numbers

NAMES = ("wait", "calls")
numbers = st.lists(st.floats(-4.0, 4.0), min_size=2, max_size=2).map(np.array)
buckets = st.lists(st.integers(0, 40), unique=True, max_size=8)
examples = st.lists(st.tuples(numbers, buckets, st.booleans(), st.sampled_from((1.0, 3.0, -1.0))), max_size=30)
Examples = list[tuple[Numbers, list[int], bool, float]]
NOTHING = np.zeros(0)


def made() -> AdaGradLogistic:
    return AdaGradLogistic(NAMES, learning_rate=0.1, damping=0.5, memory=0.99, l2=0.001, intercept_init=-2.0)


def taught(pairs: Examples) -> AdaGradLogistic:
    model = made()
    for example in pairs:
        model.learn_active(*example)
    return model


def test_it_passes_the_checks_that_river_runs_on_its_own_estimators() -> None:
    pytest.importorskip("sklearn", reason="River's checks read data sets of scikit-learn")
    from river.checks import yield_checks

    for model in (AdaGradLogistic(), AdaGradLogistic(("age_of_domain", "https"))):
        for check in yield_checks(model):
            check(model.clone())


@given(examples)
def test_the_fast_way_in_gives_the_same_bits_as_a_mapping(pairs: Examples) -> None:
    fast, mapped = made(), made()
    for values, active, label, weight in pairs:
        x = {**dict(zip(NAMES, values, strict=True)), **dict.fromkeys(active, 1.0)}
        assert fast.score(values, active) == mapped.score(*_parts(x))
        fast.learn_active(values, active, label, weight)
        mapped.learn_one(x, label, weight)

    assert fast.to_plain() == mapped.to_plain()


def _parts(x: dict[object, float]) -> tuple[Numbers, list[object]]:
    return np.array([x[name] for name in NAMES]), [name for name in x if name not in NAMES]


@given(examples, examples)
def test_learning_on_after_a_restart_gives_the_same_bits(before: Examples, after: Examples) -> None:
    restarted = made()
    restarted.restore(json.loads(json.dumps(taught(before).to_plain())))
    for example in after:
        restarted.learn_active(*example)

    assert restarted.to_plain() == taught(before + after).to_plain()


@given(examples, numbers, buckets)
def test_a_provisional_negative_taken_back_at_once_leaves_almost_nothing(
    pairs: Examples, values: Numbers, active: list[int]
) -> None:
    model = taught(pairs)
    before = model.score(values, active)
    model.learn_active(values, active, False)
    moved = abs(model.score(values, active) - before)
    model.learn_active(values, active, False, -1.0)

    assert abs(model.score(values, active) - before) <= 0.75 * moved + 1e-3


@given(examples, numbers, buckets, st.booleans())
def test_a_label_moves_the_score_towards_it(pairs: Examples, values: Numbers, active: list[int], label: bool) -> None:
    model = AdaGradLogistic(NAMES, learning_rate=0.01)
    for example in pairs:
        model.learn_active(*example)
    before = model.score(values, active)
    model.learn_active(values, active, label)
    after = model.score(values, active)

    assert after >= before if label else after <= before


def test_it_steps_as_rivers_own_adagrad_does() -> None:
    # River starts its sums at zero and adds its damping outside the root, so only vanishing dampings agree.
    chance = random.Random(20261122)
    ours = AdaGradLogistic(learning_rate=0.05, damping=1e-12, memory=1.0, intercept_rate=0.01)
    theirs = LogisticRegression(AdaGrad(0.05, eps=1e-12), intercept_lr=0.01)
    for _ in range(300):
        x = {chance.randrange(20): chance.gauss(0.0, 1.0) for _ in range(5)}
        label = chance.random() < 0.3
        ours.learn_one(x, label)
        theirs.learn_one(x, label)

        assert ours.predict_proba_one(x)[True] == pytest.approx(theirs.predict_proba_one(x)[True], abs=1e-6)


def test_what_comes_often_learns_slower_and_memory_keeps_it_awake() -> None:
    def steps_after_many(memory: float) -> float:
        model = AdaGradLogistic(learning_rate=0.1, memory=memory, intercept_rate=0.0)
        for turn in range(2_000):
            model.learn_active(NOTHING, [7], turn % 2 == 0)
        before = model.score(NOTHING, [7])
        for _ in range(50):
            model.learn_active(NOTHING, [7], True)
        return model.score(NOTHING, [7]) - before

    assert steps_after_many(0.99) > 2 * steps_after_many(1.0) > 0


def test_frozen_weights_are_the_largest_when_there_is_a_limit() -> None:
    model = AdaGradLogistic()
    model.weights = {5: 0.3, 2: -0.9, 8: 0.0, 1: 0.1}

    assert model.frozen()[2:] == ([1, 2, 5], [0.1, -0.9, 0.3])
    assert model.frozen(limit=2)[2:] == ([2, 5], [-0.9, 0.3])


def test_numbers_of_other_names_are_refused() -> None:
    with pytest.raises(ValueError, match="2 places"):
        AdaGradLogistic().restore(made().to_plain())


def test_memory_is_bounded_and_what_matters_is_kept() -> None:
    model = AdaGradLogistic(max_weights=50)
    chance = random.Random(20261122)
    for _ in range(500):
        label = chance.random() < 0.5
        model.learn_active(NOTHING, [1 if label else 2, 3 + chance.randrange(1_000)], label)

    assert len(model.weights) <= 50
    assert model.squares.keys() == model.weights.keys()
    assert model.weights[1] > 0.1 > -0.1 > model.weights[2]
