from __future__ import annotations

from prometheus_client import CollectorRegistry

from sinks.metrics.units import Units
from sinks.prometheus import Metrics


class Shown:
    """What is shown of units."""

    def __init__(self, units: Units) -> None:
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry, units)

    def customers(self, unit: str, stage: str) -> float | None:
        return self.registry.get_sample_value("foreshock_unit_customers", {"unit": unit, "stage": stage})

    def open_alerts(self, unit: str, level: str) -> float | None:
        return self.registry.get_sample_value("foreshock_unit_open_alerts", {"unit": unit, "level": level})


NAMED = ("HQ", "HQ/G", "HQ/G/S")


def test_every_unit_is_shown_from_the_start_with_nothing() -> None:
    shown = Shown(Units(NAMED))

    assert shown.customers("HQ/G/S", "grumbling") == 0
    assert shown.open_alerts("other", "red") == 0
    assert shown.open_alerts("HQ", "none") is None


def test_partitions_are_added_up_and_counted_anew() -> None:
    shown = Shown(Units(NAMED))
    shown.metrics.counted(0, {"HQ/G": (5, 2, 0, 0, 0, 0, 0, 1, 0), "": (1, 0, 0, 0, 0, 0, 0, 0, 0)})
    shown.metrics.counted(1, {"HQ/G": (1, 0, 0, 0, 0, 0, 0, 0, 2)})
    shown.metrics.counted(0, {"HQ/G": (4, 2, 0, 0, 0, 0, 0, 0, 1), "HQ": (1, 0, 0, 0, 0, 0, 0, 0, 0)})

    assert shown.customers("HQ/G", "content") == 5
    assert shown.customers("HQ/G", "dissatisfied") == 2
    assert shown.customers("HQ", "content") == 1
    assert shown.customers("other", "content") == 0
    assert shown.open_alerts("HQ/G", "orange") == 0
    assert shown.open_alerts("HQ/G", "red") == 3


def test_units_below_the_depth_are_added_to_the_one_above_them() -> None:
    shown = Shown(Units(NAMED, depth=2))
    shown.metrics.counted(0, {"HQ/G": (1, 0, 0, 0, 0, 0, 0, 0, 0), "HQ/G/S": (2, 0, 0, 0, 0, 1, 0, 0, 0)})

    assert shown.customers("HQ/G", "content") == 3
    assert shown.open_alerts("HQ/G", "blue") == 1


def test_a_worker_that_lets_go_of_its_partitions_counts_nobody() -> None:
    shown = Shown(Units(NAMED))
    shown.metrics.counted(0, {"HQ/G": (5, 0, 0, 0, 0, 0, 0, 0, 1)})
    shown.metrics.counted(1, {"HQ/G": (7, 0, 0, 0, 0, 0, 0, 0, 0)})

    shown.metrics.lanes_closed()

    assert shown.customers("HQ/G", "content") == 0
    assert shown.open_alerts("HQ/G", "red") == 0
    shown.metrics.counted(1, {"HQ/G": (6, 0, 0, 0, 0, 0, 0, 0, 0)})
    assert shown.customers("HQ/G", "content") == 6


def test_without_a_file_everybody_is_of_one_unit() -> None:
    shown = Shown(Units())
    shown.metrics.counted(0, {"": (5, 0, 0, 0, 0, 0, 0, 0, 1)})

    assert shown.customers("all", "content") == 5
    assert shown.open_alerts("all", "red") == 1
