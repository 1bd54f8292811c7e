"""Alerts about many customers at once: a branch, a product, a household."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, StringConstraints

from schemas.alerts import Cause, Level, Reason, derived_id
from schemas.types import Identifier, Message, OrgPath, Probability, UtcTime

GroupKind = Literal["unit", "product_line", "product", "household"]
GROUP_KINDS: tuple[GroupKind, ...] = get_args(GroupKind)
"""What customers of a group have in common."""

AggregateTransition = Literal["opened", "raised", "grown", "lowered", "expired"]
AGGREGATE_TRANSITIONS: tuple[AggregateTransition, ...] = get_args(AggregateTransition)
"""What can happen to an aggregate alert. `grown`: twice as many customers as when it was last told."""

OpenAggregate = tuple[GroupKind, Cause, Level]
"""What an open aggregate alert is about, and how urgent it is."""

MAX_MEMBERS = 20
"""Alerts that an aggregate alert names: what one person can look at before acting on the whole."""


def aggregate_id_of(tenant: str, by: GroupKind, key: str, cause: Cause, opened_at_seconds: float) -> str:
    """Derive the id of an aggregate alert from its group and when it opened: a replay gives the same.

    Parameters
    ----------
    tenant, by, key, cause
        The group.
    opened_at_seconds
        When it opened, in seconds since 1970-01-01 UTC.

    Returns
    -------
    str
        A UUID of version 5.
    """
    return derived_id(f"aggregate|{tenant}|{by}|{key}|{cause}|{opened_at_seconds:.3f}")


class AggregateAlert(Message):
    """One transition of an aggregate alert: our claim that something is wrong that many customers have in common."""

    aggregate_id: Identifier
    """Derived from the group and the opening time: the same under replay."""

    sequence: int = Field(ge=0)
    """Number of this transition within the alert, from 0 without gaps. (aggregate_id, sequence) is unique."""

    transition: AggregateTransition
    """What happened to it."""

    at: UtcTime
    """When: the end of the period that decided it."""

    opened_at: UtcTime
    """When it opened."""

    by: GroupKind
    """What its customers have in common."""

    key: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    """Which unit, line of business, product, or household (a pseudonym)."""

    cause: Cause
    """What the alerts of its customers are about."""

    level: Level
    """How urgent it now is; on `expired`, how urgent it was."""

    tenant: str
    """Whose customers."""

    org_path: OrgPath
    """The unit that serves all of them: the group itself, or the lowest above its customers."""

    customers: int = Field(ge=0)
    """Customers with such an alert within `days`, each counted once."""

    severe: int = Field(ge=0)
    """Those of them whose alert is orange or red."""

    days: float = Field(gt=0)
    """Length of the time that is counted over."""

    usual: float | None = Field(default=None, ge=0)
    """How many the group usually has in that time; missing for households."""

    chance: Probability | None = None
    """Probability of so many or more if everything were as usual; missing for households."""

    reasons: tuple[Reason, ...] = Field(max_length=5)
    """Why, with the numbers."""

    members: tuple[Identifier, ...] = Field(default=(), max_length=MAX_MEMBERS)
    """Ids of its most urgent alerts, then of the newest; at most 20."""

    params_hash: str
    """Hash of the parameters of aggregates in force."""

    @property
    def identity(self) -> str:
        """What names this transition, the same under replay."""
        return f"{self.aggregate_id}/{self.sequence}"
