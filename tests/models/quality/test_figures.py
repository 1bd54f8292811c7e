"""Weighted figures, held against River, against all pairs and against sums by hand."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from river.metrics import RollingROCAUC

from models.quality import Judged
from models.quality.figures import figures_of
from models.quality.ranking import Areas, Ranking
from models.quality.reliability import expected_calibration_error, reliability
from tests.support.judged import NOBODY, judged


def _areas(rows: Sequence[Judged]) -> Areas | None:
    hits = [row.weight * row.label for row in rows]
    misses = [row.weight * (not row.label) for row in rows]
    return Ranking([row.probability for row in rows]).areas(hits, misses)


@pytest.mark.parametrize("seed", range(5))
def test_without_weights_auc_is_that_of_river(seed: int) -> None:
    rows = judged(800, seed)
    river = RollingROCAUC(window_size=800)
    for row in rows:
        river.update(row.label, row.probability)

    areas = _areas(rows)

    assert areas is not None
    assert areas.auc == pytest.approx(river.get(), abs=1e-9)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(1, 4)), min_size=2, max_size=40).filter(
        lambda rows: 0 < sum(label for _, label, _ in rows) < len(rows)
    )
)
def test_a_weight_counts_like_as_many_copies_and_auc_like_all_pairs(rows: list[tuple[int, bool, int]]) -> None:
    heavy = [Judged(score / 10, None, label, float(weight), False, NOBODY) for score, label, weight in rows]
    copied = [row._replace(weight=1.0) for row in heavy for _ in range(int(row.weight))]
    pairs = [
        (complained.probability > calm.probability) + 0.5 * (complained.probability == calm.probability)
        for complained in copied
        if complained.label
        for calm in copied
        if not calm.label
    ]

    areas = _areas(heavy)

    assert areas is not None
    assert areas == pytest.approx(_areas(copied))
    assert areas.auc == pytest.approx(sum(pairs) / len(pairs))


def test_average_precision_by_hand() -> None:
    rows = [Judged(p, None, y, 1.0, False, NOBODY) for p, y in [(0.9, True), (0.8, False), (0.7, True), (0.1, False)]]

    areas = _areas(rows)

    assert areas is not None
    assert areas.average_precision == pytest.approx((1 + 2 / 3) / 2)
    assert areas.auc == pytest.approx(0.75)


def test_figures_by_hand() -> None:
    rows = [
        *[Judged(0.5, None, True, 1.0, True, NOBODY)] * 10,
        *[Judged(0.5, None, False, 1.0, True, NOBODY)] * 10,
        *[Judged(0.1, None, False, 2.0, False, NOBODY)] * 9,
        *[Judged(0.1, None, True, 2.0, False, NOBODY)] * 1,
    ]

    told = figures_of(rows, least=30, least_of_class=10)

    assert (told.examples, told.positives) == (30, 11)
    assert told.positive_share == pytest.approx(12 / 40)
    assert told.precision == pytest.approx(10 / 20)
    assert told.recall == pytest.approx(10 / 12)
    assert told.flagged_share == pytest.approx(20 / 40)
    assert told.ece == pytest.approx(0.0)
    assert told.brier == pytest.approx((20 * 0.25 + 18 * 0.01 + 2 * 0.81) / 40)
    assert told.log_loss == pytest.approx(-(20 * log(0.5) + 18 * log(0.9) + 2 * log(0.1)) / 40)


def test_bins_hold_about_equal_weight_and_true_probabilities_err_little() -> None:
    bins = reliability(judged(5_000, weighted=True))

    assert len(bins) == 10
    assert max(bin.weight for bin in bins) < 1.05 * min(bin.weight for bin in bins)
    assert expected_calibration_error(bins) < 0.015


def test_one_probability_for_all_is_one_bin() -> None:
    rows = [Judged(0.1, None, n % 5 == 0, 1.0, False, NOBODY) for n in range(100)]

    (bin,) = reliability(rows)

    assert bin == pytest.approx((100.0, 0.1, 0.2))
