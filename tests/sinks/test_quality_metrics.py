from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from models.drift import HealthAlert
from models.quality import Quality
from schemas.examples import Shadow
from schemas.snapshots import Contest, Interval
from sinks.prometheus import Metrics
from tests.support.examples import risk_example

EVERYBODY = {"horizon_days": "30", "cohort": "all"}


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def metrics(registry: CollectorRegistry) -> Metrics:
    return Metrics(registry)


def judged(count: int = 600, **given: Any) -> Quality:
    """Quality of predictions that came true as often as they said."""
    quality, chance = Quality({7: 0.9, 30: 0.5}), random.Random(3)
    for number in range(count):
        probability = chance.random()
        quality.take(risk_example(number, horizons=(7, 30)))
        quality.take(
            risk_example(
                number,
                phase="matured",
                horizons=(30,),
                probability_30d=probability,
                label=chance.random() < probability,
                shadow=Shadow(learner="x", score_7d=0.0, score_30d=0.0, probability_7d=0.1, probability_30d=0.2),
                **given,
            )
        )
    return quality


def test_what_the_learner_says_of_everybody_is_shown(metrics: Metrics, registry: CollectorRegistry) -> None:
    report = judged().report(30)
    metrics.judged([report], [])

    def shown(name: str) -> float | None:
        return registry.get_sample_value(f"foreshock_quality_{name}", EVERYBODY)

    assert shown("auc_ratio") == report.figures.auc
    assert shown("average_precision_ratio") == report.figures.average_precision
    assert shown("calibration_error_ratio") == report.figures.ece
    assert shown("alert_precision_ratio") == report.figures.precision
    assert shown("alert_recall_ratio") == report.figures.recall
    assert (shown("judged_labels"), shown("positive_labels")) == (600, report.figures.positives)
    assert registry.get_sample_value("foreshock_quality_maturity_ratio", {"horizon_days": "30"}) == 1.0
    phase = {"horizon_days": "30", "phase": "matured"}
    assert registry.get_sample_value("foreshock_quality_phase_labels", phase) == 600


def test_cohorts_have_names_from_a_closed_set(metrics: Metrics, registry: CollectorRegistry) -> None:
    metrics.judged([judged(channel="hotline", elder=True, language="fr").report(30)], [])

    for cohort in ("channel_hotline", "elder_true", "language_other"):
        assert registry.get_sample_value("foreshock_quality_auc_ratio", {**EVERYBODY, "cohort": cohort}) is not None
    assert registry.get_sample_value("foreshock_quality_auc_ratio", {**EVERYBODY, "cohort": "language_fr"}) is None


def test_what_too_few_labels_cannot_say_is_missing(metrics: Metrics, registry: CollectorRegistry) -> None:
    metrics.judged([judged().report(30)], [])
    metrics.judged([judged(count=20).report(30)], [])

    assert registry.get_sample_value("foreshock_quality_auc_ratio", EVERYBODY) is None
    assert registry.get_sample_value("foreshock_quality_judged_labels", EVERYBODY) == 20


def test_lead_times_are_counted_by_whether_an_alert_stood(metrics: Metrics, registry: CollectorRegistry) -> None:
    def complaint(hours: float, level: int, **given: Any) -> None:
        metrics.foreseen(risk_example(phase="complained", lead_seconds=hours * 3600.0, level=level, **given))

    complaint(30.0, 2)
    complaint(1.0, 0)
    complaint(1.0, 4, horizons=(7,))
    metrics.foreseen(risk_example())

    def seen(alerted: str, below: str) -> float | None:
        return registry.get_sample_value("foreshock_lead_seconds_bucket", {"alerted": alerted, "le": below})

    assert [seen("yes", "86400.0"), seen("yes", "172800.0")] == [0, 1]
    assert seen("no", "7200.0") == 1
    assert registry.get_sample_value("foreshock_lead_seconds_count", {"alerted": "yes"}) == 1


def test_the_newest_drift_of_each_monitor_is_shown(metrics: Metrics, registry: CollectorRegistry) -> None:
    def drift(monitor: str, day: int) -> HealthAlert:
        return HealthAlert(monitor, datetime(2026, 3, 1, tzinfo=UTC), 0.1, 0.2, datetime(2026, 3, day, tzinfo=UTC))

    metrics.judged([], [drift("input.wait", 3), drift("label.30d", 4), drift("input.friction", 9)])

    def shown(monitor: str) -> float | None:
        return registry.get_sample_value("foreshock_drift_alert_timestamp_seconds", {"monitor": monitor})

    assert shown("input") == datetime(2026, 3, 9, tzinfo=UTC).timestamp()
    assert shown("label.30d") == datetime(2026, 3, 4, tzinfo=UTC).timestamp()
    assert shown("score.7d") is None


def test_a_challenger_is_shown_with_its_interval(metrics: Metrics, registry: CollectorRegistry) -> None:
    auc = Interval(difference=0.02, low=0.01, high=0.03)
    metrics.contested({30: Contest(challenger="x", examples=900, positives=40, auc=auc)})

    def shown(figure: str, bound: str) -> float | None:
        labels = {"horizon_days": "30", "figure": figure, "bound": bound}
        return registry.get_sample_value("foreshock_challenger_difference_ratio", labels)

    assert [shown("auc", bound) for bound in ("difference", "low", "high")] == [0.02, 0.01, 0.03]
    assert shown("log_loss", "low") is None
