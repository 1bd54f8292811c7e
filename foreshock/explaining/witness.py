"""Watches a run for one alert: its transitions, the events behind them, and what the score was made of."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from foreshock.explaining.scores import Score, score_of
from foreshock.explaining.sources import Source, Step
from schemas.actions import Action
from schemas.alerts import ENDING, Alert
from schemas.codec import CustomerEvent, JournalMessage, PartitionMessage, encode
from schemas.labels import Complaint
from schemas.ticks import ModelCommand, SnapshotNotice

EVENTS_KEPT = 1_000
"""Events of the customer that evidence can be found among: a row cites at most ten, the newest, and open promises."""

ANSWERED_BY = frozenset(
    {"acknowledged", "started", "assigned", "snoozed", "commented", "disagreed", "reopened", "resolved", "dismissed"}
)
"""Transitions that only a person's action makes."""


class Origin(NamedTuple):
    """Who made a transition."""

    who: str
    """`time`, `event`, `complaint`, or `person`."""
    event_id: str | None
    """The event that it follows from; None where time did it."""
    actor: str | None
    """Who acted, as the action says."""
    note: str | None
    """What they said, redacted."""


class Derived(NamedTuple):
    """One transition, derived again."""

    alert: Alert
    """What it says."""
    raw: bytes
    """Its bytes as the worker would write them."""
    origin: Origin
    """Who made it."""
    score: Score | None
    """What the probability was made of; None where nothing is left of the customer."""


@dataclass(slots=True)
class Witness:
    """What a run shows of one alert; memory holds no more than its customer's last events."""

    alert_id: str
    """The alert."""
    customer_key: str
    """Whose it is."""
    partition: int
    """Journal partition of the customer."""
    derived: list[Derived] = field(default_factory=list)
    """Its transitions, in order."""
    evidence: dict[str, CustomerEvent] = field(default_factory=dict)
    """Events that its reasons name, by id, as the journal has them."""
    snapshots: set[int] = field(default_factory=lambda: {0})
    """Numbers of the snapshots that its partition scored with so far."""
    _events: OrderedDict[str, CustomerEvent] = field(default_factory=OrderedDict)

    @property
    def is_over(self) -> bool:
        """Whether the alert has ended: nothing more can follow."""
        return bool(self.derived) and self.derived[-1].alert.transition in ENDING

    def take(self, step: Step) -> None:
        """Look at one message and what it caused."""
        message = step.message
        if isinstance(message, CustomerEvent) and message.customer_id == self.customer_key:
            self._events[message.event_id] = message
            if len(self._events) > EVENTS_KEPT:
                self._events.popitem(last=False)
        for outcome in step.outcomes:
            if outcome.switched_to is not None:
                self._note_switch(outcome.switched_to, message)
            for alert in outcome.alerts:
                if alert.alert_id == self.alert_id:
                    self._take(alert, step)

    def _note_switch(self, number: int, message: JournalMessage | None) -> None:
        """Remember a snapshot of this partition; events from a file have one partition only."""
        if not isinstance(message, SnapshotNotice | ModelCommand) or message.partition == self.partition:
            self.snapshots.add(number)

    def _take(self, alert: Alert, step: Step) -> None:
        """Keep a transition with what stands behind it."""
        engine, states = next(each for each in step.run.partitions() if each[0].partition == self.partition)
        state = states.get(self.customer_key)
        score = score_of(engine, state, alert) if state is not None else None
        self.derived.append(Derived(alert, encode(alert), _origin_of(alert, step.message), score))
        for event_id in (event_id for reason in alert.reasons for event_id in reason.evidence):
            if event_id in self._events:
                self.evidence[event_id] = self._events[event_id]


async def find_customer(source: Source, alert_id: str) -> Alert | None:
    """Run a journal until an alert opens; None if it never does."""
    async with aclosing(source.read(None)) as steps:
        async for step in steps:
            for outcome in step.outcomes:
                for alert in outcome.alerts:
                    if alert.alert_id.startswith(alert_id):
                        return alert
    return None


async def witness(source: Source, alert: Alert) -> Witness:
    """Run a journal until an alert has ended for good, or to its end.

    Parameters
    ----------
    source
        The journal.
    alert
        Any transition of the alert: it says whose it is.
    """
    seen = Witness(alert.alert_id, alert.customer_key, alert.position[0])
    async with aclosing(source.read(seen.partition)) as steps:
        async for step in steps:
            seen.take(step)
            if seen.is_over and _is_settled(seen.derived[-1].alert, step):
                break
    return seen


def _is_settled(ended: Alert, step: Step) -> bool:
    """Say whether an alert that ended can no longer be opened again."""
    engine, _ = next(iter(step.run.partitions()))
    at = _happened_at(step.message)
    return at is not None and at > ended.at + timedelta(days=engine.params.policy.reopen_days)


def _origin_of(alert: Alert, message: JournalMessage | None) -> Origin:
    """Say who made a transition: a timer that fires before an event is not that event's deed."""
    at = _happened_at(message)
    if at is None or not isinstance(message, CustomerEvent):
        return Origin("time", None, None, None)
    if isinstance(message, Action) and (alert.transition in ANSWERED_BY or message.action == "erase"):
        return Origin("person", message.event_id, message.actor_ref, message.note)
    if alert.transition == "complained":
        return Origin("complaint", message.event_id, None, None)
    if alert.at < at:
        return Origin("time", None, None, None)
    return Origin("complaint" if isinstance(message, Complaint) else "event", message.event_id, None, None)


def _happened_at(message: JournalMessage | None) -> datetime | None:
    """Return when something happened to a customer; None where nothing did."""
    if message is None or isinstance(message, PartitionMessage):
        return None
    return message.occurred_at
