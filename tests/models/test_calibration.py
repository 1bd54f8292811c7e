"""Calibration learns a line on log-odds, and without evidence leaves scores alone."""

from __future__ import annotations

import random
from math import log

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calibration import IDENTITY, LEAST_SLOPE, Calibration, Platt
from models.log_odds import probability_of

Example = tuple[float, bool, float]

EXAMPLES = st.lists(
    st.tuples(st.floats(-12, 12), st.booleans(), st.floats(0.1, 20)),
    max_size=60,
)


def _stream(count: int, truth: Calibration, seed: int = 5, centre: float = -1.0) -> list[Example]:
    """Scores whose true log-odds are `truth` of them."""
    chance = random.Random(seed)
    scores = [chance.gauss(centre, 1.5) for _ in range(count)]
    return [(score, chance.random() < probability_of(truth.apply(score)), 1.0) for score in scores]


def _taught(examples: list[Example], platt: Platt | None = None) -> Platt:
    platt = platt or Platt()
    for score, label, weight in examples:
        platt.learn(score, label, weight)
    return platt


def _log_loss(examples: list[Example], calibration: Calibration) -> float:
    chances = [(probability_of(calibration.apply(score)), label) for score, label, _ in examples]
    return -sum(log(chance if label else 1 - chance) for chance, label in chances) / len(examples)


def test_without_evidence_scores_stay_as_they_are() -> None:
    assert Platt().frozen() == IDENTITY
    assert IDENTITY.apply(-3.25) == -3.25


def test_a_few_labels_move_the_map_only_a_little() -> None:
    slope, offset = _taught([(-3.5, False, 1.0)] * 5).frozen()

    assert slope == pytest.approx(1.0, abs=0.1)
    assert offset == pytest.approx(0.0, abs=0.15)


@pytest.mark.parametrize("truth", [Calibration(0.5, -1.0), Calibration(1.0, 0.0), Calibration(1.8, 0.7)])
def test_the_true_line_is_found(truth: Calibration) -> None:
    learned = _taught(_stream(6_000, truth)).frozen()

    assert learned.slope == pytest.approx(truth.slope, abs=0.12)
    assert learned.offset == pytest.approx(truth.offset, abs=0.15)


def test_a_heavier_prior_is_moved_less_and_an_overwhelming_one_not_at_all() -> None:
    examples = _stream(3_000, Calibration(0.5, -1.0))

    offsets = [abs(_taught(examples, Platt(prior=prior)).frozen().offset) for prior in (1.0, 100.0, 10_000.0)]

    assert offsets == sorted(offsets, reverse=True)
    assert offsets[0] > 0.8
    assert offsets[1] > 0.2
    assert offsets[2] < 0.05


def test_when_the_truth_moves_the_map_follows() -> None:
    before, after = Calibration(1.0, 0.0), Calibration(0.6, 1.2)
    platt = _taught(_stream(8_000, before))
    platt = _taught(_stream(8_000, after, seed=6), platt)
    unseen = _stream(4_000, after, seed=7)

    excess = _log_loss(unseen, platt.frozen()) - _log_loss(unseen, after)
    excess_of_none = _log_loss(unseen, IDENTITY) - _log_loss(unseen, after)

    assert excess_of_none > 0.05
    assert excess < 0.2 * excess_of_none


def test_long_after_the_last_evidence_the_prior_is_back() -> None:
    platt = _taught(_stream(2_000, Calibration(0.5, -1.0)), Platt(half_life=100.0))

    platt = _taught([(0.0, True, 1e-9)], platt)
    for _ in range(3):
        platt._forget(0.0)

    assert platt.frozen() == pytest.approx(IDENTITY)
    assert platt.evidence == 0.0


def test_an_example_of_weight_two_counts_like_two() -> None:
    examples = _stream(2_000, Calibration(0.7, -0.5))
    twice = _taught([example for example in examples for _ in range(2)]).frozen()
    heavy = _taught([(score, label, 2.0) for score, label, _ in examples]).frozen()

    assert heavy.slope == pytest.approx(twice.slope, abs=0.02)
    assert heavy.offset == pytest.approx(twice.offset, abs=0.02)


@given(EXAMPLES, st.floats(-20, 20), st.floats(0.001, 20))
def test_a_greater_score_never_gets_a_smaller_probability(examples: list[Example], score: float, step: float) -> None:
    calibration = _taught(examples, Platt(half_life=50.0)).frozen()

    assert calibration.slope >= LEAST_SLOPE
    assert calibration.apply(score + step) > calibration.apply(score)


@given(EXAMPLES, EXAMPLES)
def test_a_calibrator_resumes_bit_for_bit(before: list[Example], after: list[Example]) -> None:
    whole = _taught([*before, *after], Platt(50.0, 10.0))

    kept = _taught(before, Platt(50.0, 10.0)).to_plain()
    resumed = Platt.from_plain(orjson.loads(orjson.dumps(kept)), 50.0, 10.0)

    assert _taught(after, resumed).to_plain() == whole.to_plain()
