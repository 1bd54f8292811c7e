"""Which predictions become examples, and when their labels are believed: the section `labels` of the parameters."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from models.parameters.section import Section

ProtocolName = Literal["matured", "provisional", "instalments", "weighted"]
"""When a label may be believed; `models.labels` has one strategy each."""

LabelUnit = Literal["customer", "case"]
"""What a complaint is an answer to."""


class LabelParams(Section):
    """Which predictions become examples, and when their labels are believed."""

    protocol: ProtocolName = "instalments"
    """When a label may be believed: `matured` holds both classes until the horizon ends; `provisional` learns at once
    that no complaint came, and takes that back when one does; `instalments` does so bit by bit, as the quiet lasts;
    `weighted` corrects `provisional` by importance weights."""

    instalments: tuple[float, float] = (0.3, 0.4)
    """Shares of a negative that `instalments` learns at the prediction and when the short horizon has ended; the rest
    follows at the end of the long one. The short model learns the rest when the short horizon ends."""

    short_days: float = Field(default=7.0, gt=0)
    """Length of the horizon that messages call 7d. Other lengths are for data of another kind: a fine is appealed
    within half a year."""

    long_days: float = Field(default=30.0, gt=0)
    """Length of the horizon that messages call 30d."""

    grace_days: float = Field(default=7.0, ge=0)
    """How long after the longer horizon a late record of a complaint still corrects its label."""

    pending: int = Field(default=4, ge=1, le=8)
    """Predictions per customer that wait for the end of the short horizon: bounds the row, and stops loud customers
    from dominating."""

    thinning: float = Field(default=0.5, gt=0, le=1)
    """From the third that waits on, each multiplies the next one's chance of being kept by this; one that is kept
    stands for as many as its chance says."""

    spacing_days: float = Field(default=1.0, ge=0)
    """Least time between two kept predictions of one customer: closer ones say the same."""

    long_spacing_days: float = Field(default=7.0, ge=0)
    """Least time between two that also wait for the end of the long horizon."""

    unit: LabelUnit = "customer"
    """Which predictions a complaint answers: all that wait about its `customer`, or, where both name one, only those
    made after an event of the same `case`. By customer, unless one customer has several cases at once and a complaint
    is about one of them: the quiet of the others is then no fault of the model."""

    deeds: tuple[str, ...] = ()
    """After which deeds predictions become examples, such as `claim:Resolved`; empty for all. For companies whose
    complaints answer one step only, and whose other steps are many: what is learned from them blurs the one."""

    intervened_share: float = Field(default=0.5, ge=0, le=1)
    """How much of a negative stays learned where somebody acted in between: nobody knows whether the customer would
    have complained. 0 forgets it, 1 takes it as clean."""

    @model_validator(mode="after")
    def _ordered(self) -> LabelParams:
        """Refuse horizons that are not in order."""
        if self.short_days >= self.long_days:
            raise ValueError("short_days must be below long_days")
        if min(self.instalments) < 0 or sum(self.instalments) > 1:
            raise ValueError("instalments must be shares that add up to at most 1")
        return self
