"""The only door into the core: one message in, one outcome out. Same messages, same order: same outcomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf

from models.agenda import Agenda
from models.aggregates.observing import watermark_of
from models.alerting.capacity import Capacity
from models.budget import Budget
from models.census import Census, told_levels_of
from models.forgetting import SETTLED_RECORDS
from models.frame import Frame
from models.listening import Listener
from models.moments import DAY, NEVER
from models.outcome import Outcome
from models.params import Params
from models.partition import (
    PartitionState,
    Silence,
    decode_partition,
    decode_snapshot,
    encode_partition,
    encode_snapshot,
    engine_key,
    snapshot_key,
)
from models.risk import Scorer, untrained
from models.rows import decode_row, glimpse
from models.state import CustomerState, States
from models.telling import risk_of
from models.text.cold_start import cold_start_of
from models.timers import next_due
from models.visit import Visit
from schemas.actions import Action
from schemas.alerts import LEVELS, Risk
from schemas.codec import CustomerEvent, JournalMessage
from schemas.silences import SilenceCommand
from schemas.snapshots import ModelWeights, TextWeights
from schemas.ticks import ModelCommand, SnapshotNotice, Tick
from schemas.types import NOWHERE, Position


def step(engine: Engine, states: States, message: JournalMessage, position: Position | None = None) -> Outcome:
    """Take one message of a partition and say what follows from it.

    Deterministic: no clock, no chance, no input but its arguments. A message at or before the position that a row has
    seen changes nothing, so redelivery is harmless.

    Parameters
    ----------
    engine
        The partition's engine; its clock, timers and active snapshot change.
    states
        Customer key to state; touched customers are put back.
    message
        An event (pseudonymous and redacted), a tick, a snapshot notice, or a command.
    position
        Where the message stands in the journal. Without it, the line after the last one.

    Returns
    -------
    Outcome
        Alerts, examples, touched customers and facts.
    """
    before = engine.position
    engine.position = position or Position(max(0, before.offset), before.line + 1)
    engine.begin(message.at.timestamp() if isinstance(message, Tick) else NEVER)
    match message:
        case Tick():
            outcome = engine.advance(states, message.at.timestamp())
        case SnapshotNotice():
            outcome = engine.switch(message.weights)
        case ModelCommand():
            outcome = engine.obey(message)
        case SilenceCommand():
            outcome = engine.silence(message)
        case _:
            outcome = engine.observe(states, message)
    engine.settle()
    return outcome


class Engine:
    """The core's own memory for one journal partition: clock, timers, active snapshot.

    Parameters
    ----------
    params
        How to decide.
    partition
        Number of the journal partition.
    epoch
        Identity of the journal; rows of another one are taken as never seen.
    partitions
        How many partitions the journal has: each gives away its share of an owner's day.
    """

    def __init__(self, params: Params, partition: int = 0, epoch: str = "", partitions: int = 1) -> None:
        weights = untrained(params)
        self.params = params
        self._frame = Frame(
            params=params,
            params_hash=params.digest(),
            partition=partition,
            partitions=partitions,
            epoch=epoch,
            budget=Budget(params),
            scorer=Scorer(weights, params),
            listener=_listener_of(weights.text, params),
            capacity=Capacity(params.organisation, partition, partitions) if params.organisation.limits_days else None,
        )
        self._heard_with = weights.text
        self._agenda = Agenda()
        self._census = Census(params.organisation)
        self._learner, self._pinned = "", False
        self._written = NOWHERE
        self._unwritten: tuple[Position, ModelWeights] | None = None

    @property
    def partition(self) -> int:
        """Number of the journal partition."""
        return self._frame.partition

    @property
    def position(self) -> Position:
        """Where the last message stood in the journal."""
        return self._frame.position

    @position.setter
    def position(self, position: Position) -> None:
        self._frame.position = position

    @property
    def now(self) -> float:
        """The partition's clock: the highest tick, in seconds since 1970."""
        return self._frame.now

    @property
    def scorer(self) -> Scorer:
        """The frozen models of the active snapshot."""
        return self._frame.scorer

    @property
    def customers_by_stage(self) -> Sequence[int]:
        """How many customers are in each of `schemas.alerts.STAGES`."""
        return self._census.customers_by_stage

    @property
    def census(self) -> Mapping[str, Sequence[int]]:
        """What `models.census.Census.by_unit` says of the partition."""
        return self._census.by_unit

    @property
    def is_pinned(self) -> bool:
        """Whether a command holds the active snapshot."""
        return self._pinned

    def restore(
        self, customers: Iterable[tuple[str, bytes]], engine_row: bytes | None, snapshot_row: bytes | None
    ) -> None:
        """Take up where the rows of a partition left off.

        Parameters
        ----------
        customers
            Key and row of every customer of the partition.
        engine_row, snapshot_row
            Rows under `engine_key` and `snapshot_key`; None where there is none yet.
        """
        frame = self._frame
        if engine_row is not None:
            kept = decode_partition(engine_row)
            frame.now, self._learner, self._pinned = kept.now, kept.learner, kept.pinned
            frame.position = self._written = kept.position if kept.epoch == frame.epoch else NOWHERE
            frame.budget.restore(kept.threshold, kept.customers)
            frame.silences = kept.silences
            if frame.capacity is not None:
                frame.capacity.restore(kept.day, kept.told)
        if snapshot_row is not None:
            self._load(decode_snapshot(snapshot_row))
        self._agenda.restore(self._counted(customers))

    def partition_rows(self) -> dict[str, bytes]:
        """Return the partition's own rows as of now, to be written after the customers' rows.

        The snapshot's row is among them only once after each switch: it is large.
        """
        frame, rows = self._frame, dict[str, bytes]()
        if self._unwritten is not None:
            rows[snapshot_key(frame.partition)] = encode_snapshot(frame.epoch, *self._unwritten)
            self._unwritten = None
        state = PartitionState(
            frame.epoch,
            frame.position,
            frame.now,
            frame.scorer.number,
            self._learner,
            self._pinned,
            frame.budget.threshold,
            frame.budget.customers,
            frame.silences,
            *((frame.capacity.day, frame.capacity.told) if frame.capacity is not None else ()),
        )
        rows[engine_key(frame.partition)] = encode_partition(state)
        return rows

    def begin(self, at: float) -> None:
        """Begin a message; the time of a tick may begin a day."""
        frame = self._frame
        frame.before = frame.now
        if frame.capacity is not None:
            frame.capacity.begin(max(frame.now, at), frame.position)

    def settle(self) -> None:
        """Book what the message has spent from the alert budget and of owners' days."""
        frame = self._frame
        frame.budget.settle(frame.position)
        if frame.capacity is not None:
            frame.capacity.settle()

    def observe(self, states: States, event: CustomerEvent) -> Outcome:
        """Take in what happened to one customer, after every timer that was due before it."""
        outcome, frame = Outcome(), self._frame
        key, at = event.customer_id, event.occurred_at.timestamp()
        known = states.get(key)
        # Up to the position that the rows were read at, whoever has no row has been forgotten.
        if self._has_seen(known) if known is not None else frame.position <= self._written:
            outcome.seen = True
            return outcome
        erasing = isinstance(event, Action) and event.action == "erase"
        is_stranger = known is None or known.forgotten_at != NEVER
        if is_stranger and isinstance(event, Action) and erasing:
            Visit(frame, key, CustomerState(), outcome).receipt(event, "unknown", at)
            return outcome
        if known is None or is_stranger:
            visit = Visit.of_a_stranger(frame, key, known, outcome)
        else:
            visit = Visit(frame, key, known.copy(), outcome)
        if visit.is_repeat(event, at):
            outcome.duplicate = True
            return outcome
        outcome.late = frame.now - at > self.params.memory.late_minutes * 60.0
        outcome.out_of_order = at < visit.state.clock
        if not is_stranger:
            visit.into_this_epoch()
            if self._due_of(visit.state) <= at:
                visit.fire(at)
            if visit.state.forgotten_at and not erasing:
                visit = Visit.of_a_stranger(frame, key, visit.state, outcome)
                visit.is_repeat(event, at)
        if not erasing:
            visit.take_in(event, at)
            visit.fire(visit.state.clock)
        elif isinstance(event, Action):
            visit.receipt(event, "unknown" if visit.state.forgotten_at else "noted", max(at, visit.state.clock))
            if not visit.state.forgotten_at:
                visit.erase(at)
        self._put(states, key, known, visit.state, outcome)
        return outcome

    def advance(self, states: States, at: float) -> Outcome:
        """Move the partition's clock and fire every timer that is due by then, earliest first."""
        outcome, frame = Outcome(), self._frame
        if at <= frame.now:
            return outcome
        if frame.now > NEVER and not frame.scorer.cold:
            frame.budget.elapse(at - frame.now)
        frame.now = at
        for key in self._agenda.take(at, lambda key: self._due_in(states, key)):
            known = states[key]
            if self._has_seen(known):
                self._agenda.note(key, self._due_of(known))
                continue
            if known.forgotten_at:
                self._let_go(states, key, known)
                continue
            visit = Visit(frame, key, known.copy(), outcome)
            visit.into_this_epoch()
            visit.fire(at)
            self._put(states, key, known, visit.state, outcome)
        place = frame.partition, frame.position
        if (mark := watermark_of(frame.before, at, place, frame.partitions, self.params.aggregates)) is not None:
            outcome.observations.append(mark)
        return outcome

    def switch(self, weights: ModelWeights) -> Outcome:
        """Score with another snapshot from here on, unless it is not newer than the active one or that is pinned."""
        outcome = Outcome()
        if weights.number > self.scorer.number and not self._pinned:
            self._activate(weights, outcome)
        return outcome

    def obey(self, command: ModelCommand) -> Outcome:
        """Do what a person decided about models; what cannot be done is refused with a reason and changes nothing."""
        outcome = Outcome(command=command.command)
        match command.command:
            case "promote":
                weights, learner = self.scorer.weights, command.learner or ""
                if learner in {line.name for line in weights.lines}:
                    self._learner = learner
                    self._activate(weights, outcome)
                else:
                    outcome.refused = f"snapshot {weights.number} has no learner {learner!r}"
            case "rollback" if command.weights is not None:
                self._pinned = True
                self._activate(command.weights, outcome)
            case "pin":
                self._pinned = True
            case _:
                self._pinned = False
        return outcome

    def silence(self, command: SilenceCommand) -> Outcome:
        """Begin a silence or end it; those whose time is over are forgotten.

        What a silence has hidden is told when its customer is next looked at, which is soon: see `models.timers`. One
        that the partition's row knows already changes nothing: the clock is that of a later message then.
        """
        frame = self._frame
        if frame.position <= self._written:
            return Outcome()
        others = [each for each in frame.silences if each.name != command.name and each.until > frame.now]
        if command.command == "set" and command.until is not None:
            level, until = LEVELS.index(command.level), command.until.timestamp()
            unit, product = command.org_path or "", (command.product_line or "", command.product_id or "")
            others.append(Silence(command.name, command.causes, unit, level, until, command.by, *product))
        frame.silences = others
        return Outcome()

    def risk_of(self, key: str, state: CustomerState) -> Risk:
        """Say what is believed about a customer now; the same state gives the same message."""
        return risk_of(key, state, self._frame.partition, self._frame.params_hash)

    def _counted(self, customers: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, float]]:
        """Count customers where they are, and yield when each must be looked at next.

        Nearly every row says so in its beginning; there may be millions.
        """
        frame = self._frame
        rules, epoch, position = frame.params_hash, frame.epoch, frame.position
        alike: Counter[tuple[str, int, str]] = Counter()
        for key, row in customers:
            seen = glimpse(row)
            if seen is not None and seen.epoch == epoch and seen.position > position:
                ahead = decode_row(row)
                frame.budget.expect(ahead, position)
                if frame.capacity is not None:
                    frame.capacity.expect(ahead, position)
            if seen is None or seen.ruled_by != rules:
                state = decode_row(row)
                alike[state.org_path, state.stage, state.told_levels] += 1
                due = next_due(state, self.params)
            else:
                alike[seen.org_path, seen.stage, seen.told_levels] += 1
                due = seen.due
            yield key, due
        for (org_path, stage, told_levels), count in alike.items():
            self._census.add(org_path, stage, told_levels, count)

    def _due_in(self, states: States, key: str) -> float:
        """Return when the next timer of a customer fires; infinity for one whom nobody knows any more."""
        state = states.get(key)
        return inf if state is None else self._due_of(state)

    def _due_of(self, state: CustomerState) -> float:
        """Return when the next timer of a customer fires: as the row says, unless other parameters said so."""
        return state.due if state.ruled_by == self._frame.params_hash else next_due(state, self.params)

    def _activate(self, weights: ModelWeights, outcome: Outcome) -> None:
        """Score with a snapshot from here on, and keep it."""
        self._load(weights)
        self._unwritten = self._frame.position, weights
        outcome.switched_to = weights.number

    def _load(self, weights: ModelWeights) -> None:
        """Unpack a snapshot for scoring; a learner that it does not have gives way to its champion."""
        known = self._learner in {line.name for line in weights.lines}
        self._frame.scorer = Scorer(weights, self.params, self._learner if known else "")
        if weights.text != self._heard_with:
            self._frame.listener = _listener_of(weights.text, self.params)
            self._heard_with = weights.text

    def _let_go(self, states: States, key: str, known: CustomerState) -> None:
        """Remove the row of a forgotten customer, once no crash can bring back the time before it."""
        frame = self._frame
        if known.epoch != frame.epoch or frame.position.offset - known.offset >= SETTLED_RECORDS:
            del states[key]
        else:
            self._agenda.note(key, frame.now + DAY)

    def _put(
        self, states: States, key: str, known: CustomerState | None, state: CustomerState, outcome: Outcome
    ) -> None:
        """Stamp the row with the position and the rules, hand it back, count it, note when its next timer is due."""
        frame = self._frame
        state.epoch, (state.offset, state.line) = frame.epoch, frame.position
        state.ruled_by = frame.params_hash
        state.told_levels = told_levels_of(state.alerts) if state.alerts else ""
        states[key] = state
        self._census.moved(known, state)
        outcome.touched.append(key)
        self._agenda.note(key, state.due)

    def _has_seen(self, state: CustomerState) -> bool:
        """Say whether a row was written at or after the message that is being looked at."""
        return state.epoch == self._frame.epoch and self._frame.position <= state.position


def _listener_of(weights: TextWeights, params: Params) -> Listener:
    """Unpack what a snapshot hears with."""
    return Listener(weights, params.learning.sentiment_trust, cold_start_of(params.learning.cold_text))
