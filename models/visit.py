"""One customer while one message is looked at: what it changes in them, and what follows from that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from models.aggregates.observing import evidence_of
from models.alerting.capacity import Room
from models.alerting.clocks import posts_of
from models.alerting.deciding import Decision, asks_for_a_call, decide, id_of
from models.alerting.hiding import withhold
from models.alerting.lifecycle import answer, end_by_complaint, end_by_erasure
from models.alerting.supervision import counts_for_nothing, escalate, refusals_of
from models.duplicates import seen_before
from models.entries import OpenAlert
from models.features import dense_features
from models.features.categories import category_buckets, deed_of
from models.features.own import own_numbers
from models.forgetting import begun, forgotten, gone_at
from models.frame import Frame
from models.judging import score_customer
from models.labels.waiting import INTERVENTIONS, Learnt, complain, intervene, keep_prediction, leave, mature, review
from models.ledgers.booking import Move, booked, expired, missed, waiting_of
from models.ledgers.booking import erased as ledger_erased
from models.moments import NEVER
from models.observing import observe_event
from models.observing.cases import observe_case
from models.observing.conversations import RATED_BY, ended_by, forget, forget_due
from models.observing.surveys import rating_of
from models.outcome import Outcome
from models.packing import packed_buckets, unpacked_buckets
from models.reasons import MAX_REASONS, ending_of, erased, reasons_for
from models.stages import stage_of
from models.state import CustomerState
from models.telling import (
    alert_of,
    comment_example_of,
    conversation_example_of,
    entry_of,
    receipt_of,
    risk_example_of,
    suppression_of,
)
from models.timers import books_due, fire, is_to_be_forgotten, look_due
from schemas.actions import Action
from schemas.alerts import PAGING, Reason
from schemas.codec import CustomerEvent
from schemas.events import Call, Survey
from schemas.examples import Source
from schemas.labels import Complaint
from schemas.receipts import ReceiptCode


class Visit:
    """A look at one customer.

    Parameters
    ----------
    frame
        What holds for all customers of the partition; its budget changes.
    key
        Whom.
    state
        What is remembered of them, to be changed in place; `state` afterwards is what is left of it.
    outcome
        Takes what follows.
    """

    __slots__ = ("_frame", "_key", "_outcome", "_params", "state")

    def __init__(self, frame: Frame, key: str, state: CustomerState, outcome: Outcome) -> None:
        self._frame, self._params = frame, frame.params
        self._key = key
        self.state = state
        self._outcome = outcome

    @classmethod
    def of_a_stranger(cls, frame: Frame, key: str, known: CustomerState | None, outcome: Outcome) -> Visit:
        """Let a customer begin, or begin again.

        Parameters
        ----------
        frame, key, outcome
            As for any visit.
        known
            The small row of a forgotten customer; None if there is none.
        """
        is_gone = known is not None and gone_at(known, frame.params) <= frame.now
        state = begun(known, frame.epoch, frame.position, is_gone=is_gone)
        outcome.stage_moves.append((-1, state.stage))
        frame.budget.born()
        return cls(frame, key, state, outcome)

    def is_repeat(self, event: CustomerEvent, at: float) -> bool:
        """Say whether an event was counted before, and remember it."""
        return seen_before(self.state, event.event_id, at, self._params)

    def into_this_epoch(self) -> None:
        """Forget the positions of another journal."""
        if self.state.epoch != self._frame.epoch:
            self.state.lives, self.state.spent, self.state.room = (), (), ()

    def take_in(self, event: CustomerEvent, at: float) -> None:
        """Apply one event: memory first, then labels and people's answers, then judgement."""
        state, params = self.state, self._params
        refused = refusals_of(state, self._key, event, params) if isinstance(event, Action) else []
        said = event
        if isinstance(event, Action) and counts_for_nothing(state, self._key, event, refused):
            event = event.model_copy(update={"action": "other"})
        if isinstance(event, Call) and ended_by(state, event):
            self._end_conversation(None, at)
        waited = waiting_of(state)
        if observe_event(state, event, at, self._frame.listener, params):
            self._remember([event.event_id])
        self._book(booked(waited, state, event, at, params))
        deed = deed_of(event)
        observe_case(state, event, deed, at, params.memory)
        state.own = own_numbers(event.attributes)
        buckets = category_buckets(event, deed, state.cases[-1], params.learning)
        state.categories = packed_buckets(buckets)
        state.seen_at = max(state.seen_at, at)
        state.clock = max(state.clock, at)
        decisions: list[Decision] = []
        keep = not params.labels.deeds or deed in params.labels.deeds
        if isinstance(event, Complaint) and not event.withdrawn:
            keep = False
            self._tell(complain(state, at, params.labels))
            decisions = end_by_complaint(state)
        elif isinstance(event, Action):
            keep = keep and event.action != "left"
            self._acted(event, at)
            decisions = self._answered(said, refused) if isinstance(said, Action) else []
        elif isinstance(event, Survey):
            self._rated(event, at)
        self._judge(decisions, buckets, keep=keep, event_id=event.event_id)

    def fire(self, until: float) -> None:
        """Fire the customer's timers up to a time, each as of its due time, and note when the next one is due."""
        params = self._params
        state = self.state
        look = look_due(state, params)
        while (due := min(look, books := books_due(state, params))) <= until:
            self._outcome.fired += 1
            if is_to_be_forgotten(state, due, params):
                self._forget(due)
                return
            fired = fire(state, due, params) if look <= due else None
            state.clock = max(state.clock, due)
            if books <= due:
                self._tell(mature(state, due, params.labels))
                self._book(expired(state, due, params))
                if forget_due(state, params) <= due:
                    self._end_conversation(None, due)
                    self._outcome.believe(self._key)
            if fired is not None:
                self._remember(fired.evidence)
                self._book(missed(fired.missed))
                risen = escalate(state, state.clock, params)
                self._judge(risen, unpacked_buckets(state.categories), keep=fired.matters and not params.labels.deeds)
                look = look_due(state, params)  # only a look changes when the next one is due
        state.due = due

    def erase(self, at: float) -> None:
        """Forget a customer who asks for it: what is open ends, and what waits for a label is dropped."""
        state = self.state
        state.clock = max(state.clock, at)
        frame = self._frame
        for decision in withhold(state, end_by_erasure(state), state.clock, frame.silences, self._params, self._room()):
            self._alert(decision, erased())
        self._book(ledger_erased(state, state.clock, self._params))
        self._forget(state.clock)

    def receipt(self, action: Action, code: ReceiptCode | None, at: float) -> None:
        """Answer an action, if it names an alert; `at` is in seconds since 1970."""
        if action.alert_id is not None and code is not None:
            frame = self._frame
            self._outcome.receipts.append(
                receipt_of(self._key, action, action.alert_id, code, at, frame.partition, frame.position)
            )

    def _answered(self, action: Action, refused: list[tuple[OpenAlert, ReceiptCode]]) -> list[Decision]:
        """Let an action change alerts, and say what came of it; refusals are told even where it names no alert."""
        frame, state = self._frame, self.state
        codes = {alert.number: code for alert, code in refused}
        decisions, answered = answer(state, self._key, action, state.clock, self._params, codes)
        self.receipt(action, answered, state.clock)
        if action.alert_id is None:
            self._outcome.receipts += [
                receipt_of(
                    self._key, action, id_of(self._key, alert), code, state.clock, frame.partition, frame.position
                )
                for alert, code in refused
            ]
        return decisions

    def _remember(self, evidence: Iterable[str]) -> None:
        """Keep the ids of the last events that mattered."""
        self.state.evidence = [*self.state.evidence, *evidence][-self._params.memory.evidence :]

    def _book(self, moves: Iterable[Move]) -> None:
        """Write moves of the ledger."""
        frame = self._frame
        for move in moves:
            self._outcome.ledger.append(entry_of(self._key, self.state, move, frame.partition, frame.position))

    def _rated(self, survey: Survey, at: float) -> None:
        """Let a rating teach what its comment, and the conversation before it, sound like."""
        comment = comment_example_of(survey, self._source(), self._frame.epoch)
        if comment is not None:
            self._outcome.examples.append(comment)
        rating = rating_of(survey)
        if rating is not None and survey.touchpoint in RATED_BY:
            self._end_conversation(rating, at)

    def _end_conversation(self, rating: float | None, at: float) -> None:
        """Tell the learner what a conversation came to, and forget it."""
        example = conversation_example_of(self.state, rating, at, self._source(), self._frame.epoch)
        if example is not None:
            self._outcome.examples.append(example)
        forget(self.state)

    def _acted(self, action: Action, at: float) -> None:
        """Let an action bear on the labels that wait: after it, quiet is no clean negative."""
        state = self.state
        if action.action in INTERVENTIONS:
            intervene(state, at)
        elif action.action == "disagreed":
            review(state, at)
        elif action.action == "left":
            state.left_at = max(state.left_at, at)
            self._tell(leave(state, at))

    def _forget(self, at: float) -> None:
        """Keep only what is left of a customer of whom nothing more is believed."""
        frame = self._frame
        self._outcome.believe(self._key)
        self._outcome.stage_moves.append((self.state.stage, -1))
        frame.budget.forgotten()
        # Not before now: the journal of the time before is kept from when it was written.
        self.state = forgotten(self.state, max(at, frame.now), frame.epoch, frame.position)
        self.state.due = gone_at(self.state, self._params)

    def _judge(
        self, decisions: list[Decision], buckets: Sequence[int], *, keep: bool, event_id: str | None = None
    ) -> None:
        """Decide stage, probability and alerts at the customer's own time."""
        frame, state, params = self._frame, self.state, self._params
        now = state.clock
        self._outcome.believe(self._key)
        stage = stage_of(state, now, params)
        if stage != state.stage or state.stage_at == NEVER:
            self._move(stage)
        dense = dense_features(state, now, params)
        score_customer(state, dense, buckets, frame.scorer, params)
        decisions += decide(state, now, frame.budget.threshold, params)
        decisions = withhold(state, decisions, now, frame.silences, params, self._room())
        if decisions and not state.cold and any(map(asks_for_a_call, decisions)):
            frame.budget.spend(state, now, frame.position)
        if keep:
            self._tell(keep_prediction(state, self._key, now, dense, params.labels))
        for decision in decisions:
            self._alert(decision, self._why(decision, event_id) if decision.rule is None else ())

    def _room(self) -> Room | None:
        """Return what is left of the owners' day for this customer; None where no day has an end."""
        frame = self._frame
        if frame.capacity is None:
            return None
        return Room(self.state, frame.capacity, frame.position, self._params)

    def _move(self, stage: int) -> None:
        """Put the customer into a stage."""
        state = self.state
        if stage != state.stage:
            self._outcome.stage_moves.append((state.stage, stage))
        state.stage, state.stage_at = stage, state.clock

    def _tell(self, learnt: list[Learnt]) -> None:
        """Tell the learner what is new about predictions."""
        for one in learnt:
            self._outcome.examples.append(
                risk_example_of(self._key, one, self.state, self._source(), self._frame.epoch)
            )

    def _source(self) -> Source:
        """Say where the next example of the message comes from."""
        frame = self._frame
        return (frame.partition, *frame.position, len(self._outcome.examples))

    def _why(self, decision: Decision, event_id: str | None) -> tuple[Reason, ...]:
        """Say why an alert takes a transition."""
        alert, now = decision.alert, self.state.clock
        is_reminder = decision.transition in PAGING
        said = ending_of(decision.transition, alert, now, None if is_reminder else event_id)
        if said and not is_reminder:
            return said
        why = reasons_for(alert.cause, self.state, now, self._frame.budget.threshold, self._params)
        return (*said, *why)[:MAX_REASONS]

    def _alert(self, decision: Decision, reasons: tuple[Reason, ...]) -> None:
        """Write one transition of an alert, or why nobody is told."""
        frame = self._frame
        place = frame.partition, frame.position
        observed = evidence_of(self._key, self.state, decision, frame.before, place, self._params.aggregates)
        if observed is not None:
            self._outcome.observations.append(observed)
        if decision.rule is not None:
            self._outcome.suppressions.append(
                suppression_of(self._key, self.state, decision, decision.rule, frame.partition, frame.position)
            )
            return
        state, organisation = self.state, self._params.organisation
        posts = posts_of(decision.alert, state, organisation) if organisation.units else ()
        post = posts[0] if posts else None
        self._outcome.alerts.append(
            alert_of(self._key, state, decision, reasons, frame.partition, frame.position, frame.params_hash, post)
        )
