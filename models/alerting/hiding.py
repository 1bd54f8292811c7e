"""Who is told: silences, alerts that are left alone, and the red alert that hides its yellow ones.

What asks somebody to look and matches a rule is held back; so is all further news of that alert until it is told. Only
the end of an alert that was told before is always told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from models.alerting.capacity import Room
from models.alerting.deciding import Decision
from models.alerting.evidence import RED, YELLOW
from models.entries import OPEN, OpenAlert
from models.moments import NEVER
from models.params import Params
from models.partition import Silence
from models.state import CustomerState
from schemas.alerts import ENDING, LEVELS, PAGING
from schemas.suppressions import Rule

_ASKING = frozenset({"opened", "raised", "reopened"})
"""Transitions that ask for a part of an owner's day; a reminder does not."""


class _Held(NamedTuple):
    """Why an alert is not told."""

    rule: Rule
    author: str | None = None
    silence: str | None = None
    until: float = NEVER


def withhold(
    state: CustomerState,
    decisions: list[Decision],
    at: float,
    silences: Sequence[Silence],
    params: Params,
    room: Room | None = None,
) -> list[Decision]:
    """Say of each decision whether somebody is told, and tell what was hidden and no rule hides any more.

    Parameters
    ----------
    state
        Its open alerts are changed: each remembers whether it is hidden.
    decisions
        What was decided in this look, in order.
    at
        Time of the look, in seconds since 1970.
    silences
        What people asked not to be told.
    params
        How to decide.
    room
        What is left of the owners' day; None where no day has an end.

    Returns
    -------
    list of Decision
        The same with their rules, and what is told now.
    """
    if not decisions and not any(alert.hidden for alert in state.alerts):
        return decisions
    return _Look(state, at, silences, params, room).over(decisions)


class _Look:
    """One look at who is told of the alerts of one customer."""

    def __init__(
        self, state: CustomerState, at: float, silences: Sequence[Silence], params: Params, room: Room | None
    ) -> None:
        self._state, self._at, self._silences, self._params, self._room = state, at, silences, params, room
        self._has_red = False
        self._standing: dict[int, OpenAlert] = {}

    def over(self, decisions: list[Decision]) -> list[Decision]:
        """Look at every decision, then at what is hidden."""
        pages = {each.alert.number for each in decisions if each.rule is None and each.transition in PAGING}
        self._has_red = self._params.policy.inhibit and any(
            alert.level == RED and (self._asked(alert) is None if alert.hidden or alert.number in pages else True)
            for alert in self._state.alerts
        )
        told = [self._decided(each) for each in decisions]
        alerts: list[OpenAlert] = []
        for alert in self._state.alerts:
            known = self._standing.get(alert.number, alert)
            alert = alert._replace(hidden=known.hidden, hidden_until=known.hidden_until, told=known.told)
            if alert.hidden and alert.status == OPEN and alert.number not in pages:
                alert = self._looked_at(alert, told)
            alerts.append(alert)
        self._state.alerts = alerts
        return told

    def _decided(self, decision: Decision) -> Decision:
        """Say whether one decision is told."""
        if decision.rule is not None:
            return decision
        alert = decision.alert
        before = self._standing.get(alert.number, alert)
        if decision.transition == "escalated":  # whoever holds it now was never told
            return decision
        if decision.transition in PAGING:
            was_told = before.told and decision.transition != "opened"
            asks = decision.transition in _ASKING or bool(before.hidden)
            held = self._rule_of(alert) or (self._no_room_for(alert) if asks else None)
            alert = _marked(alert, held)._replace(told=was_told or held is None)
        elif not before.hidden:
            return decision
        elif decision.transition in ENDING and before.told:
            alert, held = alert._replace(told=True), None
        else:
            alert = alert._replace(hidden=before.hidden, hidden_until=before.hidden_until, told=before.told)
            held = self._rule_of(alert) or _Held(before.hidden, until=before.hidden_until)  # type: ignore[arg-type]
        self._standing[alert.number] = alert
        return replace(decision, alert=alert) if held is None else _held_back(decision, alert, held)

    def _looked_at(self, alert: OpenAlert, told: list[Decision]) -> OpenAlert:
        """Tell of a hidden alert that no rule hides any more."""
        held = self._rule_of(alert) or self._no_room_for(alert)
        if held is not None:
            return _marked(alert, held)
        began_at = self._at if self._params.organisation.units else alert.tier_at
        alert = alert._replace(sequence=alert.sequence + 1, hidden="", hidden_until=NEVER, told=True, tier_at=began_at)
        told.append(Decision(alert, "told"))
        return alert

    def _rule_of(self, alert: OpenAlert) -> _Held | None:
        """Return the rule by which an alert is not told."""
        if (asked := self._asked(alert)) is not None:
            return asked
        return _Held("inhibit") if self._has_red and alert.level <= YELLOW else None

    def _no_room_for(self, alert: OpenAlert) -> _Held | None:
        """Take what an alert needs of its owner's day, or say that it does not fit."""
        until = NEVER if self._room is None else self._room.take(alert)
        return _Held("capacity", until=until) if until else None

    def _asked(self, alert: OpenAlert) -> _Held | None:
        """Return what a person asked for: that the alert be left alone, or silence."""
        if alert.snoozed_until > self._at and alert.level <= LEVELS.index(self._params.policy.snooze_up_to):
            return _Held("snooze", alert.assignee or None, until=alert.snoozed_until)
        for silence in self._silences:
            if silence.until > self._at and _matches(silence, alert, self._state):
                return _Held("silence", silence.by, silence.name, silence.until)
        return None


def _matches(silence: Silence, alert: OpenAlert, state: CustomerState) -> bool:
    """Say whether a silence is about an alert of a customer: it must match all that is given."""
    path, unit = silence.org_path, state.org_path
    return (
        alert.level <= silence.level
        and (not silence.causes or alert.cause in silence.causes)
        and (not path or unit == path or unit.startswith(f"{path}/"))
        and silence.product_line in ("", state.product_line)
        and silence.product_id in ("", state.product_id)
    )


def _marked(alert: OpenAlert, held: _Held | None) -> OpenAlert:
    """Remember why an alert is not told, or that it is."""
    if held is None:
        return alert._replace(hidden="", hidden_until=NEVER)
    return alert._replace(hidden=held.rule, hidden_until=held.until)


def _held_back(decision: Decision, alert: OpenAlert, held: _Held) -> Decision:
    """Write the rule that holds a decision back."""
    return replace(decision, alert=alert, rule=held.rule, author=held.author, silence=held.silence, until=held.until)
