"""Every metric that this project exports, put together from the modules of `sinks.metrics`, and declared nowhere else.

Base units, and labels from closed sets only: a customer, a claim or a text can never become one. The help text says
what a *change* means.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Protocol, get_args

from prometheus_client import CollectorRegistry

from schemas.aggregates import AGGREGATE_TRANSITIONS, GROUP_KINDS
from schemas.alerts import CAUSES, LEVELS, STAGES, TRANSITIONS, Alert
from schemas.codec import EventKind
from schemas.dead_letters import DEAD_LETTER_REASONS
from schemas.examples import Phase
from schemas.ledgers import LEDGER_KINDS, LEDGER_STATES, LedgerEntry
from schemas.snapshots import Horizon, Snapshot
from schemas.suppressions import RULES, Suppression
from schemas.ticks import CommandName
from sinks.metrics.aggregates import AggregateMetrics
from sinks.metrics.census import CensusMetrics
from sinks.metrics.delivering import SINKS, DeliveringMetrics
from sinks.metrics.faults import FaultMetrics
from sinks.metrics.flow import CHANNELS, FACTS, GROUPS, FlowMetrics
from sinks.metrics.judging import JudgingMetrics
from sinks.metrics.learning import RESULTS, LearningMetrics
from sinks.metrics.quality import BOUNDS, COHORTS, FIGURES, MONITORS, QualityMetrics
from sinks.metrics.units import ALL_UNITS, UnitMetrics, Units


class Stepped(Protocol):
    """What the core returned, as far as it is counted."""

    alerts: list[Alert]
    suppressions: list[Suppression]
    ledger: list[LedgerEntry]
    examples: list[Any]
    seen: bool
    duplicate: bool
    late: bool
    out_of_order: bool
    fired: int
    command: CommandName | None
    refused: str | None


class Metrics(
    QualityMetrics,
    FaultMetrics,
    FlowMetrics,
    JudgingMetrics,
    UnitMetrics,
    CensusMetrics,
    DeliveringMetrics,
    LearningMetrics,
    AggregateMetrics,
):
    """Counts what happens; the carriers call it.

    What happens per event is added up in plain numbers and handed to Prometheus once per group of journal records,
    because a counter costs as much as a part of the core.

    Parameters
    ----------
    registry
        Where the metrics are registered.
    units
        The values of the label `unit`; one for all where it is left out.
    """

    def __init__(self, registry: CollectorRegistry, units: Units | None = None) -> None:
        QualityMetrics.__init__(self, registry)
        FaultMetrics.__init__(self, registry)
        FlowMetrics.__init__(self, registry)
        JudgingMetrics.__init__(self, registry)
        UnitMetrics.__init__(self, registry, units or Units())
        CensusMetrics.__init__(self, registry, self.units)
        DeliveringMetrics.__init__(self, registry)
        LearningMetrics.__init__(self, registry)
        AggregateMetrics.__init__(self, registry)
        self._facts: Tally[str] = Tally()
        self._alerts: Tally[tuple[str, str, str]] = Tally()
        self._ledger: Tally[tuple[str, str]] = Tally()
        self._suppressed: Tally[str] = Tally()
        for group in GROUPS:
            self.skipped_positions.labels(group)
        self.lost_dependencies.labels("broker")

    def stepped(self, outcome: Stepped) -> None:
        """A message went through the core; counted at the next `settled`."""
        facts = self._facts
        facts["messages"] += 1
        if outcome.seen:
            facts["redelivered"] += 1
        if outcome.duplicate:
            facts["duplicate"] += 1
        if outcome.late:
            facts["late"] += 1
        if outcome.out_of_order:
            facts["out_of_order"] += 1
        if outcome.fired:
            facts["fired"] += outcome.fired
        if outcome.examples:
            facts["matured"] += len(outcome.examples)
        if outcome.alerts or outcome.suppressions or outcome.ledger:
            self._note(outcome.alerts, outcome.suppressions, outcome.ledger)
        if outcome.command is not None:
            self.commands.labels(outcome.command, "obeyed" if outcome.refused is None else "refused").inc()

    def settled(self, partition: int, lag: int | None, alert_ages: Sequence[float], stages: Sequence[int]) -> None:
        """A group of records is at the broker.

        Parameters
        ----------
        partition
            Journal partition.
        lag
            Journal records behind, if known.
        alert_ages
            Seconds from producer to topic, per alert of an event.
        stages
            Customers of the partition per stage, in the order of `STAGES`.
        """
        if lag is not None:
            self.lagging("score", partition, lag)
        for age in alert_ages:
            self.alert_seconds.observe(max(0.0, age))
        self._stages[partition] = stages
        self._show_stages()
        self._flush()

    def lanes_closed(self) -> None:
        """The worker let go of its partitions; whoever has them counts their customers."""
        self._stages.clear()
        self.forget_census()
        self._active.clear()
        self._show_active()
        self._lags["score"].clear()
        self._show_stages()

    def snapshot_published(self, snapshot: Snapshot) -> None:
        """A snapshot and its notices are at the broker."""
        self.published.set(snapshot.weights.number)
        self.published_at.set_to_current_time()
        self.contested(snapshot.contest)

    def sink_lags(self, sink: str, counts: Mapping[Hashable, int]) -> None:
        """A sink is so many records behind; the group of the role is behind by what all its sinks are."""
        super().sink_lags(sink, counts)
        self.lag.labels("deliver").set(self.all_sinks_lag())

    def _note(self, alerts: list[Alert], suppressions: list[Suppression], ledger: list[LedgerEntry]) -> None:
        """Add up what few messages have."""
        for alert in alerts:
            self._alerts[alert.level, alert.cause, alert.transition] += 1
        for held in suppressions:
            self._suppressed[held.rule] += 1
        for entry in ledger:
            self._ledger[entry.kind, entry.state] += 1
        self.of_unit(alerts, suppressions, ledger)

    def _flush(self) -> None:
        """Hand what was added up to Prometheus."""
        facts = self._facts
        self.messages.inc(facts.pop("messages", 0))
        self.timers.inc(facts.pop("fired", 0))
        self.matured.inc(facts.pop("matured", 0))
        for fact, count in facts.items():
            self.facts.labels(fact).inc(count)
        facts.clear()
        for labels, count in self._alerts.items():
            self.alerts.labels(*labels).inc(count)
        self._alerts.clear()
        for move, count in self._ledger.items():
            self.ledger.labels(*move).inc(count)
        self._ledger.clear()
        for rule, count in self._suppressed.items():
            self.suppressed.labels(rule).inc(count)
        self._suppressed.clear()
        self.show_units()


LABEL_VALUES: dict[str, tuple[str, ...]] = {
    "kind": (*get_args(EventKind), *LEDGER_KINDS),
    "channel": CHANNELS,
    "unit": (ALL_UNITS,),  # what an organisation file names, and no more than `sinks.metrics.units.MAX_UNITS`
    "state": LEDGER_STATES,
    "reason": DEAD_LETTER_REASONS,
    "fact": FACTS,
    "group": GROUPS,
    "level": LEVELS,
    "cause": CAUSES,
    "transition": TRANSITIONS,
    "change": AGGREGATE_TRANSITIONS,
    "grouped_by": GROUP_KINDS,
    "stage": STAGES,
    "rule": RULES,
    "horizon_days": tuple(map(str, get_args(Horizon))),
    "sink": SINKS,
    "result": RESULTS,
    "command": get_args(CommandName),
    "cohort": COHORTS,
    "phase": get_args(Phase),
    "alerted": ("yes", "no"),
    "monitor": MONITORS,
    "figure": FIGURES,
    "bound": BOUNDS,
    "role": ("ingest", "score", "learn", "group", "tick", "deliver", "worker"),
    "part": ("loop", "group", "recovery", "reading", "carrying", "writing", "working"),
    "dependency": ("broker", *SINKS),
}
"""Every label and the closed set that its values come from."""
