"""The only door into the core: one message in, one outcome out. Same messages, same order: same outcomes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from heapq import heapify, heappop, heappush
from math import inf

from models.duplicates import seen_before
from models.features import dense_features
from models.features.categories import category_buckets
from models.listening import Listener
from models.maturity import Matured, decide_labels, keep_prediction, mature
from models.observing import observe_event
from models.observing.surveys import rating_of
from models.outcome import Outcome
from models.params import Params
from models.partition import (
    PartitionState,
    decode_partition,
    decode_snapshot,
    encode_partition,
    encode_snapshot,
    engine_key,
    snapshot_key,
)
from models.policy import Decision, answer, decide, end_by_complaint, id_of
from models.reasons import ending_of, reasons_for
from models.risk import Scorer, untrained
from models.sentiment import grams
from models.stages import stage_of
from models.state import NEVER, CustomerState, States
from models.timers import fire, next_due
from schemas.actions import Action
from schemas.alerts import LEVELS, STAGES, Alert, Risk
from schemas.codec import CustomerEvent, JournalMessage
from schemas.events import Survey
from schemas.examples import RiskExample, SentimentExample
from schemas.labels import Complaint
from schemas.snapshots import ModelWeights
from schemas.ticks import SnapshotNotice, Tick
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
        An event (pseudonymous and redacted), a tick, or a snapshot notice.
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
            return engine.advance(states, message.at.timestamp())
        case SnapshotNotice():
            return engine.switch(message.weights)
        case _:
            return engine.observe(states, message)


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
        self.now = NEVER
        self.customers_by_stage = [0] * len(STAGES)
        self._timers: list[tuple[float, str]] = []
        self._due: dict[str, float] = {}
        self._load(untrained(params))
        self._snapshot_row: bytes | None = None

    def restore(
        self, customers: Iterable[tuple[str, CustomerState]], engine_row: bytes | None, snapshot_row: bytes | None
    ) -> None:
        """Take up where the rows of a partition left off.

        Parameters
        ----------
        customers
            Every customer of the partition.
        engine_row, snapshot_row
            Rows under `engine_key` and `snapshot_key`; None where there is none yet.
        """
        if snapshot_row is not None:
            self._load(decode_snapshot(snapshot_row))
        if engine_row is not None:
            kept = decode_partition(engine_row)
            self.now = kept.now
            self.position = kept.position if kept.epoch == self.epoch else NOWHERE
        for key, state in customers:
            self.customers_by_stage[state.stage] += 1
            due = next_due(state, self.params)
            if due < inf:
                self._due[key] = due
                self._timers.append((due, key))
        heapify(self._timers)

    def partition_rows(self) -> dict[str, bytes]:
        """Return the partition's own rows as of now, to be written after the customers' rows.

        The snapshot's row is among them only once after each switch: it is large.
        """
        rows: dict[str, bytes] = {}
        if self._snapshot_row is not None:
            rows[snapshot_key(self.partition)] = self._snapshot_row
            self._snapshot_row = None
        state = PartitionState(self.epoch, self.position, self.now, self.scorer.number)
        rows[engine_key(self.partition)] = encode_partition(state)
        return rows

    def observe(self, states: States, event: CustomerEvent) -> Outcome:
        """Take in what happened to one customer, after every timer that was due before it."""
        outcome = Outcome()
        key, at = event.customer_id, event.occurred_at.timestamp()
        known = states.get(key)
        if known is not None and self._has_seen(known):
            outcome.seen = True
            return outcome
        state = CustomerState() if known is None else known.copy()
        if seen_before(state, event.event_id, at, self.params):
            outcome.duplicate = True
            return outcome
        outcome.late = self.now - at > self.params.memory.late_minutes * 60.0
        outcome.out_of_order = at < state.clock
        if known is None:
            outcome.stage_moves.append((-1, state.stage))
            self.customers_by_stage[state.stage] += 1
        else:
            self._fire(key, state, at, outcome)
        self._take_in(key, state, event, at, outcome)
        self._fire(key, state, state.clock, outcome)
        self._put(states, key, state, outcome)
        return outcome

    def advance(self, states: States, at: float) -> Outcome:
        """Move the partition's clock and fire every timer that is due by then, earliest first."""
        outcome = Outcome()
        if at <= self.now:
            return outcome
        self.now = at
        for _, key in sorted(self._take_due(states, at)):
            known = states[key]
            state = known.copy()
            if not self._has_seen(known):
                self._fire(key, state, at, outcome)
                self._put(states, key, state, outcome)
            self._schedule(key, state)
        return outcome

    def switch(self, weights: ModelWeights) -> Outcome:
        """Score with another snapshot from here on, unless it is not newer than the active one."""
        outcome = Outcome()
        if weights.number > self.scorer.number:
            self._load(weights)
            self._snapshot_row = encode_snapshot(self.epoch, self.position, weights)
            outcome.switched_to = weights.number
        return outcome

    def risk_of(self, key: str, state: CustomerState) -> Risk:
        """Say what is believed about a customer now; the same state gives the same message."""
        return Risk(
            customer_key=key,
            tenant=state.tenant,
            org_path=state.org_path,
            at=_time(state.clock),
            stage=STAGES[state.stage],
            stage_entered_at=_time(state.stage_at),
            level=LEVELS[max((alert.level for alert in state.alerts), default=0)],
            probability_7d=state.probability_7d,
            probability_30d=state.probability_30d,
            cold=state.cold,
            sentiment=state.slow,
            heat=state.heat,
            evidence=tuple(state.evidence),
            snapshot=state.snapshot,
            params_hash=self.params_hash,
            position=(self.partition, state.offset, state.line),
        )

    def _load(self, weights: ModelWeights) -> None:
        """Unpack a snapshot for scoring."""
        self.scorer = Scorer(weights, self.params)
        self.listener = Listener(weights.sentiment, self.params.learning.sentiment_trust)

    def _take_in(self, key: str, state: CustomerState, event: CustomerEvent, at: float, outcome: Outcome) -> None:
        """Apply one event: memory first, then labels and people's answers, then judgement."""
        mattered = observe_event(state, event, at, self.listener.hear, self.params)
        if mattered:
            state.evidence = [*state.evidence, event.event_id][-self.params.memory.evidence :]
        state.categories = category_buckets(event)
        state.seen_at = max(state.seen_at, at)
        state.clock = max(state.clock, at)
        decisions: list[Decision] = []
        is_complaint = isinstance(event, Complaint) and not event.withdrawn
        if is_complaint:
            decide_labels(state, at)
            decisions = end_by_complaint(state)
        elif isinstance(event, Action):
            decisions = answer(state, key, event, state.clock, self.params)
        elif isinstance(event, Survey):
            self._release_comment(event, outcome)
        self._judge(key, state, decisions, outcome, keep=not is_complaint, event_id=event.event_id)

    def _fire(self, key: str, state: CustomerState, until: float, outcome: Outcome) -> None:
        """Fire a customer's timers up to a time, each as of its due time."""
        while (due := next_due(state, self.params)) <= until:
            outcome.fired += 1
            fired = fire(state, due, self.params)
            if fired.evidence:
                state.evidence = [*state.evidence, *fired.evidence][-self.params.memory.evidence :]
            state.clock = max(state.clock, due)
            self._release(key, mature(state, due), outcome)
            self._judge(key, state, [], outcome, keep=fired.matters)

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
        stage = stage_of(state, now, self.params)
        if stage != state.stage or state.stage_at == NEVER:
            self._move(state, stage, outcome)
        dense = dense_features(state, now, self.params)
        state.probability_7d, state.probability_30d = self.scorer.probabilities(dense, state.categories)
        state.snapshot, state.cold = self.scorer.number, self.scorer.cold
        decisions += decide(state, now, self.params)
        if keep:
            keep_prediction(state, now, dense, list(state.categories), self.params)
        for decision in decisions:
            outcome.alerts.append(self._alert(key, state, decision, dense, event_id))

    def _move(self, state: CustomerState, stage: int, outcome: Outcome) -> None:
        """Put a customer into a stage."""
        if stage != state.stage:
            outcome.stage_moves.append((state.stage, stage))
            self.customers_by_stage[state.stage] -= 1
            self.customers_by_stage[stage] += 1
        state.stage, state.stage_at = stage, state.clock

    def _put(self, states: States, key: str, state: CustomerState, outcome: Outcome) -> None:
        """Stamp the row with the position, hand it back, and set its next timer."""
        state.epoch, (state.offset, state.line) = self.epoch, self.position
        states[key] = state
        outcome.touched.append(key)
        self._schedule(key, state)

    def _schedule(self, key: str, state: CustomerState) -> None:
        """Note when a customer must be looked at next; a note that is too early only costs a look."""
        due = next_due(state, self.params)
        if due < self._due.get(key, inf):
            self._due[key] = due
            heappush(self._timers, (due, key))

    def _take_due(self, states: States, at: float) -> list[tuple[float, str]]:
        """Take every customer off the notes who has a timer due by `at`, with that due time."""
        taken: list[tuple[float, str]] = []
        while self._timers and self._timers[0][0] <= at:
            noted, key = heappop(self._timers)
            if self._due.get(key) != noted:
                continue
            del self._due[key]
            due = next_due(states[key], self.params)
            if due <= at:
                taken.append((due, key))
            elif due < inf:
                self._due[key] = due
                heappush(self._timers, (due, key))
        return taken

    def _has_seen(self, state: CustomerState) -> bool:
        """Say whether a row was written at or after the message that is being looked at."""
        return state.epoch == self.epoch and self.position <= state.position

    def _release(self, key: str, matured: list[Matured], outcome: Outcome) -> None:
        """Hand matured predictions to the learner."""
        for one in matured:
            prediction = one.prediction
            is_short = one.horizon_days == 7
            outcome.examples.append(
                RiskExample(
                    source=(self.partition, *self.position, len(outcome.examples)),
                    customer_key=key,
                    horizon_days=one.horizon_days,
                    label=one.label,
                    probability=prediction.probability_7d if is_short else prediction.probability_30d,
                    snapshot=prediction.snapshot,
                    predicted_at=_time(prediction.at),
                    released_at=one.released_at,
                    dense=tuple(prediction.dense),
                    hashed=tuple(prediction.hashed),
                )
            )

    def _release_comment(self, survey: Survey, outcome: Outcome) -> None:
        """Hand a rated comment to the learner, as buckets."""
        rating = rating_of(survey)
        if rating is None or not survey.comment:
            return
        outcome.examples.append(
            SentimentExample(
                source=(self.partition, *self.position, len(outcome.examples)),
                target=rating,
                grams=tuple(grams(survey.comment)),
                released_at=survey.occurred_at,
            )
        )

    def _alert(
        self, key: str, state: CustomerState, decision: Decision, dense: tuple[float, ...], event_id: str | None
    ) -> Alert:
        """Write one transition of an alert, with its reasons."""
        alert, now = decision.alert, state.clock
        reasons = ending_of(decision.transition, alert, now, event_id) or reasons_for(
            alert.cause, state, now, dense, self.scorer, self.params
        )
        return Alert(
            alert_id=id_of(key, alert),
            sequence=alert.sequence,
            transition=decision.transition,
            at=_time(state.clock),
            opened_at=_time(alert.opened_at),
            cause=alert.cause,
            level=LEVELS[alert.level],
            customer_key=key,
            tenant=state.tenant,
            org_path=state.org_path,
            stage=STAGES[state.stage],
            probability_7d=state.probability_7d,
            probability_30d=state.probability_30d,
            reasons=reasons,
            policy_ref=state.policy_ref,
            claim_ref=state.claim_ref,
            vulnerable=bool(state.drivers),
            lead_seconds=state.clock - alert.opened_at if decision.transition == "complained" else None,
            snapshot=self.scorer.number,
            params_hash=self.params_hash,
            position=(self.partition, *self.position),
        )


def _time(seconds: float) -> datetime:
    """Turn seconds since 1970 into a time."""
    return datetime.fromtimestamp(seconds, UTC)
