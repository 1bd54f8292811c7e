"""The figures of the quality bench: what they measure, their intervals, the table, the floors."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.carriers.job import BenchError
from bench.quality.bootstrap import RESAMPLES, Estimate, Judged, estimate, resampled
from bench.quality.figures import Figure
from bench.quality.floors import fallen, read_floors, write_floors
from bench.quality.metrics import auc, average_precision, calibration_error, f1, share, top_precision
from bench.quality.rows.drift import days_until_back
from bench.quality.table import COLUMNS, plain_of, rows_of

RANKED = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=30)


def once(metric, labels, scores) -> float:  # type: ignore[no-untyped-def]
    given = np.array(labels, dtype=float), np.array(scores, dtype=float), np.ones((1, len(labels)))
    return float(metric(*given)[0])


def judged(scores: list[float], labels: list[bool], groups: list[str] | None = None) -> Judged:
    made = Judged()
    for number, (score, label) in enumerate(zip(scores, labels, strict=True)):
        made.add(score, label, groups[number] if groups else str(number))
    return made


def figure(value: float | None, better: str = "higher", **more: object) -> Figure:
    found = None if value is None else Estimate(value, value - 0.1, value + 0.1, 100, 10)
    return Figure("set", "AUC", found, better=better, **more)  # type: ignore[arg-type]


@given(RANKED)
def test_auc_is_how_often_a_positive_scores_above_a_negative(ranked: list[tuple[bool, int]]) -> None:
    positives = [score for label, score in ranked if label]
    negatives = [score for label, score in ranked if not label]
    wins = [1.0 if up > down else 0.5 if up == down else 0.0 for up, down in product(positives, negatives)]

    found = once(auc, [label for label, _ in ranked], [score for _, score in ranked])

    assert found == pytest.approx(sum(wins) / len(wins)) if wins else np.isnan(found)


@given(RANKED)
def test_average_precision_averages_the_precision_at_each_positive(ranked: list[tuple[bool, int]]) -> None:
    labels = [label for label, _ in ranked]
    at = {level: [label for label, score in ranked if score >= level] for level in range(6)}
    precisions = [sum(at[score]) / len(at[score]) for label, score in ranked if label]

    found = once(average_precision, labels, [score for _, score in ranked])

    assert found == pytest.approx(sum(precisions) / len(precisions)) if precisions else np.isnan(found)


@given(RANKED, st.integers(0, 29))
def test_a_weight_of_two_is_the_same_as_being_there_twice(ranked: list[tuple[bool, int]], place: int) -> None:
    place %= len(ranked)
    labels, scores = np.array([r[0] for r in ranked], float), np.array([r[1] for r in ranked], float)
    weights = np.ones((1, len(ranked)))
    weights[0, place] = 2.0
    doubled = [*ranked, ranked[place]]
    for metric in (auc, average_precision, top_precision(0.3), share):
        again = once(metric, [label for label, _ in doubled], [score for _, score in doubled])
        assert float(metric(labels, scores, weights)[0]) == pytest.approx(again, nan_ok=True)


def test_precision_at_the_top_counts_ties_as_if_drawn_by_lot() -> None:
    assert once(top_precision(0.5), [1, 1, 0, 0], [4, 3, 2, 1]) == 1.0
    assert once(top_precision(0.5), [1, 1, 0, 0], [1, 1, 1, 1]) == 0.5


def test_f1_is_of_flags() -> None:
    assert once(f1, [1, 1, 0, 0], [1, 0, 1, 0]) == pytest.approx(0.5)
    assert once(f1, [1, 1, 0, 0], [0, 0, 0, 0]) == 0.0


def test_probabilities_that_say_what_comes_true_have_no_calibration_error() -> None:
    assert once(calibration_error(2), [0, 0, 0, 1, 1, 1, 1, 0], [0.25] * 4 + [0.75] * 4) == pytest.approx(0.0)
    assert once(calibration_error(1), [0, 0, 0, 0], [0.25] * 4) == pytest.approx(0.25)


def test_an_interval_holds_its_figure_and_is_the_same_each_time() -> None:
    part = judged([0.1, 0.4, 0.35, 0.8, 0.7, 0.2] * 20, [False, False, True, True, True, False] * 20)

    first, again = estimate(auc, [part]), estimate(auc, [part])

    assert first is not None
    assert first == again
    assert first.low < first.value < first.high
    assert (first.count, first.positive_count) == (120, 60)
    assert len(resampled(auc, part)) == RESAMPLES + 1


def test_what_one_dialogue_says_is_drawn_together_and_so_the_interval_is_wider() -> None:
    scores, labels = [0.1, 0.4, 0.35, 0.8] * 30, [False, False, True, True] * 30
    apart = estimate(auc, [judged(scores, labels)])
    together = estimate(auc, [judged(scores * 3, labels * 3, [str(n % 120) for n in range(360)])])

    assert apart is not None
    assert together is not None
    assert together.high - together.low == pytest.approx(apart.high - apart.low, rel=0.15)


def test_nothing_is_said_where_nothing_can_be() -> None:
    assert estimate(auc, []) is None
    assert estimate(auc, [judged([0.1, 0.2], [False, False])]) is None


@pytest.mark.parametrize(
    ("value", "better", "target", "reference", "reached"),
    [
        (0.8, "higher", 0.7, None, True),
        (0.6, "higher", 0.7, 0.5, False),
        (0.6, "higher", None, 0.5, True),
        (0.6, "lower", 0.7, None, True),
        (0.6, "higher", None, None, None),
        (None, "higher", 0.7, None, None),
    ],
)
def test_a_target_is_reached_or_not_and_without_one_it_is_the_reference(
    value: float | None, better: str, target: float | None, reference: float | None, reached: bool | None
) -> None:
    assert figure(value, better, target=target, reference=reference).is_reached is reached


def test_the_table_has_a_cell_per_column_and_dashes_for_what_is_not_known() -> None:
    rows = list(rows_of([figure(0.8, target=0.7, reference=0.75, microseconds_per_event=99.6), figure(None)]))

    assert rows[0] == ["set: AUC", "0.800 (0.700 to 0.900)", ">= 0.700", "yes", "0.750", "100", "10", "100"]
    assert rows[1] == ["set: AUC", *["-"] * (len(COLUMNS) - 1)]
    assert plain_of(figure(None))["value"] is None


def test_a_figure_below_its_floor_is_named_and_one_that_cannot_be_measured_too(tmp_path: Path) -> None:
    path = tmp_path / "floors.json"
    write_floors([figure(0.8)], path)
    floors = read_floors(path)

    assert floors == {"set: AUC": 0.8}
    assert not list(fallen([figure(0.7996), figure(0.9)], floors))
    assert list(fallen([figure(0.79)], floors)) == ["set: AUC: 0.7900, the floor is 0.8"]
    assert list(fallen([figure(0.81, "lower")], floors)) == ["set: AUC: 0.8100, the floor is 0.8"]
    assert list(fallen([figure(None)], floors)) == ["set: AUC: the floor is 0.8, and nothing was found"]


def test_floors_that_were_not_measured_stay(tmp_path: Path) -> None:
    path = tmp_path / "floors.json"
    path.write_bytes(b'{"other: AUC": 0.5}')

    write_floors([figure(0.8), figure(None)], path)

    assert read_floors(path) == {"other: AUC": 0.5, "set: AUC": 0.8}
    path.write_bytes(b"[1]")
    with pytest.raises(BenchError, match="not a table of floors"):
        read_floors(path)
    assert read_floors(tmp_path / "nowhere.json") == {}


def test_drift_is_over_when_a_week_of_windows_ranks_nearly_as_well_as_without_the_change() -> None:
    without = np.full((30, 3), 0.2)
    after = np.array([[0.05, 0.2, 0.05]] * 10 + [[0.2, 0.2, 0.05]] * 20)

    assert list(days_until_back(without, after)) == [10, 0, 30]


def test_what_is_bad_without_the_change_too_is_no_drift() -> None:
    week = np.repeat([0.2, 0.05, 0.2], 10)[:, None]

    assert list(days_until_back(week, week)) == [0]
    assert list(days_until_back(np.full((30, 1), 0.2), week * [0.5])) == [30]


def test_sets_with_the_same_groups_are_drawn_alike() -> None:
    names = ["a", "b", "c"]
    few, many = Judged(), Judged()
    for name in names:
        many.add(1.0, name == "b", name)
    few.add(1.0, True, "b")
    few.add(1.0, False, "c")

    shares = [resampled(lambda labels, _, weights: weights @ labels, one, names=names) for one in (few, many)]

    assert list(shares[0]) == list(shares[1])
    assert len(set(shares[0])) > 1
