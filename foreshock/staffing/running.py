"""A replay with simulated staff: what they do is put into the stream at its own time, by the door of real actions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from foreshock.journal_dump import read_record
from foreshock.runs import EventRun, JournalRun, Taken
from foreshock.staffing.staff import Staff
from models.drift import HealthAlert
from models.engine import Engine
from models.intake import Intake
from models.outcome import Outcome
from models.state import States
from schemas.codec import JournalMessage, PartitionMessage, encode
from schemas.errors import UnreadableMessageError
from schemas.ticks import Tick

STEP = timedelta(minutes=10)
"""How far the clock moves at once: people hear what time alone brings before they would have to answer it."""

_MOST_STEPS = 10_000
"""Steps from one event to the next: 70 days of ten minutes. Longer gaps are history or a broken clock."""


class StaffedEvents:
    """Events, with staff who answer what the core makes of them.

    Before an event is taken, time runs on to it in small steps, and whatever staff do by then is taken in between. So
    the stream is that of a company with such people, except that its customers do not react to them.

    Parameters
    ----------
    run
        The events.
    staff
        Who answers.
    done
        Counts their actions by name.
    """

    def __init__(self, run: EventRun, staff: Staff, done: Counter[str]) -> None:
        self._done = done
        self._run, self._replay, self._staff = run, run.replay, staff
        self._now: datetime | None = None

    def take(self, raw: bytes) -> Taken:
        """Take one event, after all that staff do before it; what they cause comes with it."""
        event = self._replay.prepare(raw)
        outcomes = self._live(event.occurred_at)
        yield event, [*outcomes, *_heard(self._staff, self._replay.apply(event))]

    def finish(self, until: datetime | None) -> list[Outcome]:
        """Let time run on, with staff in it, and fire what is due by the end."""
        outcomes = self._live(until) if until is not None else []
        return [*outcomes, *self._run.finish(until)]

    def partitions(self) -> Iterator[tuple[Engine, States]]:
        """Yield the only engine."""
        return self._run.partitions()

    def drifts(self) -> list[HealthAlert]:
        """Return what the learner of this run has found."""
        return self._run.drifts()

    def _live(self, until: datetime) -> list[Outcome]:
        """Let time go on, and staff act in it."""
        outcomes: list[Outcome] = []
        now = self._now or until
        step = max(STEP, (until - now) / _MOST_STEPS)
        while True:
            now = max(now, min(until, now + step, self._staff.due_at or until))
            outcomes += _heard(self._staff, self._replay.advance(now))
            for action in self._staff.actions(now):
                self._done[action.action] += 1
                event = self._replay.prepare(encode(action), "action")
                outcomes += _heard(self._staff, self._replay.apply(event))
            if now >= until:
                self._now = now
                return outcomes


class StaffedJournal:
    """Journal records, with staff who answer what the core makes of them, beside whatever people did then.

    What staff do is put between records, as soon as their partition's messages have reached its time: within a record
    everything has its place already.

    Parameters
    ----------
    run
        The records.
    new_staff
        Makes people: one lot per partition, because each partition has a time of its own.
    intake
        The door of events.
    done
        Counts their actions by name.
    """

    def __init__(self, run: JournalRun, new_staff: Callable[[], Staff], intake: Intake, done: Counter[str]) -> None:
        self._done = done
        self._run, self._new_staff, self._intake = run, new_staff, intake
        self._staff: dict[int, Staff] = {}
        self._newest: dict[int, datetime] = {}
        self._untold: list[Outcome] = []

    def take(self, raw: bytes) -> Taken:
        """Take one record; what staff do by its end comes with the message after it."""
        partition, offset, lines = read_record(raw)
        staff = self._staff.setdefault(partition, self._new_staff())
        for taken in self._run.take_record(partition, offset, lines):
            if isinstance(taken, UnreadableMessageError):
                yield taken
                continue
            message, outcomes = taken
            self._move(partition, message)
            untold, self._untold = self._untold, []
            yield message, [*untold, *_heard(staff, outcomes)]
        if partition in self._newest:
            self._untold += self._answered(partition, staff)

    def finish(self, until: datetime | None) -> list[Outcome]:
        """Hand over what staff did last; the dump has its own ticks."""
        return [*self._untold, *self._run.finish(until)]

    def partitions(self) -> Iterator[tuple[Engine, States]]:
        """Yield the engine of each partition, in order."""
        return self._run.partitions()

    def drifts(self) -> list[HealthAlert]:
        """Return nothing: what the worker learned is not learned again."""
        return self._run.drifts()

    def _answered(self, partition: int, staff: Staff) -> Iterator[Outcome]:
        """Take what staff do by now."""
        for action in staff.actions(self._newest[partition]):
            self._done[action.action] += 1
            event = self._intake.prepare(encode(action), "action").event
            yield from _heard(staff, [self._run.replay.add(partition, event)])

    def _move(self, partition: int, message: JournalMessage) -> None:
        """Note how late it is in a partition."""
        if isinstance(message, Tick):
            at = message.at
        elif isinstance(message, PartitionMessage):
            return
        else:
            at = message.occurred_at
        self._newest[partition] = max(at, self._newest.get(partition, at))


def _heard(staff: Staff, outcomes: list[Outcome]) -> list[Outcome]:
    """Let staff hear of what was told."""
    for outcome in outcomes:
        for alert in outcome.alerts:
            staff.hear(alert)
    return outcomes
