"""The main job without Kafka: the same intake, core and learner, driven by a file or a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from models.engine import Engine, step
from models.intake import Intake
from models.learner import Learner
from models.outcome import Outcome
from models.params import Params
from models.state import CustomerState, States
from schemas.codec import CustomerEvent, EventKind, JournalMessage, SignedMessage, decode_journal_line
from schemas.errors import UnreadableMessageError
from schemas.signing import is_authentic
from schemas.ticks import SnapshotNotice, Tick
from schemas.types import Position

TICK_SECONDS = 60.0
"""Least event time between two ticks of a replay: timers fire at their due time anyway, this only orders the output."""


class EventReplay:
    """Replays raw events as one partition: checks and redacts them, moves an event-time clock, and learns as it goes.

    Parameters
    ----------
    intake
        Prepares events; its number of partitions does not matter here.
    params
        How to decide and learn.
    lateness
        How far the clock stays behind the newest event, so that events out of order still find their timers unfired.
    """

    def __init__(self, intake: Intake, params: Params, lateness: timedelta = timedelta(0)) -> None:
        self.states: States = {}
        self.engine = Engine(params, epoch="replay")
        self.learner = Learner(params)
        self._intake = intake
        self._lateness = lateness.total_seconds()
        self._offset = -1

    def take(self, raw: bytes, kind: EventKind | None = None) -> tuple[CustomerEvent, list[Outcome]]:
        """Take one event, and everything that time and learning make due before and after it.

        Parameters
        ----------
        raw
            One event as JSON.
        kind
            Its kind, if the bytes do not say.

        Returns
        -------
        (CustomerEvent, list of Outcome)
            The event as stored, and what followed, in order.

        Raises
        ------
        UnreadableMessageError
            If the event cannot be read; nothing has changed then.
        """
        event = self.prepare(raw, kind)
        return event, self.apply(event)

    def prepare(self, raw: bytes, kind: EventKind | None = None) -> CustomerEvent:
        """Check and redact one event, which `apply` then takes; nothing changes.

        Raises
        ------
        UnreadableMessageError
            If the event cannot be read.
        """
        return self._intake.prepare(raw, kind).event

    def apply(self, event: CustomerEvent) -> list[Outcome]:
        """Take a prepared event, and everything that time and learning make due before and after it."""
        outcomes = list(self._tick(event.occurred_at.timestamp() - self._lateness))
        outcomes.append(self._step(event))
        return [*outcomes, *self._learn(outcomes)]

    def advance(self, newest: datetime) -> list[Outcome]:
        """Let time run on as an event of that time would, without one."""
        outcomes = list(self._tick(newest.timestamp() - self._lateness))
        return [*outcomes, *self._learn(outcomes)]

    def finish(self, until: datetime | None = None) -> list[Outcome]:
        """Let time run on to `until`, or to the newest event, so that what is due by then fires."""
        newest = max((state.clock for state in self.states.values()), default=self.engine.now)
        outcomes = list(self._tick(until.timestamp() if until else newest, least=0.0))
        return [*outcomes, *self._learn(outcomes)]

    def _tick(self, at: float, least: float = TICK_SECONDS) -> Iterator[Outcome]:
        """Move the clock if enough time has passed."""
        if at - self.engine.now >= least and at > self.engine.now:
            yield self._step(Tick(at=datetime.fromtimestamp(at, UTC), partition=0))

    def _learn(self, outcomes: Sequence[Outcome]) -> Iterator[Outcome]:
        """Learn from what matured; each time a snapshot is due, score with it from here on."""
        for outcome in outcomes:
            for example in outcome.examples:
                self.learner.learn(example)
                if self.learner.is_due():
                    weights = self.learner.freeze()
                    yield self._step(SnapshotNotice(partition=0, weights=weights))

    def _step(self, message: CustomerEvent | Tick | SnapshotNotice) -> Outcome:
        """Give a message the next position and step."""
        self._offset += 1
        return step(self.engine, self.states, message, Position(self._offset, 0))


class JournalReplay:
    """Replays journal records as the worker saw them: same positions, same ticks, same snapshots.

    Parameters
    ----------
    params
        How to decide; the worker's own give the worker's outcomes byte for byte.
    epoch
        Identity of the journal, as the dump says.
    key
        What models and commands about them were signed with: those that bear no such signature are refused, as the
        worker did. Without it all are taken as they stand.
    partitions
        How many partitions the journal has, whether or not all are replayed.
    """

    def __init__(self, params: Params, epoch: str, key: bytes | None = None, partitions: int = 1) -> None:
        self.engines: dict[int, Engine] = {}
        self.states: dict[int, dict[str, CustomerState]] = {}
        self._params = params
        self._epoch = epoch
        self._key = key
        self._partitions = partitions

    def take(
        self, partition: int, offset: int, lines: Sequence[bytes]
    ) -> Iterator[tuple[JournalMessage, Outcome] | UnreadableMessageError]:
        """Take one journal record, line by line.

        Parameters
        ----------
        partition, offset
            Where the record stands. Records of one partition must come in order.
        lines
            Its messages, each as JSON; empty ones only keep their place.

        Yields
        ------
        (JournalMessage, Outcome) or UnreadableMessageError
            What each line was and caused, or why the worker made a dead letter of it.
        """
        if partition not in self.engines:
            self.engines[partition] = Engine(self._params, partition, self._epoch, self._partitions)
        engine, states = self.engines[partition], self.states.setdefault(partition, {})
        for line, raw in enumerate(lines):
            if not raw:
                continue
            try:
                message = decode_journal_line(raw)
                self._check(message)
            except UnreadableMessageError as error:
                yield error
                continue
            yield message, step(engine, states, message, Position(offset, line))
        engine.position = Position(offset, len(lines) - 1)

    def add(self, partition: int, event: CustomerEvent) -> Outcome:
        """Take an event that the journal does not hold, right after the last record of a partition that was taken.

        It stands behind that record's last line, so that the records that follow are still at their own places.
        """
        engine = self.engines[partition]
        behind = Position(engine.position.offset, engine.position.line + 1)
        return step(engine, self.states[partition], event, behind)

    def _check(self, message: JournalMessage) -> None:
        """Refuse a model, or a command, that bears no signature of ours."""
        if self._key is None or not isinstance(message, SignedMessage):
            return
        if not is_authentic(message, self._key):
            raise UnreadableMessageError("not_authentic", f"this {message.kind} bears no signature of ours")
