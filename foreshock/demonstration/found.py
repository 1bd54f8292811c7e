"""What was found on the topics: the other side of the proof, and what the views show.

Everything here is read as any consumer of Foreshock could read it, from topics alone, so nothing rests on what the
worker says of itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from foreshock.aggregating.figures import ManyCustomers
from foreshock.demonstration.alerts_found import Alerts
from foreshock.handling.following import Handling
from models.partition import RESERVED, decode_partition, engine_key
from models.rows import decode_row
from schemas.aggregates import AggregateAlert
from schemas.alerts import STAGES, Alert
from schemas.codec import EVENT_TYPES, decode_as
from schemas.dead_letters import DeadLetter
from schemas.suppressions import Suppression
from schemas.types import Position
from streams.snapshots import json_of
from streams.topics import CHANGELOG

Reader = Callable[[int, int, bytes, bytes], None]
"""Takes partition, offset, key and value of a record."""


class Row(NamedTuple):
    """What a customer's row says, as far as it is needed here."""

    position: Position
    """The last message that it has seen."""
    events: int
    """How many distinct events are counted in it."""
    stage: int | None
    """Index into `STAGES`."""


@dataclass(slots=True)
class Journal:
    """The journal, and how much of it is settled in rows."""

    ids: dict[str, set[str]] = field(default_factory=dict)
    """Event ids by kind."""
    events: int = 0
    """Lines that are events, duplicates among them."""
    ends: dict[int, int] = field(default_factory=dict)
    """Per partition, the offset of the last record."""
    settled: dict[int, int] = field(default_factory=dict)
    """Per partition, the offset up to which every row is written."""

    def take(self, partition: int, offset: int, value: bytes) -> None:
        """Read a record."""
        self.ends[partition] = offset
        for line in value.split(b"\n"):
            message = orjson.loads(line)
            kind = message["kind"]
            if kind in EVENT_TYPES:
                self.events += 1
                self.ids.setdefault(kind, set()).add(message["event_id"])

    @property
    def partitions_behind(self) -> int:
        """How many partitions have records that are not settled."""
        return sum(self.settled.get(partition, -1) < offset for partition, offset in self.ends.items())


@dataclass(slots=True)
class Customers:
    """The last row of every customer."""

    rows: dict[str, Row] = field(default_factory=dict)
    """By customer key."""
    events: int = 0
    """Distinct events counted in all of them."""
    by_stage: list[int] = field(default_factory=lambda: [0] * len(STAGES))
    """How many customers are in each stage, in the order of `STAGES`."""

    def take(self, key: str, row: bytes) -> None:
        """Read a row; the highest position wins, as in a recovery."""
        state = decode_row(row)
        known = not state.forgotten_at
        new, old = Row(state.position, state.events, state.stage if known else None), self.rows.get(key)
        if old is not None:
            if new.position < old.position:
                return
            # What was counted of a customer who is forgotten since then was counted all the same.
            self.events -= old.events if known else 0
            if old.stage is not None:
                self.by_stage[old.stage] -= 1
        self.rows[key] = new
        self.events += new.events
        if new.stage is not None:
            self.by_stage[new.stage] += 1


@dataclass(slots=True)
class Learning:
    """The newest snapshot, and who scores with which."""

    published: int = 0
    """Number of the newest snapshot."""
    examples: int = 0
    """Predictions learned from, up to it."""
    complaints: int = 0
    """How many of them were followed by a complaint (30 days)."""
    active: dict[int, int] = field(default_factory=dict)
    """Number of the snapshot that each journal partition scores with."""

    def take(self, value: bytes) -> None:
        """Read a snapshot; an empty value only lets go of an old one."""
        if not value:
            return
        weights = orjson.loads(json_of(value))["weights"]
        if weights["number"] > self.published:
            self.published = weights["number"]
            self.examples, self.complaints = weights["examples_seen"], weights["positives_seen"]

    @property
    def switched_to(self) -> int:
        """Number of the snapshot that every partition scores with, or with a newer one."""
        return min(self.active.values(), default=0)


@dataclass(slots=True)
class Found:
    """Everything found so far."""

    journal: Journal = field(default_factory=Journal)
    """What ingest wrote."""
    customers: Customers = field(default_factory=Customers)
    """What score wrote into the state."""
    alerts: Alerts = field(default_factory=Alerts)
    """What people get."""
    handling: Handling = field(default_factory=Handling)
    """How they live with it."""
    many: ManyCustomers = field(default_factory=ManyCustomers)
    """What many customers have in common."""
    on_alert: Callable[[Alert], None] = lambda alert: None
    """Is told of each transition."""
    learning: Learning = field(default_factory=Learning)
    """What the learner wrote."""
    dead_letters: dict[tuple[str, int, int, int | None], str] = field(default_factory=dict)
    """Place to reason."""

    def readers(self) -> dict[str, Reader]:
        """Return who takes the records of each topic, by its short name."""
        return {
            "journal": lambda partition, offset, _, value: self.journal.take(partition, offset, value),
            CHANGELOG: lambda partition, _, key, value: self._take_row(partition, key.decode(), value),
            "alerts": lambda _, __, ___, value: self._take_alert(decode_as(Alert, value)),
            "suppressions": lambda _, __, ___, value: self.handling.take_suppression(decode_as(Suppression, value)),
            "aggregates": lambda _, __, ___, value: self.many.take([decode_as(AggregateAlert, value)]),
            "snapshots": lambda _, __, ___, value: self.learning.take(value),
            "dead-letters": lambda _, __, ___, value: self._take_letter(decode_as(DeadLetter, value)),
        }

    def _take_row(self, partition: int, key: str, value: bytes) -> None:
        """Read a row of the state: a customer's, or the partition's own, which is written after the customers'."""
        if key == engine_key(partition):
            own = decode_partition(value)
            self.journal.settled[partition] = max(own.position.offset, self.journal.settled.get(partition, -1))
            self.learning.active[partition] = own.snapshot
        elif value and not key.startswith(RESERVED):
            self.customers.take(key, value)

    def _take_alert(self, alert: Alert) -> None:
        """Count a transition, and pass it on."""
        self.alerts.take(alert)
        self.handling.take(alert)
        self.on_alert(alert)

    def _take_letter(self, letter: DeadLetter) -> None:
        """Note a dead letter by its place: one that is written again after a crash is the same."""
        self.dead_letters[letter.topic, letter.partition, letter.offset, letter.line] = letter.reason
