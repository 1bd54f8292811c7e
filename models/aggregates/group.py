"""One group: customers who have something in common, and an alert of the same cause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from models.aggregates.parameters import AggregateParams
from models.aggregates.usual import Usual
from schemas.aggregates import GroupKind
from schemas.alerts import LEVELS, Cause
from schemas.observations import Evidence


class GroupKey(NamedTuple):
    """What the customers of a group have in common."""

    tenant: str
    """Whose customers."""
    by: GroupKind
    """What kind of thing."""
    key: str
    """Which one."""
    cause: Cause
    """What their alerts are about."""


class Member(NamedTuple):
    """One customer of a group, by the newest alert that counts."""

    period: int
    """When it last opened or rose."""
    alert_id: str
    """The alert."""
    level: int
    """How urgent it was then, an index into `LEVELS`."""
    unit: str
    """The unit that served the customer."""


class Standing(NamedTuple):
    """An aggregate alert that has not ended."""

    opened: int
    """Period that opened it."""
    sequence: int
    """Number of its last transition."""
    level: int
    """Index into `LEVELS`."""
    told: int
    """How many customers there were when it was last told."""
    unit: str
    """The lowest unit above its customers when it was last told."""
    calm_since: int = -1
    """First period that did not support its level any more; -1 while it is supported."""


@dataclass(slots=True)
class Group:
    """What is remembered of a group."""

    members: dict[str, Member] = field(default_factory=dict)
    """Customer key to their newest alert within the time that is counted over."""
    usual: Usual | None = None
    """What was before that; None where nothing is compared."""
    standing: Standing | None = None
    """The aggregate alert that has not ended; None where there is none."""
    seen: int = -1
    """Last period that was decided: what comes again changes nothing."""

    def pass_by(self, period: int, span: int, half_life: float) -> bool:
        """Let members leave who were before the `span` periods that end with `period`; say whether any did."""
        begins = period - span + 1
        gone = sorted(key for key, member in self.members.items() if member.period < begins)
        if gone and self.usual is not None:
            count = self.usual.as_of(begins, half_life)
            for key in gone:
                count += Usual(1.0, self.members[key].period).as_of(begins, half_life)
            self.usual = Usual(count, begins)
        for key in gone:
            del self.members[key]
        return bool(gone)

    def take(self, period: int, evidence: Iterable[Evidence], remembered: int) -> None:
        """Count a period's evidence, whatever its order was.

        Parameters
        ----------
        period
            The period.
        evidence
            What was observed in it.
        remembered
            Most members; those who came first give way.
        """
        for each in sorted(evidence, key=_in_order):
            if each.transition == "dismissed":
                self._take_back(each.alert_id)
            else:
                level = LEVELS.index(each.level)
                self.members[each.customer_key] = Member(period, each.alert_id, level, each.org_path)
        if len(self.members) > remembered:
            newest = sorted(self.members, key=lambda key: (self.members[key].period, key), reverse=True)
            self.members = {key: self.members[key] for key in newest[:remembered]}

    def unit(self) -> str:
        """Return the lowest unit above all customers; of nobody, what it was when people last heard of it."""
        if not self.members and self.standing is not None:
            return self.standing.unit
        return common_unit(member.unit for member in self.members.values())

    def _take_back(self, alert_id: str) -> None:
        """Count an alert no more."""
        self.members = {key: member for key, member in self.members.items() if member.alert_id != alert_id}


def common_unit(units: Iterable[str]) -> str:
    """Return the lowest unit above all of these; head office where they have none in common.

    Examples
    --------
    >>> common_unit(["HQ/South/Shenzhen", "HQ/South/Zhuhai"])
    'HQ/South'
    """
    paths = [unit.split("/") for unit in units]
    shared = []
    for steps in zip(*paths, strict=False):
        if len(set(steps)) > 1:
            break
        shared.append(steps[0])
    return "/".join(shared) or "HQ"


def _in_order(evidence: Evidence) -> tuple[str, datetime, int, int, int, str, int]:
    """Order what happened to one customer as it happened; between customers any fixed order does.

    Positions alone do not tell, because a journal with another number of partitions counts them anew.
    """
    (_, offset, line), level = evidence.position, LEVELS.index(evidence.level)
    return evidence.customer_key, evidence.clock, offset, line, evidence.sequence, evidence.alert_id, level


def keys_of(evidence: Evidence, params: AggregateParams) -> list[GroupKey]:
    """Name the groups that evidence counts for."""
    named: dict[GroupKind, str | None] = {
        "unit": evidence.org_path,
        "product_line": evidence.product_line,
        "product": evidence.product_id,
        "household": evidence.household_ref,
    }
    cause = evidence.cause
    return [
        GroupKey(evidence.tenant, by, key, cause)
        for by in params.kinds
        if (key := named[by]) and (by == "household" or cause not in params.uncompared)
    ]
