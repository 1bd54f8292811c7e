"""The insurer's staff: simulated people who look at their unit's alerts and take most of them, after a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from heapq import heappop, heappush
from random import Random
from uuid import UUID, uuid5

from foreshock.handling import CALLING
from foreshock.simulate.emission import Emission
from schemas.actions import Action
from schemas.alerts import ENDING, LEVELS, PAGING, Alert
from schemas.codec import encode

SLEEPING_SHARE = 0.2
"""Units that never look: somebody above them has to."""

TAKEN_SHARE = 0.85
"""Alerts that the others take; the rest goes under."""

MEDIAN_HOURS, SPREAD = 6.0, 0.8
"""How long it takes them: half of them within so many hours, the rest log-normally later."""

_NAMESPACE = UUID("0c0b3a5e-4a8f-5b0f-8d0b-6a2a8c1f2a57")


class Staff:
    """Answers alerts at the pace of people in the simulated world's time.

    They acknowledge and do no more: what the insurer does for a customer, and how the customer takes it, is the
    simulated world's own affair.

    Parameters
    ----------
    seed
        Where chance comes from: the same alerts are answered after the same time.
    customer_ids
        Customer key to customer id: whom staff know by name.
    """

    def __init__(self, seed: int, customer_ids: Mapping[str, str]) -> None:
        self._seed = seed
        self._customer_ids = customer_ids
        self._due: list[tuple[datetime, str, int]] = []
        self._waiting: dict[str, Alert] = {}

    def take(self, alert: Alert) -> None:
        """Hear of a transition: plan an answer, or drop the plan for an alert that has ended."""
        if alert.transition in ENDING:
            self._waiting.pop(alert.alert_id, None)
        elif alert.transition in PAGING and LEVELS.index(alert.level) >= CALLING and self._answers(alert):
            chance = self._chance(f"{alert.alert_id}|{alert.sequence}")
            hours = MEDIAN_HOURS * chance.lognormvariate(0.0, SPREAD)
            self._waiting[alert.alert_id] = alert
            heappush(self._due, (alert.at + timedelta(hours=hours), alert.alert_id, alert.sequence))

    def answers(self, until: datetime) -> Iterator[Emission]:
        """Give the answers that are due, as of now: people cannot answer before they could see."""
        while self._due and self._due[0][0] <= until:
            _, alert_id, sequence = heappop(self._due)
            alert = self._waiting.get(alert_id)
            if alert is not None and alert.sequence == sequence:
                del self._waiting[alert_id]
                yield self._answer(alert, until)

    def _answers(self, alert: Alert) -> bool:
        """Say whether anybody in the unit will take the alert."""
        if alert.customer_key not in self._customer_ids:
            return False
        is_awake = self._chance(alert.org_path).random() >= SLEEPING_SHARE
        return is_awake and self._chance(alert.alert_id).random() < TAKEN_SHARE

    def _answer(self, alert: Alert, at: datetime) -> Emission:
        """Write that somebody has taken it."""
        customer_id = self._customer_ids[alert.customer_key]
        action = Action(
            event_id=str(uuid5(_NAMESPACE, f"{alert.alert_id}|{alert.sequence}")),
            occurred_at=at,
            customer_id=customer_id,
            tenant=alert.tenant,
            org_path=alert.org_path,
            action="acknowledged",
            actor_ref="staff",
            alert_id=alert.alert_id,
        )
        return Emission(at, "actions", encode(action), customer_id.encode(), action)

    def _chance(self, name: str) -> Random:
        """Return the chance that belongs to a name."""
        return Random(f"{self._seed}|{name}")
