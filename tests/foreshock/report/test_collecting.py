from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from foreshock.report import collecting
from foreshock.report.collecting import Collector
from foreshock.report.figures import Figures, Moved
from foreshock.report.reading import judged_in, week_of
from models.drift import HealthAlert
from models.outcome import Outcome
from schemas.examples import RiskExample
from tests.support.alerts import alert
from tests.support.events import START, call, complaint, moment
from tests.support.examples import risk_example

NOBODY = [0, 0, 0, 0, 0]


def matured(number: int, label: bool, **given: Any) -> RiskExample:
    """A final label for 30 days of a prediction of the first ninety days."""
    probability = 0.5 if label else number % 7 / 100
    return risk_example(
        number % 90, **{"phase": "matured", "horizons": (30,), "label": label, "probability_30d": probability} | given
    )


def figures_of(collector: Collector) -> Figures:
    return collector.figures(NOBODY)


def new_customers(count: int) -> Outcome:
    return Outcome(stage_moves=[(-1, 0)] * count)


def test_an_example_of_one_horizon_is_read() -> None:
    (judged,) = judged_in(risk_example(phase="matured", horizons=(7,), probability_7d=0.2, label=True, snapshot=1))

    assert (judged.horizon_days, judged.probability, judged.label, judged.weight) == (7, 0.2, True, 1.0)
    assert not judged.cold


def test_an_example_of_both_horizons_is_read_once_for_each() -> None:
    short, long = judged_in(
        risk_example(
            phase="matured",
            probability_7d=0.1,
            probability_30d=0.3,
            weight=4.0,
            channel="hotline",
            elder=True,
            language="zh",
        )
    )

    assert (short.horizon_days, short.probability) == (7, 0.1)
    assert (long.horizon_days, long.probability, long.weight) == (30, 0.3, 4.0)
    assert long.cold
    assert set(long.cohorts) == {("channel", "hotline"), ("elder", "yes"), ("language", "zh")}


@pytest.mark.parametrize("phase", ["predicted", "complained", "censored", "corrected"])
def test_a_label_that_is_not_final_is_not_judged(phase: str) -> None:
    assert not list(judged_in(risk_example(phase=phase)))


def test_a_week_begins_on_monday() -> None:
    sunday = START + timedelta(days=6 - START.weekday(), hours=23 - START.hour)

    assert week_of((sunday + timedelta(hours=1)).timestamp()) == week_of(sunday.timestamp()) + 1
    assert week_of((sunday - timedelta(days=6)).timestamp()) == week_of(sunday.timestamp())


def test_complaints_are_counted_without_duplicates_and_withdrawals() -> None:
    collector = Collector("hash", ["a.jsonl"])
    collector.take(complaint(), [Outcome()])
    collector.take(complaint(), [Outcome(duplicate=True)])
    collector.take(complaint(withdrawn=True), [Outcome()])

    figures = figures_of(collector)
    assert {level.complaints for level in figures.levels} == {1}
    assert figures.events == {"complaint": 3}
    assert figures.facts["duplicates"] == 1


def test_customers_alerted_are_counted_per_whole_window_of_thirty_days() -> None:
    collector = Collector("hash", ["a.jsonl"])
    opened = alert("a", customer_key="c_1", level="yellow")
    collector.take(call(day=0), [new_customers(4), Outcome(alerts=[opened])])
    collector.take(call(day=31), [Outcome()])
    collector.take(call(day=62), [Outcome()])

    figures = figures_of(collector)
    assert figures.windows == 2
    assert {level.level: level.alerted_share for level in figures.levels}["yellow"] == pytest.approx((0.25 + 0) / 2)


def test_a_short_run_is_one_window() -> None:
    collector = Collector("hash", ["a.jsonl"])
    collector.take(call(day=0), [new_customers(4), Outcome(alerts=[alert("a", level="yellow")])])

    figures = figures_of(collector)
    assert figures.windows == 0
    assert figures.levels[1].alerted_share == pytest.approx(0.25)


def test_beyond_the_cap_a_fair_sample_is_kept_and_all_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "KEPT", 1_000)
    examples = [matured(number, label=number % 10 == 0) for number in range(4_000)]
    collector = Collector("hash", ["a.jsonl"])
    for example in examples:
        collector.take_outcomes([Outcome(examples=[example])])

    long = figures_of(collector).horizons[-1]
    assert (long.matured, long.complaints, long.kept, long.cold) == (4_000, 400, 1_000, 4_000)
    assert long.quality is not None
    assert long.quality.base_rate == pytest.approx(0.1, abs=0.03)


def test_weeks_compare_what_was_predicted_with_what_came() -> None:
    collector = Collector("hash", ["a.jsonl"])
    collector.take_outcomes([Outcome(examples=[matured(number, number % 2 == 0) for number in range(900)])])

    weeks = figures_of(collector).weeks
    assert all(week.begins_at.weekday() == 0 for week in weeks)
    assert sum(week.count for week in weeks) <= 900
    assert all(week.observed == pytest.approx(0.5, abs=0.15) for week in weeks)


def test_what_monitors_raised_is_kept() -> None:
    collector = Collector("hash", ["a.jsonl"])
    collector.take_drift([HealthAlert("label.30d", START, 0.03, 0.05, moment(12))])

    assert figures_of(collector).moved == (Moved("label.30d", START, 0.03, 0.05),)
