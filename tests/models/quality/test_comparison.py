"""A challenger is compared on the same examples, with an interval that holds what it says."""

from __future__ import annotations

import random

import pytest

from models.quality import compare
from tests.support.judged import judged


def test_a_challenger_that_is_the_champion_differs_in_nothing() -> None:
    told = compare(judged(600))

    assert told.auc == told.average_precision == told.log_loss == (0.0, 0.0, 0.0)


def test_a_worse_challenger_is_seen_to_be_worse_in_everything() -> None:
    told = compare(judged(3_000, noise=0.2, weighted=True))

    assert told.auc is not None
    assert told.auc.low <= told.auc.difference <= told.auc.high < 0
    assert told.average_precision is not None
    assert told.average_precision.high < 0
    assert told.log_loss is not None
    assert told.log_loss.low > 0


def test_the_same_examples_give_the_same_interval_and_another_seed_nearly_so() -> None:
    rows = judged(1_500, noise=0.05)
    first, other = compare(rows).auc, compare(rows, seed="other").auc

    assert compare(rows).auc == first
    assert first is not None
    assert other is not None
    assert first != other
    assert first.low == pytest.approx(other.low, abs=0.006)


def test_nine_in_ten_intervals_hold_the_true_difference() -> None:
    true = 0.0  # both see the truth through noise of the same size
    held = 0
    for seed in range(40):
        chance = random.Random(seed)
        rows = []
        for row in judged(400, 100 + seed):
            seen = [min(1.0, max(0.0, row.probability + chance.gauss(0, 0.1))) for _ in range(2)]
            rows.append(row._replace(probability=seen[0], challenger=seen[1]))
        told = compare(rows, replicates=60)
        assert told.auc is not None
        held += told.auc.low <= true <= told.auc.high

    assert 0.8 * 40 <= held <= 39


def test_predictions_without_a_challenger_are_left_out() -> None:
    rows = [*judged(300), *(row._replace(challenger=None) for row in judged(100, 2))]

    assert compare(rows).examples == 300
    assert compare(rows[300:]).auc is None
