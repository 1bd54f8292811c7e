"""The staff: they hear of alerts, keep in mind what they are going to do, and do it when its time has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from heapq import heappop, heappush
from typing import NamedTuple
from uuid import UUID, uuid5

from foreshock.staffing.habits import Habits
from foreshock.staffing.planning import Deed, plan
from models.intake import GIVEN
from schemas.actions import Action
from schemas.alerts import ENDING, PAGING, TAKING, Alert

_NAMESPACE = UUID("0c0b3a5e-4a8f-5b0f-8d0b-6a2a8c1f2a57")

_NOTES = {
    "dismissed": "模拟员工：误报 / simulated staff: a false alarm",
    "disagreed": "模拟员工：无须跟进 / simulated staff: no reason to act",
    "resolved": "模拟员工：已联系并办结 / simulated staff: the customer was called, and it is settled",
}
"""What they write, by action."""


def key_as_given(customer_key: str) -> str:
    """Name a customer whom only the key is known of, as every entrance takes it."""
    return f"{GIVEN}{customer_key}"


class _Planned(NamedTuple):
    """An alert that somebody is going to answer."""

    alert: Alert
    """As they heard of it."""
    by: str
    """Who."""


class Staff:
    """Simulated people who answer the alerts of a company.

    The same alerts and seed give the same actions, byte for byte. An alert that somebody else has taken is theirs; one
    that asks again (it rises, goes one unit up, lapses, wakes) is planned anew by whoever answers for it then.

    Parameters
    ----------
    seed
        Where chance comes from.
    habits
        What they are like.
    utc_offset_hours
        How far the company's clock is ahead of UTC.
    customer_id_of
        Customer key to the id that an action names; None where they do not know the customer and do nothing.
    """

    def __init__(
        self,
        seed: int,
        habits: Habits = Habits(),  # noqa: B008 - frozen
        utc_offset_hours: float = 0.0,
        customer_id_of: Callable[[str], str | None] = key_as_given,
    ) -> None:
        self._seed, self._habits, self._offset = seed, habits, utc_offset_hours
        self._customer_id_of = customer_id_of
        self._heard: dict[str, int] = {}
        self._planned: dict[str, _Planned] = {}
        self._due: list[tuple[datetime, str, int, Deed]] = []

    @property
    def due_at(self) -> datetime | None:
        """When the next thing is due; something that has become needless meanwhile may be."""
        return self._due[0][0] if self._due else None

    def hear(self, alert: Alert) -> None:
        """Hear of a transition: plan what to do, or drop what was planned; what comes twice counts once."""
        if alert.sequence <= self._heard.get(alert.alert_id, -1):
            return
        self._heard[alert.alert_id] = alert.sequence
        planned = self._planned.get(alert.alert_id)
        if alert.transition in PAGING:
            self._plan(alert)
        elif alert.transition in ENDING or (planned and alert.transition in TAKING and alert.by != planned.by):
            self._planned.pop(alert.alert_id, None)

    def actions(self, until: datetime) -> Iterator[Action]:
        """Yield what is due up to a moment, in order of time; each at its own."""
        while self._due and self._due[0][0] <= until:
            _, alert_id, sequence, deed = heappop(self._due)
            planned = self._planned.get(alert_id)
            if planned is not None and planned.alert.sequence == sequence:
                yield self._action(planned.alert, deed)

    def _plan(self, alert: Alert) -> None:
        """Keep in mind what is to be done about an alert, instead of what was to be done before."""
        self._planned.pop(alert.alert_id, None)
        deeds = plan(alert, self._habits, self._seed, self._offset)
        if deeds and self._customer_id_of(alert.customer_key) is not None:
            self._planned[alert.alert_id] = _Planned(alert, deeds[0].by)
            for deed in deeds:
                heappush(self._due, (deed.at, alert.alert_id, alert.sequence, deed))

    def _action(self, alert: Alert, deed: Deed) -> Action:
        """Write what somebody does, as a CRM would."""
        is_closed = deed.action == "resolved"
        return Action(
            event_id=str(uuid5(_NAMESPACE, f"{self._seed}|{alert.alert_id}|{alert.sequence}|{deed.action}")),
            occurred_at=deed.at,
            customer_id=self._customer_id_of(alert.customer_key) or key_as_given(alert.customer_key),
            tenant=alert.tenant,
            org_path=alert.org_path,
            policy_ref=alert.policy_ref,
            claim_ref=alert.claim_ref,
            action=deed.action,
            actor_ref=deed.by,
            actor_org=deed.unit,
            alert_id=alert.alert_id,
            until=deed.until,
            evidence_ref=f"CALL-{alert.alert_id[:8]}" if is_closed else None,
            note=_NOTES.get(deed.action),
        )
