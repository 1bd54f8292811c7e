"""Evidence to alerts: open, raise, hold, lower, end; one open alert per customer and cause."""

from __future__ import annotations

from dataclasses import dataclass

from models.alerting.evidence import NONE, YELLOW, evidence_at, supported_levels
from models.entries import OPEN, CoolDown, OpenAlert
from models.moments import DAY, NEVER
from models.params import Params
from models.state import CustomerState
from models.timers import patience, rest_due
from schemas.alerts import LEVELS, Transition, alert_id_of
from schemas.suppressions import Rule


@dataclass(frozen=True, slots=True)
class Decision:
    """One transition of one alert."""

    alert: OpenAlert
    """The alert after it."""
    transition: Transition
    """What happened."""
    by: str | None = None
    """Who made it happen; None where an event or time did."""
    because: str | None = None
    """What they said."""

    rule: Rule | None = None
    """Why nobody is told; None where somebody is."""
    author: str | None = None
    """Who made that rule, where a person did."""
    silence: str | None = None
    """Name of the silence."""
    until: float = NEVER
    """When the rule ends; `NEVER` where that is not a time."""


def asks_for_a_call(decision: Decision) -> bool:
    """Say whether an alert begins to ask somebody to call, which the budget is for; what the law asks has none."""
    return (
        decision.rule is None
        and decision.alert.cause != "statutory_clock"
        and decision.transition in ("opened", "raised", "told")
        and decision.alert.level >= YELLOW
    )


def decide(state: CustomerState, at: float, threshold: float, params: Params) -> list[Decision]:
    """Compare open alerts with the evidence: open, raise, keep, lower or end them.

    An alert rises at once. It falls, or expires, only after nothing has supported its level for `review_days`: what
    flickers does not page anybody twice. New evidence that changes nothing is a decision too: nobody is told.
    """
    supported = supported_levels(state, at, threshold, params)
    decisions: list[Decision] = []
    kept: list[OpenAlert] = []
    for alert in state.alerts:
        level = supported.pop(alert.cause, NONE)
        decision = _revised(state, alert, level, at, params)
        if decision is None:
            kept.append(_held(state, alert, level, at, decisions))
            continue
        decisions.append(decision)
        if decision.transition == "expired":
            close(state, decision.alert, at, params.policy.cool_down_days)
        else:
            kept.append(decision.alert)
    for cause, level in supported.items():
        newest_at = evidence_at(state, cause)
        closed = next((c for c in state.cool_downs if c.cause == cause), None)
        if _may_open(state, closed, newest_at, level, at):
            opened = OpenAlert(cause, state.alerts_opened, level, at, 0, at, newest_at)
            state.alerts_opened += 1
            kept.append(opened)
            decisions.append(Decision(opened, "opened"))
        elif closed is not None and closed.until > at and _is_new(state, closed, newest_at):
            decisions.append(_cooling(state, closed, newest_at, level))
    state.alerts = kept
    return decisions


def _revised(state: CustomerState, alert: OpenAlert, level: int, at: float, params: Params) -> Decision | None:
    """Return what becomes of an open alert, or None if it stays as it is."""
    is_higher = level > alert.level
    if not is_higher and (level == alert.level or at < alert.supported_at + patience(alert.cause, params) * DAY):
        if (alert.status or alert.snoozed_until) and at >= rest_due(alert, params):
            return _awake(alert, at if params.organisation.units else alert.tier_at)
        return None
    after = alert._replace(
        level=level, sequence=alert.sequence + 1, supported_at=at, evidence_at=evidence_at(state, alert.cause)
    )
    if is_higher:
        is_left_alone = level <= LEVELS.index(params.policy.snooze_up_to)
        until = after.snoozed_until if is_left_alone else NEVER
        began_at = at if params.organisation.units else alert.tier_at  # the clocks of the new level begin
        return Decision(after._replace(status=OPEN, status_at=NEVER, snoozed_until=until, tier_at=began_at), "raised")
    if level > NONE:
        return Decision(after, "lowered")
    return Decision(after._replace(level=alert.level), "expired")


def _awake(alert: OpenAlert, began_at: float) -> Decision:
    """Let an alert wake that was left alone, or lapse that somebody had and did nothing about; its clocks begin."""
    after = alert._replace(
        sequence=alert.sequence + 1, status=OPEN, status_at=NEVER, snoozed_until=NEVER, tier_at=began_at
    )
    return Decision(after, "woken" if alert.snoozed_until else "lapsed")


def _held(state: CustomerState, alert: OpenAlert, level: int, at: float, decisions: list[Decision]) -> OpenAlert:
    """Keep an alert as it stands, and note new evidence for it; not the model's score, which every event renews."""
    if level == alert.level:
        alert = alert._replace(supported_at=at)
    if (
        level > NONE
        and alert.cause != "complaint_risk"
        and (newest_at := evidence_at(state, alert.cause)) > (alert.evidence_at)
    ):
        alert = alert._replace(evidence_at=newest_at)
        decisions.append(Decision(alert, "opened", rule="dedup"))
    return alert


def _may_open(state: CustomerState, closed: CoolDown | None, newest_at: float, level: int, at: float) -> bool:
    """Say whether a cause may open: on evidence newer than its last end and the last complaint, later or worse."""
    if newest_at <= state.complained_at:
        return False
    return closed is None or (newest_at > closed.closed_at and (closed.until <= at or level > closed.level))


def _is_new(state: CustomerState, closed: CoolDown, newest_at: float) -> bool:
    """Say whether evidence for a closed cause was not noted yet; of the model's score only the first."""
    noted_at = max(closed.closed_at, closed.evidence_at, state.complained_at)
    is_score = closed.cause == "complaint_risk"
    return closed.number >= 0 and newest_at > noted_at and not (is_score and closed.evidence_at)


def _cooling(state: CustomerState, closed: CoolDown, newest_at: float, level: int) -> Decision:
    """Note evidence that would have opened a cause which was closed a short while ago."""
    state.cool_downs = [c._replace(evidence_at=newest_at) if c is closed else c for c in state.cool_downs]
    alert = OpenAlert(closed.cause, closed.number, level, closed.opened_at, closed.sequence, newest_at, newest_at)
    return Decision(alert, "opened", rule="cool_down", until=closed.until)


def close(state: CustomerState, alert: OpenAlert, at: float, days: float) -> None:
    """Remember that a cause was closed, in place of what was remembered of it."""
    others = [c for c in state.cool_downs if c.cause != alert.cause]
    state.cool_downs = [*others, _closed(alert, at, at + days * DAY, alert.level)]


def close_by_complaint(state: CustomerState, alert: OpenAlert) -> None:
    """Remember which alert ended with a complaint; what is remembered of how its cause cools down stays."""
    before = next((c for c in state.cool_downs if c.cause == alert.cause), None)
    others = [c for c in state.cool_downs if c is not before]
    if before is None:
        after = _closed(alert, state.complained_at, NEVER, NONE)
    else:
        at = max(before.closed_at, state.complained_at)
        after = _closed(alert, at, before.until, before.level)
    state.cool_downs = [*others, after]


def _closed(alert: OpenAlert, at: float, until: float, level: int) -> CoolDown:
    """Write what is remembered of an alert that ended."""
    return CoolDown(alert.cause, at, until, level, alert.number, alert.opened_at, alert.sequence, told=alert.told)


def id_of(customer_key: str, alert: OpenAlert) -> str:
    """Return the id of an open alert."""
    return alert_id_of(customer_key, alert.cause, alert.opened_at, alert.number)
