"""Metrics of what flows: events, journal messages, dead letters, and who is behind."""

from __future__ import annotations

from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from schemas.codec import CustomerEvent, EventKind
from schemas.dead_letters import DEAD_LETTER_REASONS
from schemas.types import ChannelName

GROUPS = ("ingest", "score", "learn", "group", "deliver")
"""Who reads a topic, and can be behind."""

FACTS = ("duplicate", "redelivered", "late", "out_of_order")
"""What may be noted of a message."""

CHANNELS = get_args(ChannelName)
"""Where events happen; a word that is not known was read as `other`."""

_RECORD_BUCKETS = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3)
_WRITE_BUCKETS = (0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)


class FlowMetrics:
    """Shows that messages come, and are taken.

    Parameters
    ----------
    registry
        Where the metrics are registered.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.events = Counter(
            "foreshock_events",
            "Events accepted into the journal. A fall of all to zero: producers or ingest have stopped; of one kind or "
            "channel: its connector has.",
            ["kind", "channel"],
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
        self.write_seconds = Histogram(
            "foreshock_write_seconds",
            "Time from a group of records leaving the core until its outputs and rows are at the broker and its offset "
            "is in the ledger. A rise: the broker is slow to acknowledge.",
            buckets=_WRITE_BUCKETS,
            registry=registry,
        )
        self._lags: dict[str, dict[int, int]] = {group: {} for group in GROUPS}
        # Looking a label up costs more than counting. It also shows every series from the start, so that a rate can be
        # taken of the first increase.
        self._events = {
            (kind, channel): self.events.labels(kind, channel) for kind in get_args(EventKind) for channel in CHANNELS
        }
        for reason in DEAD_LETTER_REASONS:
            self.dead_letters.labels(reason)
        for fact in FACTS:
            self.facts.labels(fact)
        for group in GROUPS:
            self.lag.labels(group)

    def ingested(self, event: CustomerEvent) -> None:
        """An event goes into the journal."""
        self._events[event.kind, event.channel].inc()

    def dead_letter(self, reason: str) -> None:
        """Something became a dead letter."""
        self.dead_letters.labels(reason).inc()

    def lagging(self, group: str, partition: int, count: int) -> None:
        """A reader is so many records behind in a partition."""
        lags = self._lags[group]
        lags[partition] = max(0, count)
        self.lag.labels(group).set(sum(lags.values()))

    def carried(self, seconds: float) -> None:
        """The core took so long for a journal record."""
        self.record_seconds.observe(seconds)

    def written(self, seconds: float) -> None:
        """A group took so long from leaving the core until its offset was noted."""
        self.write_seconds.observe(seconds)
