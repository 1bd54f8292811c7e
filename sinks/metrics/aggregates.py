"""Metrics of aggregates: what is counted, what stands, and how far time has come."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge

from schemas.aggregates import AGGREGATE_TRANSITIONS, GROUP_KINDS, AggregateAlert, OpenAggregate


class AggregateMetrics:
    """Counts what the role `group` does.

    Parameters
    ----------
    registry
        Where the metrics are registered.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.evidence = Counter(
            "foreshock_aggregate_evidence_events",
            "Evidence of customers that aggregates count, and what came again after a crash (repeated). A rise of new: "
            "alerts open everywhere; look which unit or product they have in common.",
            ["result"],
            registry=registry,
        )
        self.aggregates = Counter(
            "foreshock_aggregate_transitions",
            "Transitions of alerts about a unit, a product or a household. A rise of opened: something is wrong that "
            "many customers have in common.",
            ["grouped_by", "change"],
            registry=registry,
        )
        self.aggregates_open = Gauge(
            "foreshock_open_aggregates_number",
            "Aggregate alerts that have not ended. A rise that lasts: nobody has removed the cause.",
            ["grouped_by", "cause", "level"],
            registry=registry,
        )
        self.watermark = Gauge(
            "foreshock_aggregate_watermark_seconds",
            "Time up to which aggregates are decided, in seconds since 1970 (of the events, where ticks follow them). "
            "Should follow the clock: if not, one journal partition gets no ticks or is not scored.",
            registry=registry,
        )
        for result in ("new", "repeated"):
            self.evidence.labels(result)
        for by in GROUP_KINDS:
            for change in AGGREGATE_TRANSITIONS:
                self.aggregates.labels(by, change)
        self._open: Tally[OpenAggregate] = Tally()

    def observed(self, counted: int, repeated: int) -> None:
        """So much evidence was taken, and so much had come before."""
        self.evidence.labels("new").inc(counted)
        self.evidence.labels("repeated").inc(repeated)

    def aggregated(
        self, alerts: Sequence[AggregateAlert], standing: Iterable[OpenAggregate], watermark: float | None
    ) -> None:
        """Aggregate alerts are at the broker, and this is what stands."""
        for alert in alerts:
            self.aggregates.labels(alert.by, alert.transition).inc()
        now = Tally(standing)
        for about in self._open.keys() | now.keys():
            self.aggregates_open.labels(*about).set(now[about])
        self._open = now
        if watermark is not None:
            self.watermark.set(watermark)
