"""Every metric that this project exports, declared here, in `sinks.quality` and in `sinks.faults`, and nowhere else.

Base units, and labels from closed sets only: a customer, a claim or a text can never become one. The help text says
what a *change* means.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Protocol, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from schemas.alerts import CAUSES, LEVELS, STAGES, TRANSITIONS, Alert, Risk
from schemas.codec import CustomerEvent, EventKind
from schemas.dead_letters import DEAD_LETTER_REASONS
from schemas.examples import Phase
from schemas.ledgers import LEDGER_KINDS, LEDGER_STATES, LedgerEntry
from schemas.snapshots import Horizon, Snapshot
from schemas.suppressions import RULES, Suppression
from schemas.ticks import CommandName
from sinks.faults import FaultMetrics
from sinks.quality import BOUNDS, COHORTS, FIGURES, MONITORS, QualityMetrics

GROUPS = ("ingest", "score", "learn", "deliver")
"""Who reads a topic, and can be behind."""

SINKS = (
    "log",
    "jsonl",
    "webhook",
    "alertmanager",
    "database",
    "risk_history",
    "suppressions",
    "wecom",
    "dingtalk",
    "feishu",
    "slack",
    "email",
    "memory",
)
"""Sinks that can be named by a label."""

_LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
_RECORD_BUCKETS = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3)
_PROBABILITY_BUCKETS = (0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0)


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


class Metrics(QualityMetrics, FaultMetrics):
    """Counts what happens; the carriers call it.

    What happens per event is added up in plain numbers and handed to Prometheus once per group of journal records,
    because a counter costs as much as a part of the core.

    Parameters
    ----------
    registry
        Where the metrics are registered.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        QualityMetrics.__init__(self, registry)
        FaultMetrics.__init__(self, registry)
        self._declare_flow(registry)
        self._declare_judgement(registry)
        self._declare_learning(registry)
        self._facts: Tally[str] = Tally()
        self._alerts: Tally[tuple[str, str, str]] = Tally()
        self._ledger: Tally[tuple[str, str]] = Tally()
        self._suppressed: Tally[str] = Tally()
        self._stages: dict[int, Sequence[int]] = {}
        self._active: dict[int, tuple[int, bool]] = {}
        self._lags: dict[str, dict[int, int]] = {group: {} for group in GROUPS}
        self._sink_lags: dict[str, dict[Hashable, int]] = {}
        # Looking a label up costs more than counting.
        self._events = {kind: self.events.labels(kind) for kind in get_args(EventKind)}
        self._probability_7d = self.probability.labels("7")
        self._probability_30d = self.probability.labels("30")
        self._start_at_zero()

    # -- declarations ----------------------------------------------------------------------------------------------

    def _declare_flow(self, registry: CollectorRegistry) -> None:
        self.events = Counter(
            "foreshock_events",
            "Events accepted into the journal. A fall to zero: producers or ingest have stopped.",
            ["kind"],
            registry=registry,
        )
        self.dead_letters = Counter(
            "foreshock_dead_letters",
            "Messages that became dead letters. A rise: a producer changed its format, or a sink refuses alerts.",
            ["reason"],
            registry=registry,
        )
        self.messages = Counter(
            "foreshock_messages_stepped",
            "Journal messages (events, ticks, notices) given to the core. Should follow foreshock_events_total.",
            registry=registry,
        )
        self.facts = Counter(
            "foreshock_messages_noted",
            "Messages with something to note: duplicate (id counted before), redelivered (read again after a crash), "
            "late (behind the clock), out_of_order (older than what is known of the customer). A rise of late or "
            "out_of_order: a producer has a backlog; of duplicate: it sends twice.",
            ["fact"],
            registry=registry,
        )
        self.lag = Gauge(
            "foreshock_lag_records",
            "Records that a consumer group has not read yet, as this worker sees its own partitions. A steady rise: "
            "add workers, or the broker is slow.",
            ["group"],
            registry=registry,
        )
        self.record_seconds = Histogram(
            "foreshock_record_seconds",
            "Time the core took for one journal record of up to 128 messages. A rise: customers carry more state, or "
            "many timers fire.",
            buckets=_RECORD_BUCKETS,
            registry=registry,
        )

    def _declare_judgement(self, registry: CollectorRegistry) -> None:
        self.alert_seconds = Histogram(
            "foreshock_alert_latency_seconds",
            "From the producer's timestamp on an event to its alert being on its topic; alerts of ticks are not in it. "
            "A rise: ingest or scoring is behind, or the producer's clock is.",
            buckets=_LATENCY_BUCKETS,
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
        self.delivery_seconds = Histogram(
            "foreshock_delivery_latency_seconds",
            "From the producer's timestamp on an event to a sink having its alert. A rise without one of "
            "foreshock_alert_latency_seconds: the sink is slow.",
            ["sink"],
            buckets=_LATENCY_BUCKETS,
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

    def _declare_learning(self, registry: CollectorRegistry) -> None:
        self.matured = Counter(
            "foreshock_examples_matured",
            "Examples whose label became known, sent to the learner. Zero for long: no complaints topic, or no time "
            "passes.",
            registry=registry,
        )
        self.learned = Counter(
            "foreshock_examples_learned",
            "Examples the learner took: new, or dropped as seen before (after a crash). A rise of repeated: scorers "
            "crash again and again.",
            ["result"],
            registry=registry,
        )
        self.published = Gauge(
            "foreshock_snapshot_published_number",
            "Number of the newest snapshot this learner published. Should grow while examples are learned.",
            registry=registry,
        )
        self.published_at = Gauge(
            "foreshock_snapshot_published_timestamp_seconds",
            "When it was published; its age is time() minus this. A growing age: the learner starves or stands.",
            registry=registry,
        )
        self.active = Gauge(
            "foreshock_snapshot_active_number",
            "Number of the newest snapshot that a partition of this worker scores with. Should follow the published "
            "number, unless a person rolled back or pinned.",
            registry=registry,
        )
        self.pinned = Gauge(
            "foreshock_snapshot_pinned_partitions",
            "Partitions of this worker in which a command holds the active snapshot. More than zero for long: somebody "
            "forgot `foreshock models unpin`.",
            registry=registry,
        )
        self.commands = Counter(
            "foreshock_model_commands",
            "Commands about models, once per partition: obeyed, or refused because they could not be. A rise of "
            "refused: look at the log for the reason.",
            ["command", "result"],
            registry=registry,
        )

    def _start_at_zero(self) -> None:
        """Show every series of small sets from the start, so that a rate can be taken of the first increase."""
        for reason in DEAD_LETTER_REASONS:
            self.dead_letters.labels(reason)
        for fact in ("duplicate", "redelivered", "late", "out_of_order"):
            self.facts.labels(fact)
        for kind in LEDGER_KINDS:
            for state in LEDGER_STATES:
                self.ledger.labels(kind, state)
        for group in GROUPS:
            self.lag.labels(group)
            self.skipped_positions.labels(group)
        self.lost_dependencies.labels("broker")
        for stage in STAGES:
            self.customers.labels(stage)
        for result in ("new", "repeated"):
            self.learned.labels(result)
        for rule in RULES:
            self.suppressed.labels(rule)
        for command in get_args(CommandName):
            for result in ("obeyed", "refused"):
                self.commands.labels(command, result)

    # -- ingest ----------------------------------------------------------------------------------------------------

    def ingested(self, event: CustomerEvent) -> None:
        """An event goes into the journal."""
        self._events[event.kind].inc()

    def dead_letter(self, reason: str) -> None:
        """Something became a dead letter."""
        self.dead_letters.labels(reason).inc()

    def lagging(self, group: str, partition: int, count: int) -> None:
        """A reader is so many records behind in a partition."""
        lags = self._lags[group]
        lags[partition] = max(0, count)
        self.lag.labels(group).set(sum(lags.values()))

    # -- score -----------------------------------------------------------------------------------------------------

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
        for alert in outcome.alerts:
            self._alerts[alert.level, alert.cause, alert.transition] += 1
        for held in outcome.suppressions:
            self._suppressed[held.rule] += 1
        for entry in outcome.ledger:
            self._ledger[entry.kind, entry.state] += 1
        if outcome.command is not None:
            self.commands.labels(outcome.command, "obeyed" if outcome.refused is None else "refused").inc()

    def carried(self, seconds: float) -> None:
        """The core took so long for a journal record."""
        self.record_seconds.observe(seconds)

    def believed(self, risk: Risk) -> None:
        """A belief about a customer is about to be published."""
        self._probability_7d.observe(risk.probability_7d)
        self._probability_30d.observe(risk.probability_30d)

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

    def scoring(self, partition: int, number: int, is_pinned: bool) -> None:
        """A partition scores with this snapshot; `is_pinned` if a command holds it."""
        self._active[partition] = number, is_pinned
        self._show_active()

    def lanes_closed(self) -> None:
        """The worker let go of its partitions; whoever has them counts their customers."""
        self._stages.clear()
        self._active.clear()
        self._show_active()
        self._lags["score"].clear()
        self._show_stages()

    # -- learn, deliver --------------------------------------------------------------------------------------------

    def learnt(self, is_new: bool) -> None:
        """The learner took an example."""
        self.learned.labels("new" if is_new else "repeated").inc()

    def snapshot_published(self, snapshot: Snapshot) -> None:
        """A snapshot and its notices are at the broker."""
        self.published.set(snapshot.weights.number)
        self.published_at.set_to_current_time()
        self.contested(snapshot.contest)

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
        # The group of the role is behind by what all its sinks are.
        total = sum(sum(each.values()) for each in self._sink_lags.values())
        self.lag.labels("deliver").set(total)

    def _show_stages(self) -> None:
        """Add up the customers of all partitions."""
        for index, stage in enumerate(STAGES):
            self.customers.labels(stage).set(sum(counts[index] for counts in self._stages.values()))

    def _show_active(self) -> None:
        """Show the newest active snapshot, and in how many partitions one is held."""
        self.active.set(max((number for number, _ in self._active.values()), default=0))
        self.pinned.set(sum(is_pinned for _, is_pinned in self._active.values()))

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


LABEL_VALUES: dict[str, tuple[str, ...]] = {
    "kind": (*get_args(EventKind), *LEDGER_KINDS),
    "state": LEDGER_STATES,
    "reason": DEAD_LETTER_REASONS,
    "fact": ("duplicate", "redelivered", "late", "out_of_order"),
    "group": GROUPS,
    "level": LEVELS,
    "cause": CAUSES,
    "transition": TRANSITIONS,
    "stage": STAGES,
    "rule": RULES,
    "horizon_days": tuple(map(str, get_args(Horizon))),
    "sink": SINKS,
    "result": ("new", "repeated", "obeyed", "refused"),
    "command": get_args(CommandName),
    "cohort": COHORTS,
    "phase": get_args(Phase),
    "alerted": ("yes", "no"),
    "monitor": MONITORS,
    "figure": FIGURES,
    "bound": BOUNDS,
    "role": ("ingest", "score", "learn", "tick", "deliver", "worker"),
    "part": ("loop", "group", "recovery", "reading", "carrying", "writing", "working"),
    "dependency": ("broker", *SINKS),
}
"""Every label and the closed set that its values come from."""
