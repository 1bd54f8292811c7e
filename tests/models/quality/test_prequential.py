"""Quality is judged on final labels only, over the newest of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from timeit import timeit

import orjson
import pytest

from models.quality import LEAD_HOURS, Quality

START = datetime(2026, 1, 1, tzinfo=UTC)
THRESHOLD = {7: 0.3, 30: 0.4}


@dataclass(frozen=True, slots=True)
class Example:
    """A risk example as far as quality reads it."""

    phase: str = "matured"
    horizons: tuple[int, ...] = (30,)
    label: bool | None = None
    weight: float = 1.0
    probability_7d: float = 0.01
    probability_30d: float = 0.05
    challenger_7d: float | None = None
    challenger_30d: float | None = None
    lead_seconds: float | None = None
    level: int = 0
    channel: str = "phone"
    elder: bool = False
    language: str = "zh"
    predicted_at: datetime = START
    released_at: datetime = START + timedelta(days=30)
    censored_by: str | None = None


PHASES = ("predicted", "complained", "matured", "matured", "matured", "censored", "corrected")


def _stream(count: int, seed: int = 3) -> list[Example]:
    """Examples of every phase; probabilities are true, a challenger's are noisier."""
    chance = random.Random(seed)
    examples = []
    for number in range(count):
        probability = round(chance.betavariate(0.6, 4), 3)
        at = START + timedelta(hours=number)
        examples.append(
            Example(
                phase=chance.choice(PHASES),
                horizons=chance.choice([(7,), (30,), (7, 30)]),
                label=chance.random() < probability,
                weight=chance.choice([1.0, 1.0, 2.5]),
                probability_7d=probability,
                probability_30d=probability,
                challenger_30d=chance.choice([None, round(min(1.0, max(0.0, probability + chance.gauss(0, 0.2))), 3)]),
                lead_seconds=chance.choice([None, chance.uniform(0, 30 * 86_400)]),
                level=chance.choice([0, 0, 0, 1, 3]),
                channel=chance.choice(["phone", "phone", "chat"]),
                elder=chance.random() < 0.3,
                language=chance.choice(["zh", "en"]),
                predicted_at=at,
                released_at=at + timedelta(days=7),
                censored_by=chance.choice(["left", "intervention"]),
            )
        )
    return examples


def _taken(examples: Sequence[Example], window: int = 5_000) -> Quality:
    quality = Quality(THRESHOLD, window)
    for example in examples:
        quality.take(example)
    return quality


def test_with_too_few_labels_nothing_but_counts_is_told() -> None:
    report = _taken([Example(label=n == 3) for n in range(250)]).report(30)

    assert (report.figures.examples, report.figures.positives) == (250, 1)
    assert report.figures.auc is None
    assert report.reliability == report.curve == ()
    assert report.by_cohort == {"channel": {}, "elder": {}, "language": {}}


def test_only_matured_labels_are_judged_and_only_the_newest() -> None:
    examples = _stream(4_000)
    matured = [example for example in examples if example.phase == "matured" and 30 in example.horizons]
    quality = _taken([example for example in examples if example.phase != "corrected"], window=500)

    figures = quality.report(30).figures

    assert figures.examples == 500
    assert figures.positives == sum(bool(example.label) for example in matured[-500:])


def test_an_alert_is_a_level_from_yellow_on_or_a_probability_at_the_threshold() -> None:
    quiet = [Example(label=n % 10 == 0, level=1, probability_30d=0.1) for n in range(200)]
    called = [Example(label=True, level=2, probability_30d=0.1), Example(label=True, probability_30d=0.4)]

    figures = _taken([*quiet, *called]).report(30).figures

    assert figures.precision == 1.0
    assert figures.recall == pytest.approx(2 / 22)


def test_cohorts_are_told_where_there_are_enough_of_them() -> None:
    examples = [replace(example, phase="matured", horizons=(30,)) for example in _stream(2_000)]
    rare = [replace(example, channel="letter") for example in examples[:50]]

    by_cohort = _taken([*examples, *rare]).report(30).by_cohort

    assert set(by_cohort["channel"]) == {"chat", "phone"}
    assert set(by_cohort["elder"]) == {"false", "true"}
    assert set(by_cohort["language"]) == {"en", "zh"}
    assert all(figures.auc is not None for values in by_cohort.values() for figures in values.values())


def test_a_late_truth_corrects_what_was_judged() -> None:
    examples = [replace(example, phase="matured", horizons=(30,)) for example in _stream(600)]
    wrong = next(example for example in examples if not example.label)
    late = replace(wrong, phase="corrected", label=True)

    corrected = _taken([*examples, late]).report(30)
    right = _taken([replace(example, label=True) if example is wrong else example for example in examples]).report(30)

    assert corrected.figures == right.figures
    assert (corrected.uncorrected, corrected.maturity.phases["corrected"]) == (0, 1)


def test_a_late_truth_about_a_prediction_no_longer_kept_is_counted() -> None:
    late = Example("corrected", label=True, probability_30d=0.987)

    assert _taken([late]).report(30).uncorrected == 1


def test_maturity_is_the_share_of_late_predictions_whose_label_is_final() -> None:
    days = [START + timedelta(days=day) for day in range(100)]
    made = [Example("predicted", predicted_at=at) for at in days for _ in range(2)]
    final = [Example("matured", label=False, predicted_at=at) for at in days[:70]]
    censored = [Example("censored", predicted_at=at, censored_by="left") for at in days[60:75]]

    told = _taken([*made, *final, *censored]).report(30).maturity

    assert (told.made, told.final, told.censored) == (120, 30, 15)
    assert told.share == 0.25
    assert told.phases == {"predicted": 200, "matured": 70, "censored": 15}
    assert told.censored_by == {"left": 15}


def test_lead_times_are_counted_in_hours_and_apart_for_alerts() -> None:
    complaints = [
        Example("complained", label=True, lead_seconds=3 * 3_600.0),
        Example("complained", label=True, lead_seconds=3 * 3_600.0, level=3),
        Example("complained", label=True, lead_seconds=9_999 * 3_600.0),
    ]

    told = _taken(complaints).report(30).leads

    assert told.all == (0, 2, *[0] * (len(LEAD_HOURS) - 2), 1)
    assert told.flagged == (0, 1, *[0] * (len(LEAD_HOURS) - 1))


def test_the_curve_ends_with_everyone_found() -> None:
    curve = _taken([replace(example, phase="matured") for example in _stream(2_000)]).report(30).curve

    assert 40 <= len(curve) <= 60
    assert curve[-1].recall == 1.0
    assert [point.threshold for point in curve] == sorted((point.threshold for point in curve), reverse=True)


@pytest.mark.parametrize("stopped_after", [0, 1, 700, 2_999])
def test_quality_resumes_bit_for_bit(stopped_after: int) -> None:
    examples = _stream(3_000)
    whole = _taken(examples, window=400)

    kept = orjson.loads(orjson.dumps(_taken(examples[:stopped_after], window=400).to_plain()))
    resumed = Quality.from_plain(kept, THRESHOLD, window=400)
    for example in examples[stopped_after:]:
        resumed.take(example)

    assert resumed.to_plain() == whole.to_plain()
    assert [resumed.report(horizon) for horizon in (7, 30)] == [whole.report(horizon) for horizon in (7, 30)]
    assert resumed.compare(30) == whole.compare(30)


def test_a_full_window_stays_small_and_taking_an_example_is_cheap() -> None:
    chance = random.Random(9)
    examples = [
        replace(example, phase="matured", horizons=(7, 30), weight=1.0, probability_30d=chance.random() * 0.2)
        for example in _stream(5_000)
    ]
    quality = Quality(THRESHOLD)

    seconds = timeit(lambda: [quality.take(example) for example in examples], number=1) / len(examples)

    assert seconds < 50e-6  # measured 4 us for both horizons; a busy machine is no failure
    assert len(orjson.dumps(quality.to_plain())) < 170_000
