"""Metrics of what the units of the company have now: customers in each stage, and open alerts at each level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prometheus_client import CollectorRegistry, Gauge

from schemas.alerts import LEVELS, STAGES
from sinks.metrics.units import Units

_OPEN_LEVELS = LEVELS[1:]
"""Levels that an open alert can have."""

_NOTHING = (0,) * (len(STAGES) + len(_OPEN_LEVELS))


class CensusMetrics:
    """Shows who is unhappy, and what is open about it, in each unit of the company.

    Parameters
    ----------
    registry
        Where the metrics are registered.
    units
        The values of the label `unit`.
    """

    def __init__(self, registry: CollectorRegistry, units: Units) -> None:
        self.unit_customers = Gauge(
            "foreshock_unit_customers",
            "Customers in each stage, by the unit that served them last, in this worker's partitions. A move to later "
            "stages in one unit: something happened there; everywhere: look at the company.",
            ["unit", "stage"],
            registry=registry,
        )
        self.unit_open_alerts = Gauge(
            "foreshock_unit_open_alerts",
            "Open alerts that people were told of, by the unit that served the customer last, in this worker's "
            "partitions. A steady rise: more come than the unit closes.",
            ["unit", "level"],
            registry=registry,
        )
        self._unit_of = units.of
        self._census: dict[int, Mapping[str, Sequence[int]]] = {}
        self._totals = {unit: list(_NOTHING) for unit in units.values}
        # Every unit is shown from the start: one without a customer has none, and is not unknown.
        self._gauges = {
            unit: [self.unit_customers.labels(unit, stage) for stage in STAGES]
            + [self.unit_open_alerts.labels(unit, level) for level in _OPEN_LEVELS]
            for unit in units.values
        }

    def counted(self, partition: int, census: Mapping[str, Sequence[int]]) -> None:
        """A partition was counted; only what is not as it was is shown anew.

        Parameters
        ----------
        partition
            Journal partition.
        census
            Unit of the organisation file to its customers in each of `STAGES`, then its open alerts at each of `LEVELS`
            from blue up; an empty name is every place outside the file.
        """
        before = self._census.get(partition, {})
        for name in census.keys() | before.keys():
            now, then = census.get(name, _NOTHING), before.get(name, _NOTHING)
            if now != then:
                self._add(self._unit_of(name), now, then)
        self._census[partition] = census

    def forget_census(self) -> None:
        """The worker let go of its partitions; whoever has them counts their customers."""
        for partition in self._census:
            self.counted(partition, {})
        self._census.clear()

    def _add(self, unit: str, now: Sequence[int], then: Sequence[int]) -> None:
        """Move what a unit has from what a part of it had to what that has now."""
        totals, gauges = self._totals[unit], self._gauges[unit]
        for column, (after, before) in enumerate(zip(now, then, strict=True)):
            if after != before:
                totals[column] += after - before
                gauges[column].set(totals[column])
