"""What aggregates count: evidence of one customer each, and how far each partition's time has come."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from schemas.alerts import Cause, Level, Transition
from schemas.types import CustomerKey, Identifier, Message, OrgPath, Reference, UtcTime


class Evidence(Message):
    """One transition of one alert that counts for its groups, whether or not anybody was told.

    An alert that opens, rises or is opened again at `aggregates.evidence_level` or above counts; one that somebody
    dismisses counts no more.
    """

    kind: Literal["evidence"] = "evidence"

    alert_id: Identifier
    """The alert."""

    sequence: int = Field(ge=0)
    """Number of the transition within the alert. (alert_id, sequence) is unique: drop what you have seen."""

    transition: Transition
    """`opened`, `raised` or `reopened`; or `dismissed`, which takes the alert back."""

    cause: Cause
    """What the alert is about."""

    level: Level
    """How urgent it is."""

    clock: UtcTime
    """When it counts: when the alert took the transition, but not before the partition's last tick. What follows a
    watermark is never of a time before it."""

    customer_key: CustomerKey
    """The pseudonymous key."""

    tenant: str
    """Whose customer."""

    org_path: OrgPath
    """The unit that last served the customer."""

    product_line: Reference | None = None
    """Line of business, from the last event that had one."""

    product_id: Reference | None = None
    """The product, from the last event that had one."""

    household_ref: Reference | None = None
    """The household's key, from the last event that had one: a pseudonym."""

    position: tuple[int, int, int]
    """Journal partition, offset and line that this follows from."""


class Watermark(Message):
    """A partition's time has entered another period: all its evidence of the time before stands in front of this."""

    kind: Literal["watermark"] = "watermark"

    partition: int = Field(ge=0)
    """The journal partition."""

    partitions: int = Field(ge=1)
    """How many partitions the journal has: a period is over once all of them have said so."""

    clock: UtcTime
    """Time of the tick that did it."""

    position: tuple[int, int, int]
    """Journal partition, offset and line of that tick."""


Observation = Annotated[Evidence | Watermark, Field(discriminator="kind")]
OBSERVATION: TypeAdapter[Evidence | Watermark] = TypeAdapter(Observation)
