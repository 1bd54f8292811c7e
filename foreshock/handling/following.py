"""Follows what becomes of each alert that asks for a call, who has it, and what nobody was told of."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from foreshock.alerting.held import Tally
from schemas.alerts import ENDING, LEVELS, PAGING, TAKING, Alert, Transition
from schemas.suppressions import UNNUMBERED, Suppression

CALLING = LEVELS.index("yellow")
"""The lowest level that asks somebody to call."""

_HOUR_SECONDS = 3_600.0
_CLOSED_BY_PEOPLE: frozenset[Transition] = frozenset({"resolved", "dismissed"})


@dataclass(slots=True)
class Handled:
    """One alert that asked for a call, from when somebody was first told of it."""

    owner: str
    """Who was told first: the owner of the unit, or the unit where the organisation names nobody."""
    told_at: float
    """When, in seconds since 1970."""
    day: date
    """On which day, UTC."""
    sequence: int
    """Number of the last transition that was counted."""
    hours_to_take: float | None = None
    """From then until somebody took it, or closed it; None while nobody has."""
    end: Transition | None = None
    """How it ended; None while it is open."""
    lead_hours: float | None = None
    """From its opening to the complaint."""
    times_up: int = 0
    """How often it went one unit up."""


@dataclass(slots=True)
class Handling:
    """Follows alerts from yellow up, and what was held back; whatever comes twice counts once."""

    alerts: dict[str, Handled] = field(default_factory=dict)
    """Alert id to what became of it."""
    came_up: Counter[str] = field(default_factory=Counter)
    """Owner to how many alerts came up to them from a unit below."""
    held_back: Tally = field(default_factory=Tally)
    """Every record of what nobody was told, by rule."""
    capped: dict[str, str] = field(default_factory=dict)
    """Id of an alert from yellow up that found no room in its owner's day, to its unit."""
    untold: set[str] = field(default_factory=set)
    """Ids of alerts from yellow up that some rule has hidden for a time."""
    untold_complained: set[str] = field(default_factory=set)
    """Those whose customers complained while they were hidden."""
    _owners: dict[str, str] = field(default_factory=dict)
    _counted: set[str] = field(default_factory=set)

    def take(self, alert: Alert) -> None:
        """Take one transition that was told."""
        known = self.alerts.get(alert.alert_id)
        if known is None:
            if alert.transition not in PAGING or LEVELS.index(alert.level) < CALLING:
                return
            self._owners[alert.org_path] = owner = alert.owner or alert.org_path
            self.alerts[alert.alert_id] = Handled(owner, alert.at.timestamp(), alert.at.date(), alert.sequence)
        elif alert.sequence > known.sequence:
            known.sequence = alert.sequence
            self._follow(known, alert)

    def take_suppression(self, held_back: Suppression) -> None:
        """Take one decision that nobody was told of."""
        if held_back.identity in self._counted:
            return
        self._counted.add(held_back.identity)
        self.held_back.take(held_back)
        if LEVELS.index(held_back.level) < CALLING:
            return
        if held_back.rule not in UNNUMBERED:
            self.untold.add(held_back.alert_id)
        if held_back.rule == "complained_after" and held_back.alert_id in self.untold:
            self.untold_complained.add(held_back.alert_id)
        if held_back.rule == "capacity":
            self.capped[held_back.alert_id] = held_back.org_path

    def capped_by_owner(self) -> Counter[str]:
        """Return how many alerts found no room in whose day; a unit whose owner nobody named stands for itself."""
        return Counter(self._owners.get(unit, unit) for unit in self.capped.values())

    def _follow(self, known: Handled, alert: Alert) -> None:
        """Note what a transition makes of an alert that is known."""
        if alert.transition in TAKING | _CLOSED_BY_PEOPLE and known.hours_to_take is None:
            known.hours_to_take = (alert.at.timestamp() - known.told_at) / _HOUR_SECONDS
        if alert.transition == "escalated":
            known.times_up += 1
            self.came_up[alert.owner or alert.supervisor or alert.org_path] += 1
        if alert.transition in ENDING:
            known.end = alert.transition
        elif alert.transition == "reopened":
            known.end = None
        if alert.lead_seconds is not None:
            known.lead_hours = alert.lead_seconds / _HOUR_SECONDS
