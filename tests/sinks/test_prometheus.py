from __future__ import annotations

import re

import pytest
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.metrics import MetricWrapperBase

from schemas.alerts import CAUSES, LEVELS, STAGES, TRANSITIONS
from sinks.prometheus import LABEL_VALUES, Metrics
from tests.support.counting import CountingOutcome

UNITS = re.compile(
    r"_(seconds|ratio|records|number|rows|positions|fired|transitions|attempts|delivered|events|letters|stepped|suppressed|noted"
    r"|customers|matured|learned|partitions|holes|parts|alerts|dependencies|commands|labels|ledger)$"
)


def declared(metrics: Metrics) -> list[MetricWrapperBase]:
    return [
        value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase) and not value._labelvalues
    ]


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def metrics(registry: CollectorRegistry) -> Metrics:
    return Metrics(registry)


def test_every_metric_is_ours_by_name_and_ends_with_what_it_counts(metrics: Metrics) -> None:
    for metric in declared(metrics):
        assert metric._name.startswith("foreshock_"), metric._name
        assert UNITS.search(metric._name), metric._name


def test_every_help_text_says_what_a_change_means(metrics: Metrics) -> None:
    for metric in declared(metrics):
        told = metric._documentation
        assert re.search(r"(rise|fall|move|shift|grow|Zero|follow|than|anything but)", told, re.IGNORECASE), told
        assert told.endswith("."), told


def test_labels_come_from_closed_sets_only(metrics: Metrics) -> None:
    for metric in declared(metrics):
        assert set(metric._labelnames) <= LABEL_VALUES.keys(), metric._name


def test_no_label_can_grow_beyond_what_prometheus_bears(metrics: Metrics) -> None:
    series = 0
    for metric in declared(metrics):
        combinations = 1
        for label in metric._labelnames:
            combinations *= len(LABEL_VALUES[label])
        series += combinations * (len(metric._upper_bounds) + 2 if isinstance(metric, Histogram) else 1)

    assert len(LEVELS) * len(CAUSES) * len(TRANSITIONS) <= 900
    # As if one worker had every sink there is; of a sink that is not configured nothing is shown.
    # The largest share have kinds of events by channel, and figures of the model by cohort.
    assert series < 2_500


def test_what_is_added_up_reaches_prometheus_when_a_group_settles(
    metrics: Metrics, registry: CollectorRegistry
) -> None:
    for outcome in (CountingOutcome(duplicate=True), CountingOutcome(late=True, fired=3), CountingOutcome(seen=True)):
        metrics.stepped(outcome)
    assert registry.get_sample_value("foreshock_messages_stepped_total") == 0
    metrics.settled(0, 7, [0.2], [5, 1, 0, 0, 0])

    assert registry.get_sample_value("foreshock_messages_stepped_total") == 3
    assert registry.get_sample_value("foreshock_messages_noted_total", {"fact": "duplicate"}) == 1
    assert registry.get_sample_value("foreshock_messages_noted_total", {"fact": "late"}) == 1
    assert registry.get_sample_value("foreshock_messages_noted_total", {"fact": "redelivered"}) == 1
    assert registry.get_sample_value("foreshock_timers_fired_total") == 3
    assert registry.get_sample_value("foreshock_lag_records", {"group": "score"}) == 7
    assert registry.get_sample_value("foreshock_alert_latency_seconds_count") == 1


def test_customers_of_all_partitions_are_added_up_and_leave_with_them(
    metrics: Metrics, registry: CollectorRegistry
) -> None:
    metrics.settled(0, 0, [], [5, 1, 0, 0, 0])
    metrics.settled(1, 0, [], [2, 0, 1, 0, 0])

    assert registry.get_sample_value("foreshock_customers", {"stage": STAGES[0]}) == 7
    metrics.lanes_closed()
    assert registry.get_sample_value("foreshock_customers", {"stage": STAGES[0]}) == 0


def test_the_page_can_be_read(registry: CollectorRegistry, metrics: Metrics) -> None:
    page = generate_latest(registry).decode()

    assert "# HELP foreshock_skipped_positions_total Positions of a topic that a consumer group never saw." in page


def test_commands_about_models_are_counted_and_the_active_snapshot_is_shown(
    metrics: Metrics, registry: CollectorRegistry
) -> None:
    metrics.stepped(CountingOutcome(command="rollback"))
    metrics.stepped(CountingOutcome(command="promote", refused="no such learner"))
    metrics.scoring(0, 41, True)
    metrics.scoring(1, 42, False)

    def commands(command: str, result: str) -> float | None:
        return registry.get_sample_value("foreshock_model_commands_total", {"command": command, "result": result})

    assert [commands("rollback", "obeyed"), commands("promote", "refused"), commands("pin", "obeyed")] == [1, 1, 0]
    assert registry.get_sample_value("foreshock_snapshot_active_number") == 42
    assert registry.get_sample_value("foreshock_snapshot_pinned_partitions") == 1

    metrics.lanes_closed()
    assert registry.get_sample_value("foreshock_snapshot_pinned_partitions") == 0
