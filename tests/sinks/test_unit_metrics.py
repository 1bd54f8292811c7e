from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from schemas.alerts import CAUSES, LEVELS, TRANSITIONS
from sinks.metrics.units import ALL_UNITS, MAX_UNITS, OTHER_UNITS, Units
from sinks.prometheus import Metrics
from tests.support.counting import CountingOutcome

SOME_TIME = datetime(2026, 3, 2, 9, tzinfo=UTC)
NAMED = ("HQ", "HQ/Guangdong", "HQ/Guangdong/Shenzhen")


def alert(org_path: str, transition: str = "opened", after: timedelta = timedelta(0)) -> Any:
    return SimpleNamespace(
        org_path=org_path,
        transition=transition,
        level="red",
        cause="threat",
        opened_at=SOME_TIME,
        at=SOME_TIME + after,
    )


@pytest.mark.parametrize(
    ("org_path", "value"),
    [
        ("HQ/Guangdong/Shenzhen", "HQ/Guangdong/Shenzhen"),
        ("HQ/Guangdong/Shenzhen/Futian", "HQ/Guangdong/Shenzhen"),
        ("HQ/Guangdong/Zhuhai", "HQ/Guangdong"),
        ("HQ/Fujian", "HQ"),
        ("HQx/Guangdong", OTHER_UNITS),
        ("customer-4711", OTHER_UNITS),
    ],
)
def test_a_place_counts_with_the_nearest_unit_that_the_file_names(org_path: str, value: str) -> None:
    assert Units(NAMED).of(org_path) == value


def test_without_a_file_there_is_one_value() -> None:
    assert Units().values == (ALL_UNITS,)
    assert Units().of("HQ/Guangdong") == ALL_UNITS


def test_a_unit_below_the_depth_counts_with_the_one_above_it() -> None:
    units = Units(NAMED, depth=2)

    assert units.values == ("HQ", "HQ/Guangdong", OTHER_UNITS)
    assert units.of("HQ/Guangdong/Shenzhen") == "HQ/Guangdong"


@pytest.mark.parametrize("depth", [0, 9])
def test_a_depth_that_cannot_be_is_refused(depth: int) -> None:
    with pytest.raises(ValueError, match=f"got {depth}"):
        Units(NAMED, depth)


def test_a_large_company_has_fewer_levels_and_never_more_values_than_prometheus_bears() -> None:
    provinces = [f"HQ/{number}" for number in range(31)]
    branches = [f"{province}/{number}" for province in provinces for number in range(40)]
    units = Units(["HQ", *provinces, *branches])

    assert units.depth == 2
    assert len(units.values) == 33
    assert units.of("HQ/7/39") == "HQ/7"


def test_many_head_offices_do_not_make_many_values() -> None:
    units = Units(f"HQ{number:04}" for number in range(1_000))

    assert len(units.values) == MAX_UNITS
    assert units.of("HQ0999") == OTHER_UNITS


def test_the_largest_company_has_no_more_series_than_is_said() -> None:
    units = Units(f"HQ/{number}" for number in range(MAX_UNITS - 2))
    registry = CollectorRegistry()
    metrics = Metrics(registry, units)
    for unit in units.values:
        for transition in TRANSITIONS:
            metrics.stepped(CountingOutcome(alerts=[alert(unit, transition)]))
        for level in LEVELS:
            for cause in CAUSES:
                metrics.unit_alerts.labels(unit, level, cause)
    metrics.settled(0, 0, [], [0, 0, 0, 0, 0])

    shown = [
        sample
        for family in registry.collect()
        for sample in family.samples
        if "unit" in sample.labels and not sample.name.endswith("_created")
    ]
    assert len(shown) < 22_000


def test_what_a_unit_has_to_do_is_shown_when_a_group_settles() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry, Units(NAMED))
    unit = "HQ/Guangdong"
    held = SimpleNamespace(org_path="HQ/Guangdong/Zhuhai", rule="capacity")
    booked = SimpleNamespace(org_path="HQ/Guangdong/Zhuhai", kind="promise", state="missed")
    complained = alert("HQ/Guangdong/Zhuhai", "complained", timedelta(hours=5))
    metrics.stepped(
        CountingOutcome(
            alerts=[alert(unit), alert(unit, "raised"), alert(unit, "lowered"), complained],
            suppressions=[held],
            ledger=[booked],
        )
    )

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"foreshock_unit_{name}", {"unit": unit, **labels})

    assert value("transitions_total", transition="opened") == 0
    metrics.settled(0, 0, [], [0, 0, 0, 0, 0])
    assert value("alerts_total", level="red", cause="threat") == 2
    assert value("transitions_total", transition="opened") == 1
    assert value("transitions_total", transition="complained") == 1
    assert value("suppressed_total", rule="capacity") == 1
    assert value("ledger_total", kind="promise", state="missed") == 1
    assert value("warning_seconds_sum") == 5 * 3_600
    metrics.settled(0, 0, [], [0, 0, 0, 0, 0])
    assert value("alerts_total", level="red", cause="threat") == 2
