"""What the insurer sends: one record on one source topic, at the moment at which it arrives."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from schemas.codec import CustomerEvent


class Emission(NamedTuple):
    """One record, as a producer would hand it to Kafka."""

    arrives_at: datetime
    """When the record reaches the topic, UTC; never before the event occurred."""

    topic: str
    """Short name of the source topic: calls, claims, surveys, complaints or actions."""

    value: bytes
    """The bytes on the wire: one event in JSON, or something that was meant to be one."""

    key: bytes
    """The customer id."""

    event: CustomerEvent | None
    """The event that the bytes carry; missing where they cannot be read."""
