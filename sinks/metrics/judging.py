"""Metrics of what the core decides: alerts, what was held back, promises and feedback, stages, probabilities."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from schemas.alerts import STAGES, Risk
from schemas.ledgers import LEDGER_KINDS, LEDGER_STATES
from schemas.suppressions import RULES
from sinks.metrics.buckets import LATENCY_BUCKETS

_PROBABILITY_BUCKETS = (0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0)


class JudgingMetrics:
    """Shows what is believed of customers, and who is to be called.

    Parameters
    ----------
    registry
        Where the metrics are registered.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.alert_seconds = Histogram(
            "foreshock_alert_latency_seconds",
            "From the producer's timestamp on an event to its alert being on its topic; alerts of ticks are not in it. "
            "A rise: ingest or scoring is behind, or the producer's clock is.",
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.alerts = Counter(
            "foreshock_alert_transitions",
            "Transitions of alerts. A rise of opened: customers or the policy changed; of expired: nobody acts.",
            ["level", "cause", "transition"],
            registry=registry,
        )
        self.suppressed = Counter(
            "foreshock_suppressed",
            "Decisions about alerts that nobody was told, by the rule that held them back. A rise of silence: somebody "
            "asked for it, `foreshock silence list` says who; of complained_after: a rule hides what matters.",
            ["rule"],
            registry=registry,
        )
        self.ledger = Counter(
            "foreshock_ledger",
            "Moves of promises and feedback. What is open is received less all other states; a rise of expired or "
            "missed: customers are not answered.",
            ["kind", "state"],
            registry=registry,
        )
        self.customers = Gauge(
            "foreshock_customers",
            "Customers in each stage, in this worker's partitions. A move to later stages: trouble is spreading.",
            ["stage"],
            registry=registry,
        )
        self.probability = Histogram(
            "foreshock_probability_ratio",
            "Probabilities of a complaint as they are published. A shift: the customers, or the model, changed.",
            ["horizon_days"],
            buckets=_PROBABILITY_BUCKETS,
            registry=registry,
        )
        self.timers = Counter(
            "foreshock_timers_fired",
            "Timers fired because nothing happened in time. Zero for long: no ticks reach the journal.",
            registry=registry,
        )
        self._stages: dict[int, Sequence[int]] = {}
        # Looking a label up costs more than counting.
        self._probability_7d = self.probability.labels("7")
        self._probability_30d = self.probability.labels("30")
        for kind in LEDGER_KINDS:
            for state in LEDGER_STATES:
                self.ledger.labels(kind, state)
        for stage in STAGES:
            self.customers.labels(stage)
        for rule in RULES:
            self.suppressed.labels(rule)

    def believed(self, risk: Risk) -> None:
        """A belief about a customer is about to be published."""
        self._probability_7d.observe(risk.probability_7d)
        self._probability_30d.observe(risk.probability_30d)

    def _show_stages(self) -> None:
        """Add up the customers of all partitions."""
        for index, stage in enumerate(STAGES):
            self.customers.labels(stage).set(sum(counts[index] for counts in self._stages.values()))
