"""Scaler and regression together: what is frozen scores as the learner does."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.linear.adagrad import AdaGradLogistic
from models.linear.scaled import ScaledLogistic
from models.linear.scaler import Numbers, RunningScaler

numbers = st.lists(st.floats(-1e4, 1e4).map(lambda value: round(value, 3)), min_size=3, max_size=3).map(np.array)
buckets = st.lists(st.integers(0, 40), unique=True, max_size=8)
examples = st.lists(st.tuples(numbers, buckets, st.booleans()), max_size=25)
Examples = list[tuple[Numbers, list[int], bool]]


def taught(pairs: Examples) -> ScaledLogistic:
    learner = ScaledLogistic(AdaGradLogistic(("a", "b", "c"), learning_rate=0.1, intercept_init=-3.0))
    for dense, hashed, label in pairs:
        learner.learn(dense, hashed, label)
    return learner


@given(examples, numbers, buckets)
def test_the_frozen_weights_score_as_the_learner_does(pairs: Examples, dense: Numbers, hashed: list[int]) -> None:
    learner = taught(pairs)
    frozen = learner.frozen()
    of_bucket = dict(zip(frozen.buckets, frozen.weights, strict=True))
    score = (
        frozen.intercept
        + sum(weight * value for weight, value in zip(frozen.dense, dense, strict=True))
        + sum(of_bucket.get(bucket, 0.0) for bucket in hashed)
    )

    assert score == pytest.approx(learner.score(dense, hashed), rel=1e-6, abs=1e-6)


@given(examples, examples)
def test_learning_on_after_a_restart_gives_the_same_bits(before: Examples, after: Examples) -> None:
    restarted = taught([])
    restarted.restore(json.loads(json.dumps(taught(before).to_plain())))
    for dense, hashed, label in after:
        restarted.learn(dense, hashed, label)

    assert restarted.to_plain() == taught(before + after).to_plain()


@given(st.lists(numbers, min_size=2, max_size=20), numbers)
def test_what_is_taken_back_leaves_mean_and_spread_as_they_were(seen: list[Numbers], wrong: Numbers) -> None:
    scaler = RunningScaler(3)
    for values in seen:
        scaler.learn(values)
    means, squares = scaler.means, scaler.to_plain()["squares"]
    scaler.learn(wrong)
    scaler.learn(wrong, -1.0)

    assert scaler.means == pytest.approx(means, abs=1e-6)
    assert scaler.to_plain()["squares"] == pytest.approx(squares, rel=1e-6, abs=1e-3)


@given(st.lists(numbers, min_size=3, max_size=30))
def test_scaled_numbers_have_mean_zero_and_spread_one(seen: list[Numbers]) -> None:
    assume(all(max(column) - min(column) > 1.0 for column in zip(*seen, strict=True)))
    scaler = RunningScaler(3)
    for values in seen:
        scaler.learn(values)

    for column in zip(*(scaler.scaled(values) for values in seen), strict=True):
        assert sum(column) / len(seen) == pytest.approx(0.0, abs=1e-6)
        assert sum(value * value for value in column) / len(seen) == pytest.approx(1.0, abs=1e-6)


def test_a_number_that_never_changed_says_nothing() -> None:
    scaler = RunningScaler(1)
    for _ in range(1_000):
        scaler.learn(np.array([0.1]))

    assert scaler.scaled(np.array([5.0])).tolist() == [0.0]


def test_sums_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="2 places"):
        RunningScaler(1).restore(RunningScaler(2).to_plain())
