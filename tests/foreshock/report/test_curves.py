from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreshock.report.curves import BINS, LEAST_EXAMPLES, Quality, Scored, Z, quality_of, wilson

TIMES = 25
"""How often drawn predictions are repeated, so that they are enough to judge."""


@st.composite
def scored(draw: st.DrawFn) -> list[Scored]:
    """Weighted predictions with both labels among them, enough of each to judge."""
    of_label = [
        draw(st.lists(st.tuples(st.integers(0, 20), st.just(label), st.integers(1, 3)), min_size=4, max_size=8))
        for label in (False, True)
    ]
    return [Scored(p / 20, label, float(weight)) for drawn in of_label for p, label, weight in drawn] * TIMES


def judged(predictions: list[Scored]) -> Quality:
    quality = quality_of(predictions)
    assert quality is not None
    return quality


def ramp(count: int = 400) -> list[Scored]:
    """Every probability on a grid, with as many complaints as it says."""
    return [Scored(p / 20, number < count * p / 20, 1.0) for p in range(1, 20) for number in range(count)]


@given(scored())
def test_a_weight_counts_as_so_many_predictions(predictions: list[Scored]) -> None:
    repeated = [each._replace(weight=1.0) for each in predictions for _ in range(int(each.weight))]

    weighted, plain = judged(predictions), judged(repeated)

    for name in ("base_rate", "auc", "average_precision", "brier", "log_loss", "ece"):
        assert getattr(weighted, name) == pytest.approx(getattr(plain, name)), name


@given(scored())
def test_the_area_is_the_share_of_pairs_in_the_right_order(predictions: list[Scored]) -> None:
    few = predictions[: len(predictions) // TIMES]
    pairs = [
        (up.weight * down.weight, (up.probability > down.probability) + (up.probability == down.probability) / 2)
        for up in few
        for down in few
        if up.label and not down.label
    ]

    expected = sum(weight * right for weight, right in pairs) / sum(weight for weight, _ in pairs)

    assert judged(predictions).auc == pytest.approx(expected)


@given(scored())
def test_the_curve_ends_where_everybody_is_flagged(predictions: list[Scored]) -> None:
    quality = judged(predictions)

    assert quality.precision_recall[-1].recall == pytest.approx(1.0)
    assert quality.precision_recall[-1].precision == pytest.approx(quality.base_rate)


@given(scored())
def test_bins_hold_every_prediction_once_and_rise(predictions: list[Scored]) -> None:
    bins = judged(predictions).reliability

    assert sum(each.examples for each in bins) == len(predictions)
    assert len(bins) <= BINS
    assert [each.predicted for each in bins] == sorted({each.predicted for each in bins})


def test_a_perfect_order_has_no_error_of_order() -> None:
    quality = judged([Scored(0.9 if label else 0.1, label, 1.0) for label in [True] * 50 + [False] * 250])

    assert (quality.auc, quality.average_precision) == (1.0, 1.0)


def test_probabilities_that_come_true_as_often_as_they_say_are_calibrated() -> None:
    assert judged(ramp()).ece < 0.005
    assert all(each.observed.low <= each.predicted <= each.observed.high for each in judged(ramp()).reliability)


def test_probabilities_that_are_too_high_stand_below_the_diagonal() -> None:
    doubled = [each._replace(probability=min(1.0, 2 * each.probability)) for each in ramp()]

    assert judged(doubled).ece > 0.2
    assert all(each.observed.share <= each.predicted for each in judged(doubled).reliability)


def test_many_equal_probabilities_leave_no_bin_of_a_handful() -> None:
    flat = [Scored(0.03, number % 30 == 0, 1.0) for number in range(3000)]
    spread = [Scored(0.04 + number / 10_000, number % 20 == 0, 1.0) for number in range(1000)]

    assert min(each.examples for each in judged(flat + spread).reliability) >= 200


@pytest.mark.parametrize(("complaints", "calm"), [(9, 500), (500, 9), (10, LEAST_EXAMPLES - 11)])
def test_too_little_is_not_judged(complaints: int, calm: int) -> None:
    assert quality_of([Scored(0.5, label, 1.0) for label in [True] * complaints + [False] * calm]) is None


@given(st.integers(0, 1000), st.integers(1, 1000))
def test_an_interval_holds_its_share(successes: int, more: int) -> None:
    interval = wilson(successes, successes + more)

    assert 0.0 <= interval.low <= interval.share <= interval.high <= 1.0


@given(st.integers(1, 500), st.integers(1, 500))
def test_the_ends_of_an_interval_are_the_shares_that_a_test_would_just_not_refuse(successes: int, more: int) -> None:
    count = successes + more
    share, *bounds = wilson(successes, count)

    for bound in bounds:
        assert (share - bound) ** 2 == pytest.approx(Z**2 * bound * (1 - bound) / count)
