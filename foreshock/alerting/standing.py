"""How alerts stand: their transitions folded, whatever order and however often they come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from schemas.alerts import ENDING, PAGING, TAKING, Alert, Status

Standing = Status
"""How far people are with an alert, whatever version wrote its transitions."""


class Seen(NamedTuple):
    """One alert, as its transitions so far leave it."""

    newest: Alert
    """The transition with the highest number."""
    risen: int
    """Number of the transition by which it last opened or rose."""
    acknowledged: int
    """Number of the last acknowledgement; -1 where there is none."""

    @property
    def standing(self) -> Standing:
        """Whether it waits for somebody, somebody has it, or it is over; what rises is nobody's again."""
        if self.newest.transition in ENDING:
            return "ended"
        if self.newest.status != "open":
            return self.newest.status
        return "acknowledged" if self.acknowledged > self.risen else "open"

    def after(self, alert: Alert) -> Seen:
        """Take in a transition of the same alert."""
        risen = max(self.risen, alert.sequence if alert.transition in PAGING else -1)
        acknowledged = max(self.acknowledged, alert.sequence if alert.transition in TAKING else -1)
        return Seen(alert if alert.sequence > self.newest.sequence else self.newest, risen, acknowledged)


@dataclass(slots=True)
class Board:
    """All open alerts, and the last numbers of those that ended: memory grows with alerts, not with transitions."""

    open: dict[str, Seen] = field(default_factory=dict)
    """By alert id."""
    newest_at: datetime | None = None
    """The latest time of any transition: how late it is by the events."""
    _ended: dict[str, int] = field(default_factory=dict)

    @property
    def told(self) -> set[str]:
        """Ids of all alerts that the topic knows of."""
        return self.open.keys() | self._ended.keys()

    def take(self, alert: Alert) -> None:
        """Take in a transition; one that comes again, or late, changes nothing."""
        self.newest_at = max(self.newest_at or alert.at, alert.at)
        if alert.sequence <= self._ended.get(alert.alert_id, -1):
            return
        seen = self.open.pop(alert.alert_id, Seen(alert, -1, -1)).after(alert)
        if seen.standing == "ended":
            self._ended[alert.alert_id] = alert.sequence
        else:
            self.open[alert.alert_id] = seen


class Described(Protocol):
    """What is asked of an alert, told or not."""

    @property
    def org_path(self) -> str:
        """The unit that last served the customer."""

    @property
    def level(self) -> str:
        """How urgent it is."""

    @property
    def cause(self) -> str:
        """What it is about."""

    @property
    def customer_key(self) -> str:
        """The pseudonymous key."""

    @property
    def opened_at(self) -> datetime:
        """When it opened."""


class Wanted(NamedTuple):
    """Which alerts are meant."""

    units: tuple[str, ...] = ()
    """Only of these units and those below them; empty means any."""
    levels: frozenset[str] = frozenset()
    """Only of these levels; empty means any."""
    causes: frozenset[str] = frozenset()
    """Only of these causes; empty means any."""
    customer: str | None = None
    """Only of this customer key."""
    opened_before: datetime | None = None
    """Only those that had opened by then."""
    opened_after: datetime | None = None
    """Only those that opened later than that."""

    def takes(self, alert: Described) -> bool:
        """Whether an alert is meant."""
        return all(self._answers(alert))

    def holds_unit(self, org_path: str) -> bool:
        """Whether a unit is one of those wanted, or below one.

        Examples
        --------
        >>> Wanted(units=("HQ/Guangdong",)).holds_unit("HQ/Guangdong/Shenzhen")
        True
        >>> Wanted(units=("HQ/Guang",)).holds_unit("HQ/Guangdong/Shenzhen")
        False
        """
        return not self.units or any(org_path == unit or org_path.startswith(f"{unit}/") for unit in self.units)

    def _answers(self, alert: Described) -> Iterator[bool]:
        """Ask each question."""
        yield self.holds_unit(alert.org_path)
        yield not self.levels or alert.level in self.levels
        yield not self.causes or alert.cause in self.causes
        yield self.customer is None or alert.customer_key == self.customer
        yield self.opened_before is None or alert.opened_at <= self.opened_before
        yield self.opened_after is None or alert.opened_at > self.opened_after
