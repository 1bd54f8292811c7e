"""What the core says outward: beliefs, alerts and examples, as messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from models.alerting.deciding import Decision, id_of
from models.alerting.receipts import RESULTS, SENTENCES
from models.features import CONTRIBUTORS
from models.labels.waiting import Learnt, horizons_of
from models.ledgers.booking import Move
from models.observing.surveys import rating_of
from models.organisation import Post
from models.packing import unpacked_buckets, unpacked_numbers
from models.state import CustomerState
from models.text.tokens import tokens
from schemas.actions import Action
from schemas.alerts import ENDING, LEVELS, STAGES, STATUSES, Alert, Explanation, Reason, Risk
from schemas.events import Survey
from schemas.examples import RiskExample, Shadow, Source, SpokenTurn, TextExample
from schemas.ledgers import LedgerEntry
from schemas.receipts import Receipt, ReceiptCode
from schemas.suppressions import Rule, Suppression
from schemas.types import Position


def moment_of(seconds: float) -> datetime:
    """Turn seconds since 1970 into a time."""
    return datetime.fromtimestamp(seconds, UTC)


def risk_of(key: str, state: CustomerState, partition: int, params_hash: str) -> Risk:
    """Say what is believed about a customer; the same state gives the same message."""
    return Risk.trusted(
        customer_key=key,
        tenant=state.tenant,
        org_path=state.org_path,
        at=moment_of(state.scored_at),
        stage=STAGES[state.stage],
        stage_entered_at=moment_of(state.stage_at),
        level=LEVELS[max((alert.level for alert in state.alerts), default=0)],
        probability_7d=state.probability_7d,
        probability_30d=state.probability_30d,
        cold=state.cold,
        explanation=explanation_of(state),
        sentiment=state.slow,
        dissatisfaction=state.dissatisfaction,
        handover=state.handover,
        needs_person=state.needs_person,
        heat=state.heat,
        evidence=tuple(state.evidence),
        snapshot=state.snapshot,
        params_hash=params_hash,
        position=(partition, state.offset, state.line),
    )


def alert_of(
    key: str,
    state: CustomerState,
    decision: Decision,
    reasons: tuple[Reason, ...],
    partition: int,
    position: Position,
    params_hash: str,
    post: Post | None,
) -> Alert:
    """Say one transition of an alert, as of the customer's own time; `post` answers for it."""
    alert = decision.alert
    return Alert.trusted(
        alert_id=id_of(key, alert),
        sequence=alert.sequence,
        transition=decision.transition,
        at=moment_of(state.clock),
        opened_at=moment_of(alert.opened_at),
        cause=alert.cause,
        level=LEVELS[alert.level],
        customer_key=key,
        tenant=state.tenant,
        org_path=state.org_path,
        stage=STAGES[state.stage],
        probability_7d=state.probability_7d,
        probability_30d=state.probability_30d,
        reasons=reasons,
        explanation=explanation_of(state),
        policy_ref=state.policy_ref,
        claim_ref=state.claim_ref,
        product_line=state.product_line or None,
        product_id=state.product_id or None,
        household_ref=state.household_ref or None,
        vulnerable=bool(state.drivers),
        status="ended" if decision.transition in ENDING else STATUSES[alert.status],
        assignee=alert.assignee or None,
        supervisor=post.path if post else None,
        owner=post.owner if post else None,
        snoozed_until=moment_of(alert.snoozed_until) if alert.snoozed_until else None,
        by=decision.by,
        because=decision.because,
        lead_seconds=state.clock - alert.opened_at if decision.transition == "complained" else None,
        snapshot=state.snapshot,
        params_hash=params_hash,
        position=(partition, *position),
    )


def suppression_of(
    key: str, state: CustomerState, decision: Decision, rule: Rule, partition: int, position: Position
) -> Suppression:
    """Say one decision that nobody is told, as of the customer's own time."""
    alert = decision.alert
    return Suppression.trusted(
        alert_id=id_of(key, alert),
        sequence=alert.sequence,
        transition=decision.transition,
        rule=rule,
        author=decision.author,
        silence=decision.silence,
        until=moment_of(decision.until) if decision.until else None,
        customer_key=key,
        tenant=state.tenant,
        org_path=state.org_path,
        cause=alert.cause,
        product_line=state.product_line or None,
        product_id=state.product_id or None,
        level=LEVELS[alert.level],
        at=moment_of(state.clock),
        position=(partition, *position),
    )


def receipt_of(
    key: str, action: Action, alert_id: str, code: ReceiptCode, at: float, partition: int, position: Position
) -> Receipt:
    """Answer an action that names an alert; `at` is in seconds since 1970."""
    return Receipt.trusted(
        event_id=action.event_id,
        alert_id=alert_id,
        customer_key=key,
        result=RESULTS.get(code, "refused"),
        code=code,
        text=SENTENCES[code],
        at=moment_of(at),
        position=(partition, *position),
    )


def entry_of(key: str, state: CustomerState, move: Move, partition: int, position: Position) -> LedgerEntry:
    """Say one move of the ledger."""
    return LedgerEntry.trusted(
        kind=move.kind,
        state=move.state,
        event_id=move.event_id,
        ref=move.ref or None,
        opened_at=moment_of(move.opened_at),
        due_at=moment_of(move.due_at),
        at=moment_of(move.at),
        bad=move.bad,
        reason=move.reason,
        by=move.by,
        closed_by=move.closed_by,
        customer_key=key,
        tenant=state.tenant,
        org_path=state.org_path,
        position=(partition, *position),
    )


def risk_example_of(key: str, learnt: Learnt, state: CustomerState, source: Source, epoch: str) -> RiskExample:
    """Say what is new about a prediction; `source` and `epoch` say where in which journal."""
    prediction = learnt.prediction
    predicted_at = moment_of(prediction.at)
    return RiskExample.trusted(
        kind="risk",
        source=source,
        epoch=epoch,
        customer_key=key,
        phase=learnt.phase,
        horizons=learnt.horizons,
        waits_for=horizons_of(prediction),
        label=learnt.label,
        censored_by=learnt.censored_by,
        weight=prediction.weight,
        probability_7d=prediction.probability_7d,
        probability_30d=prediction.probability_30d,
        score_7d=prediction.score_7d,
        score_30d=prediction.score_30d,
        learner=prediction.learner,
        shadow=_shadow_of(prediction.shadow),
        level=prediction.level,
        channel=prediction.channel,
        elder="elder" in state.drivers,
        language=state.language,
        snapshot=prediction.snapshot,
        predicted_at=predicted_at,
        released_at=predicted_at if learnt.at == prediction.at else moment_of(learnt.at),
        lead_seconds=prediction.complained_at - prediction.at if learnt.label else None,
        dense=unpacked_numbers(prediction.dense),
        hashed=unpacked_buckets(prediction.hashed),
    )


def _shadow_of(values: Sequence[Any]) -> Shadow | None:
    """Name what the line in the shadow said."""
    return Shadow.trusted(**dict(zip(_OF_A_SHADOW, values, strict=True))) if values else None


_OF_A_SHADOW = tuple(Shadow.model_fields)


def explanation_of(state: CustomerState) -> Explanation | None:
    """Return the parts of the score; None before the models have looked."""
    if not state.contributions:
        return None
    usual = state.usual or (0.0,) * len(CONTRIBUTORS)
    named = [(name, *both) for name, *both in zip(CONTRIBUTORS, state.contributions, usual, strict=True)]
    # Where no law's clock runs nothing is said of it: alerts stay as they were before there were packs.
    told = [each for each in named if each[0] != "clocks" or any(each[1:])]
    return Explanation.trusted(
        base=state.base,
        contributions={name: adds for name, adds, _ in told},
        usual={name: adds for name, _, adds in told},
    )


def comment_example_of(survey: Survey, source: Source, epoch: str) -> TextExample | None:
    """Join a comment with the rating that came with it; None where one of them is missing."""
    rating = rating_of(survey)
    if rating is None or not survey.comment:
        return None
    turns = (SpokenTurn(is_customer=True, codes=tuple(tokens(survey.comment))),)
    return TextExample(source=source, epoch=epoch, turns=turns, rating=rating, released_at=survey.occurred_at)


def conversation_example_of(
    state: CustomerState, rating: float | None, at: float, source: Source, epoch: str
) -> TextExample | None:
    """Join the conversation that is kept with its rating and its marks; None where there is nothing to learn."""
    if state.conversation is None or (rating is None and not state.needed):
        return None
    turns = tuple(SpokenTurn(is_customer=t.is_customer, codes=tuple(t.codes)) for t in state.conversation.turns())
    # The oldest turns of a long conversation are forgotten, and their marks with them.
    needed = tuple(_MARKS[mark] for mark in state.needed[-len(turns) :]) if state.needed else None
    return TextExample(source=source, epoch=epoch, turns=turns, rating=rating, needed=needed, released_at=moment_of(at))


_MARKS = {"1": True, "0": False, "-": None}
