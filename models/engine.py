"""The only door into the core: one message in, one outcome out. Same messages, same order: same outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import inf

from models.agenda import Agenda
from models.budget import Budget
from models.duplicates import seen_before
from models.features import dense_features
from models.features.categories import category_buckets, deed_of
from models.features.own import own_numbers
from models.forgetting import SETTLED_RECORDS, begun, forgotten, gone_at
from models.judging import score_customer
from models.labels.waiting import INTERVENTIONS, Learnt, complain, intervene, keep_prediction, leave, mature
from models.listening import Listener
from models.observing import observe_event
from models.observing.cases import observe_case
from models.observing.conversations import RATED_BY, ended_by, forget, forget_due
from models.observing.surveys import rating_of
from models.outcome import Outcome
from models.packing import packed_buckets
from models.params import DAY, Params
from models.partition import (
    PartitionState,
    decode_partition,
    decode_snapshot,
    encode_partition,
    encode_snapshot,
    engine_key,
    snapshot_key,
)
from models.policy import Decision, answer, asks_for_a_call, decide, end_by_complaint, end_by_erasure
from models.reasons import ending_of, erased, reasons_for
from models.risk import Scorer, untrained
from models.stages import stage_of
from models.state import FORGOTTEN, NEVER, CustomerState, States, decode_row, glimpse
from models.telling import alert_of, comment_example_of, conversation_example_of, risk_example_of, risk_of
from models.text.cold_start import cold_start_of
from models.timers import books_due, fire, is_to_be_forgotten, look_due, next_due
from schemas.actions import Action
from schemas.alerts import STAGES, Alert, Risk
from schemas.codec import CustomerEvent, JournalMessage
from schemas.events import Call, Survey
from schemas.examples import Source
from schemas.labels import Complaint
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
        An event (pseudonymous and redacted), a tick, a snapshot notice, or a command about models.
    position
        Where the message stands in the journal. Without it, the line after the last one.

    Returns
    -------
    Outcome
        Alerts, examples, touched customers and facts.
    """
    engine.position = position or Position(max(0, engine.position.offset), engine.position.line + 1)
    match message:
        case Tick():
            outcome = engine.advance(states, message.at.timestamp())
        case SnapshotNotice():
            outcome = engine.switch(message.weights)
        case ModelCommand():
            outcome = engine.obey(message)
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
    """

    def __init__(self, params: Params, partition: int = 0, epoch: str = "") -> None:
        self.params = params
        self.params_hash = params.digest()
        self.partition = partition
        self.epoch = epoch
        self.position = NOWHERE
        self._written = NOWHERE
        self.now = NEVER
        self.customers_by_stage = [0] * len(STAGES)
        self._agenda = Agenda()
        self._learner, self._pinned = "", False
        self._budget = Budget(params)
        self._heard_with: TextWeights | None = None
        self._load(untrained(params))
        self._unwritten: tuple[Position, ModelWeights] | None = None

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
        if engine_row is not None:
            kept = decode_partition(engine_row)
            self.now, self._learner, self._pinned = kept.now, kept.learner, kept.pinned
            self.position = self._written = kept.position if kept.epoch == self.epoch else NOWHERE
            self._budget.restore(kept.threshold, kept.customers)
        if snapshot_row is not None:
            self._load(decode_snapshot(snapshot_row))
        self._agenda.restore(self._counted(customers))

    def partition_rows(self) -> dict[str, bytes]:
        """Return the partition's own rows as of now, to be written after the customers' rows.

        The snapshot's row is among them only once after each switch: it is large.
        """
        rows: dict[str, bytes] = {}
        if self._unwritten is not None:
            rows[snapshot_key(self.partition)] = encode_snapshot(self.epoch, *self._unwritten)
            self._unwritten = None
        state = PartitionState(
            self.epoch,
            self.position,
            self.now,
            self.scorer.number,
            self._learner,
            self._pinned,
            self._budget.threshold,
            self._budget.customers,
        )
        rows[engine_key(self.partition)] = encode_partition(state)
        return rows

    def settle(self) -> None:
        """Book what the message has spent from the alert budget."""
        self._budget.settle(self.position)

    def observe(self, states: States, event: CustomerEvent) -> Outcome:
        """Take in what happened to one customer, after every timer that was due before it."""
        outcome = Outcome()
        key, at = event.customer_id, event.occurred_at.timestamp()
        known = states.get(key)
        # Up to the position that the rows were read at, whoever has no row has been forgotten.
        if self._has_seen(known) if known is not None else self.position <= self._written:
            outcome.seen = True
            return outcome
        erasing = isinstance(event, Action) and event.action == "erase"
        is_stranger = known is None or known.forgotten_at != NEVER
        if is_stranger and erasing:
            return outcome
        state = known.copy() if known is not None and not is_stranger else self._begin(known, outcome)
        if seen_before(state, event.event_id, at, self.params):
            outcome.duplicate = True
            return outcome
        outcome.late = self.now - at > self.params.memory.late_minutes * 60.0
        outcome.out_of_order = at < state.clock
        if not is_stranger:
            self._into_this_epoch(state)
            if self._due_of(state) <= at:
                state = self._fire(key, state, at, outcome)
            if state.forgotten_at and not erasing:
                state = self._begin(state, outcome)
                seen_before(state, event.event_id, at, self.params)
        if not erasing:
            self._take_in(key, state, event, at, outcome)
            state = self._fire(key, state, state.clock, outcome)
        elif not state.forgotten_at:
            state = self._erase(key, state, at, outcome)
        self._put(states, key, state, outcome)
        return outcome

    def advance(self, states: States, at: float) -> Outcome:
        """Move the partition's clock and fire every timer that is due by then, earliest first."""
        outcome = Outcome()
        if at <= self.now:
            return outcome
        if self.now > NEVER and not self.scorer.cold:
            self._budget.elapse(at - self.now)
        self.now = at
        for key in self._agenda.take(at, lambda key: self._due_in(states, key)):
            known = states[key]
            if self._has_seen(known):
                self._agenda.note(key, self._due_of(known))
                continue
            if known.forgotten_at:
                self._let_go(states, key, known)
                continue
            state = known.copy()
            self._into_this_epoch(state)
            self._put(states, key, self._fire(key, state, at, outcome), outcome)
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

    @property
    def is_pinned(self) -> bool:
        """Whether a command holds the active snapshot."""
        return self._pinned

    def risk_of(self, key: str, state: CustomerState) -> Risk:
        """Say what is believed about a customer now; the same state gives the same message."""
        return risk_of(key, state, self.partition, self.params_hash)

    def _counted(self, customers: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, float]]:
        """Count customers by stage, and yield when each must be looked at next.

        Nearly every row says so in its beginning; there may be millions.
        """
        by_stage, rules = self.customers_by_stage, self.params_hash
        for key, row in customers:
            seen = glimpse(row)
            if seen is not None and seen.epoch == self.epoch and seen.position > self.position:
                self._budget.expect(decode_row(row), self.position)
            if seen is None or seen.ruled_by != rules:
                state = decode_row(row)
                stage, due = state.stage, next_due(state, self.params)
            else:
                stage, due = seen.stage, seen.due
            if stage != FORGOTTEN:
                by_stage[stage] += 1
            yield key, due

    def _due_in(self, states: States, key: str) -> float:
        """Return when the next timer of a customer fires; infinity for one whom nobody knows any more."""
        state = states.get(key)
        return inf if state is None else self._due_of(state)

    def _due_of(self, state: CustomerState) -> float:
        """Return when the next timer of a customer fires: as the row says, unless other parameters said so."""
        return state.due if state.ruled_by == self.params_hash else next_due(state, self.params)

    def _activate(self, weights: ModelWeights, outcome: Outcome) -> None:
        """Score with a snapshot from here on, and keep it."""
        self._load(weights)
        self._unwritten = self.position, weights
        outcome.switched_to = weights.number

    def _load(self, weights: ModelWeights) -> None:
        """Unpack a snapshot for scoring; a learner that it does not have gives way to its champion."""
        known = self._learner in {line.name for line in weights.lines}
        self.scorer = Scorer(weights, self.params, self._learner if known else "")
        if self._heard_with is None or weights.text != self._heard_with:
            learning = self.params.learning
            self.listener = Listener(weights.text, learning.sentiment_trust, cold_start_of(learning.cold_text))
            self._heard_with = weights.text

    def _take_in(self, key: str, state: CustomerState, event: CustomerEvent, at: float, outcome: Outcome) -> None:
        """Apply one event: memory first, then labels and people's answers, then judgement."""
        if isinstance(event, Call) and ended_by(state, event):
            self._end_conversation(state, None, at, outcome)
        mattered = observe_event(state, event, at, self.listener, self.params)
        if mattered:
            state.evidence = [*state.evidence, event.event_id][-self.params.memory.evidence :]
        deed = deed_of(event)
        observe_case(state, event, deed, at, self.params.memory)
        state.own = own_numbers(event.attributes)
        buckets = category_buckets(event, deed, state.cases[-1], self.params.learning)
        state.categories = packed_buckets(buckets)
        state.seen_at = max(state.seen_at, at)
        state.clock = max(state.clock, at)
        decisions: list[Decision] = []
        keep = not self.params.labels.deeds or deed in self.params.labels.deeds
        if isinstance(event, Complaint) and not event.withdrawn:
            keep = False
            self._tell(key, state, complain(state, at, self.params.labels), outcome)
            decisions = end_by_complaint(state)
        elif isinstance(event, Action):
            keep = keep and event.action != "left"
            self._acted(key, state, event, at, outcome)
            decisions = answer(state, key, event, state.clock, self.params)
        elif isinstance(event, Survey):
            self._rated(state, event, at, outcome)
        self._judge(key, state, decisions, outcome, keep=keep, event_id=event.event_id)

    def _rated(self, state: CustomerState, survey: Survey, at: float, outcome: Outcome) -> None:
        """Let a rating teach what its comment, and the conversation before it, sound like."""
        comment = comment_example_of(survey, self._source(outcome), self.epoch)
        if comment is not None:
            outcome.examples.append(comment)
        rating = rating_of(survey)
        if rating is not None and survey.touchpoint in RATED_BY:
            self._end_conversation(state, rating, at, outcome)

    def _end_conversation(self, state: CustomerState, rating: float | None, at: float, outcome: Outcome) -> None:
        """Tell the learner what a conversation came to, and forget it."""
        example = conversation_example_of(state, rating, at, self._source(outcome), self.epoch)
        if example is not None:
            outcome.examples.append(example)
        forget(state)

    def _acted(self, key: str, state: CustomerState, action: Action, at: float, outcome: Outcome) -> None:
        """Let an action bear on the labels that wait: after it, quiet is no clean negative."""
        if action.action in INTERVENTIONS:
            intervene(state, at)
        elif action.action == "left":
            state.left_at = max(state.left_at, at)
            self._tell(key, state, leave(state, at), outcome)

    def _fire(self, key: str, state: CustomerState, until: float, outcome: Outcome) -> CustomerState:
        """Fire a customer's timers up to a time, each as of its due time; return the state, or what is left of it."""
        params = self.params
        while (due := min(look := look_due(state, params), books_due(state, params))) <= until:
            outcome.fired += 1
            if is_to_be_forgotten(state, due, params):
                return self._forget(key, state, due, outcome)
            fired = fire(state, due, params) if look <= due else None
            state.clock = max(state.clock, due)
            self._tell(key, state, mature(state, due, params.labels), outcome)
            if forget_due(state, params) <= due:
                self._end_conversation(state, None, due, outcome)
                outcome.believe(key)
            if fired is not None:
                state.evidence = [*state.evidence, *fired.evidence][-params.memory.evidence :]
                self._judge(key, state, [], outcome, keep=fired.matters and not params.labels.deeds)
        return state

    def _begin(self, known: CustomerState | None, outcome: Outcome) -> CustomerState:
        """Let a customer begin, or begin again."""
        is_gone = known is not None and gone_at(known, self.params) <= self.now
        state = begun(known, self.epoch, self.position, is_gone=is_gone)
        outcome.stage_moves.append((-1, state.stage))
        self.customers_by_stage[state.stage] += 1
        self._budget.born()
        return state

    def _erase(self, key: str, state: CustomerState, at: float, outcome: Outcome) -> CustomerState:
        """Forget a customer who asks for it: what is open ends, and what waits for a label is dropped."""
        state.clock = max(state.clock, at)
        for decision in end_by_erasure(state):
            outcome.alerts.append(
                alert_of(key, state, decision, erased(), self.partition, self.position, self.params_hash)
            )
        return self._forget(key, state, state.clock, outcome)

    def _forget(self, key: str, state: CustomerState, at: float, outcome: Outcome) -> CustomerState:
        """Return what is left of a customer: nothing more is believed of them."""
        outcome.believe(key)
        outcome.stage_moves.append((state.stage, -1))
        self.customers_by_stage[state.stage] -= 1
        self._budget.forgotten()
        # Not before now: the journal of the time before is kept from when it was written.
        return forgotten(state, max(at, self.now), self.epoch, self.position)

    def _let_go(self, states: States, key: str, known: CustomerState) -> None:
        """Remove the row of a forgotten customer, once no crash can bring back the time before it."""
        if known.epoch != self.epoch or self.position.offset - known.offset >= SETTLED_RECORDS:
            del states[key]
        else:
            self._agenda.note(key, self.now + DAY)

    def _judge(
        self,
        key: str,
        state: CustomerState,
        decisions: list[Decision],
        outcome: Outcome,
        *,
        keep: bool,
        event_id: str | None = None,
    ) -> None:
        """Decide stage, probability and alerts at the customer's own time."""
        now = state.clock
        outcome.believe(key)
        stage = stage_of(state, now, self.params)
        if stage != state.stage or state.stage_at == NEVER:
            self._move(state, stage, outcome)
        dense = dense_features(state, now, self.params)
        score_customer(state, dense, self.scorer, self.params)
        decisions += decide(state, now, self._budget.threshold, self.params)
        if not state.cold and any(asks_for_a_call(decision) for decision in decisions):
            self._budget.spend(state, now, self.position)
        if keep:
            self._tell(key, state, keep_prediction(state, key, now, dense, self.params.labels), outcome)
        for decision in decisions:
            outcome.alerts.append(self._alert(key, state, decision, event_id))

    def _move(self, state: CustomerState, stage: int, outcome: Outcome) -> None:
        """Put a customer into a stage."""
        if stage != state.stage:
            outcome.stage_moves.append((state.stage, stage))
            self.customers_by_stage[state.stage] -= 1
            self.customers_by_stage[stage] += 1
        state.stage, state.stage_at = stage, state.clock

    def _into_this_epoch(self, state: CustomerState) -> None:
        """Forget the positions of another journal."""
        if state.epoch != self.epoch:
            state.lives, state.spent = (), ()

    def _put(self, states: States, key: str, state: CustomerState, outcome: Outcome) -> None:
        """Stamp the row with the position, hand it back, and note when its next timer is due."""
        state.epoch, (state.offset, state.line) = self.epoch, self.position
        state.due, state.ruled_by = next_due(state, self.params), self.params_hash
        states[key] = state
        outcome.touched.append(key)
        self._agenda.note(key, state.due)

    def _has_seen(self, state: CustomerState) -> bool:
        """Say whether a row was written at or after the message that is being looked at."""
        return state.epoch == self.epoch and self.position <= state.position

    def _tell(self, key: str, state: CustomerState, learnt: list[Learnt], outcome: Outcome) -> None:
        """Tell the learner what is new about predictions."""
        for one in learnt:
            outcome.examples.append(risk_example_of(key, one, state, self._source(outcome), self.epoch))

    def _source(self, outcome: Outcome) -> Source:
        """Say where the next example of an outcome comes from."""
        return (self.partition, *self.position, len(outcome.examples))

    def _alert(self, key: str, state: CustomerState, decision: Decision, event_id: str | None) -> Alert:
        """Write one transition of an alert, with its reasons."""
        alert, now = decision.alert, state.clock
        reasons = ending_of(decision.transition, alert, now, event_id) or reasons_for(
            alert.cause, state, now, self._budget.threshold, self.params
        )
        return alert_of(key, state, decision, reasons, self.partition, self.position, self.params_hash)
