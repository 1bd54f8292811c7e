"""When many customers' alerts become one about what they have in common: the section `aggregates` of the parameters."""

from __future__ import annotations

import hashlib
from typing import Self

import orjson
from pydantic import Field, model_validator

from models.parameters.section import Section
from schemas.aggregates import GROUP_KINDS, GroupKind
from schemas.alerts import Cause, Level


class GroupParams(Section):
    """How many customers of a group in how much time are too many."""

    customers: int = Field(ge=2)
    """Fewest customers, each with an alert of the same cause within `days`, that open an aggregate alert."""

    days: float = Field(gt=0, le=60)
    """Time that is counted over."""

    keep: int = Field(ge=1)
    """Fewest that keep it open. Below `customers`, so that one who comes and goes opens nothing twice."""

    @model_validator(mode="after")
    def _hysteresis(self) -> Self:
        """Refuse an exit above the entry."""
        if self.keep > self.customers:
            raise ValueError("keep must not be above customers")
        return self


class AggregateParams(Section):
    """When alerts of many customers become one about what they have in common."""

    kinds: tuple[GroupKind, ...] = GROUP_KINDS
    """What customers are grouped by."""

    evidence_level: Level = "yellow"
    """Lowest level of an alert that counts: what somebody would be asked to call about."""

    period_hours: float = Field(default=1.0, gt=0, le=24)
    """Time is counted, and decided about, in periods of this length: soon enough to act on, and few enough that every
    partition can say when one is over."""

    unit: GroupParams = GroupParams(customers=5, days=7, keep=3)
    """Customers whom one unit serves. Five within a week are no coincidence at a branch that has one a month."""

    product_line: GroupParams = GroupParams(customers=8, days=7, keep=5)
    """Customers of one line of business."""

    product: GroupParams = GroupParams(customers=8, days=7, keep=5)
    """Customers of one product: more than in a unit, because products are sold everywhere."""

    household: GroupParams = GroupParams(customers=2, days=30, keep=2)
    """Customers of one household. Two are enough: they talk, and whoever calls one should know of the other."""

    improbable: float = Field(default=0.001, gt=0, lt=1)
    """A unit or product also needs a count whose chance is below this, if all were as usual: a large branch has five a
    week for no reason. 500 branches are compared every week, so 1 % would be five false alarms a week."""

    orange_below: float = Field(default=0.00001, gt=0, lt=1)
    """A chance below this is orange, however mild the single alerts are."""

    calm_above: float = Field(default=0.05, gt=0, lt=1)
    """A count whose chance is above this is as usual again. Well above `improbable`, so that nothing flaps."""

    calm_hours: float = Field(default=24.0, ge=0)
    """How long a level, or an aggregate alert, must have been unsupported before it falls or ends: a whole day, because
    nights are quiet."""

    usual_half_life_days: float = Field(default=90.0, gt=0)
    """Half-life of what is usual: a season."""

    usual_prior: float = Field(default=0.25, gt=0)
    """Customers that an unknown group is thought to have within `days`."""

    usual_prior_weight: float = Field(default=1.0, gt=0)
    """How many times `days` that belief counts for: after two of them what was seen counts more."""

    uncompared: tuple[Cause, ...] = ("complaint_risk",)
    """Causes that are not counted for units and products. The model's alerts follow its budget and its snapshots: when
    it begins to warn, or warns of others, that is news of the model and not of a branch."""

    warm_up_days: float = Field(default=28.0, ge=0)
    """Nothing opens for a unit or product before so much time was seen: without some weeks to compare with, every large
    branch would be improbable, and in its first weeks a new installation finds more every day."""

    grown_by: float = Field(default=2.0, gt=1)
    """People hear of it again when there are so many times as many customers as when they last did."""

    remembered: int = Field(default=1_000, ge=20, le=4_000)
    """Most customers remembered per group, the newest: a row of 110 KB. Beyond them the count stands still."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        """Refuse thresholds that are not in their order."""
        if not self.orange_below <= self.improbable < self.calm_above:
            raise ValueError("orange_below, improbable and calm_above must ascend")
        return self

    @property
    def period_seconds(self) -> float:
        """Length of a period."""
        return self.period_hours * 3_600.0

    def period_of(self, at: float) -> int:
        """Number the period that a time lies in; it is in seconds since 1970."""
        return int(at // self.period_seconds)

    def of(self, by: GroupKind) -> GroupParams:
        """Return the parameters of one kind of group."""
        found: GroupParams = getattr(self, by)
        return found

    def periods(self, hours: float) -> int:
        """Return how many whole periods make up so many hours; at least one."""
        return max(1, round(hours / self.period_hours))

    def digest(self) -> str:
        """Return 12 hexadecimal digits that change when any parameter of aggregates does."""
        return hashlib.sha256(orjson.dumps(self.model_dump(), option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]
