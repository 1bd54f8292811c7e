"""Metrics of what reaches the sinks."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from sinks.metrics.buckets import LATENCY_BUCKETS

SINKS = (
    "log",
    "jsonl",
    "webhook",
    "webhook_aggregates",
    "alertmanager",
    "alertmanager_aggregates",
    "database",
    "risk_history",
    "suppressions",
    "database_aggregates",
    "wecom",
    "wecom_aggregates",
    "dingtalk",
    "dingtalk_aggregates",
    "feishu",
    "feishu_aggregates",
    "slack",
    "slack_aggregates",
    "email",
    "email_aggregates",
    "memory",
)
"""Sinks that can be named by a label."""


class DeliveringMetrics:
    """Shows whether every sink has every alert, and when.

    Parameters
    ----------
    registry
        Where the metrics are registered.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.delivery_seconds = Histogram(
            "foreshock_delivery_latency_seconds",
            "From the producer's timestamp on an event to a sink having its alert. A rise without one of "
            "foreshock_alert_latency_seconds: the sink is slow.",
            ["sink"],
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.delivered = Counter(
            "foreshock_alerts_delivered",
            "Alert transitions that a sink has taken. Should follow foreshock_alert_transitions_total.",
            ["sink"],
            registry=registry,
        )
        self.delivery_attempts = Counter(
            "foreshock_delivery_attempts",
            "Attempts that deliveries took. More than one per delivery: the sink fails now and then.",
            ["sink"],
            registry=registry,
        )
        self.sink_letters = Counter(
            "foreshock_sink_dead_letters",
            "Alerts that a sink does not have: refused, or away for longer than it was tried. A rise: look at the "
            "letters, then redrive them.",
            ["sink"],
            registry=registry,
        )
        self.sink_lag = Gauge(
            "foreshock_sink_lag_records",
            "Records that a sink has not taken yet, as this worker sees its own partitions. A steady rise: the sink is "
            "slower than the alerts come, or down.",
            ["sink"],
            registry=registry,
        )
        self._sink_lags: dict[str, dict[Hashable, int]] = {}

    def alert_delivered(self, sink: str, attempts: int, seconds: float | None) -> None:
        """A sink has an alert, so many seconds after its event left the producer, if that is known."""
        if seconds is not None:
            self.delivery_seconds.labels(sink).observe(max(0.0, seconds))
        self.delivered.labels(sink).inc()
        self.delivery_attempts.labels(sink).inc(attempts)

    def alert_refused(self, sink: str) -> None:
        """A sink does not have an alert, and is not tried again."""
        self.sink_letters.labels(sink).inc()

    def sink_lags(self, sink: str, counts: Mapping[Hashable, int]) -> None:
        """A sink is so many records behind, per partition that it reads here."""
        self._sink_lags[sink] = dict(counts)
        self.sink_lag.labels(sink).set(sum(counts.values()))

    def all_sinks_lag(self) -> int:
        """Return how many records all sinks are behind, together."""
        return sum(sum(each.values()) for each in self._sink_lags.values())
