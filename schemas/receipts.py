"""The answer to every action that names an alert: done, stood so already, or refused and why."""

from __future__ import annotations

from typing import Literal

from schemas.alerts import BilingualText
from schemas.types import CustomerKey, Identifier, Message, UtcTime

Result = Literal["done", "already", "refused"]
"""What came of an action."""

ReceiptCode = Literal[
    "done",
    "noted",
    "already",
    "unknown",
    "closed",
    "not_acknowledged",
    "too_late",
    "complained",
    "another_open",
    "past",
    "not_understood",
    "held_above",
    "no_evidence",
]
"""Why. `noted`: the action is no answer to an alert, but counts as something done about it. `held_above`: the alert has
gone up, and only the unit that holds it, or one above, may close it. `no_evidence`: closing it needs a note or a
reference to evidence."""


class Receipt(Message):
    """What became of one action that names an alert."""

    event_id: Identifier
    """The action."""

    alert_id: Identifier
    """The alert that it names."""

    customer_key: CustomerKey
    """The pseudonymous key of the customer whom the action names."""

    result: Result
    """Whether it was done."""

    code: ReceiptCode
    """Why."""

    text: BilingualText
    """The same in words."""

    at: UtcTime
    """When, as of the customer's own time."""

    position: tuple[int, int, int]
    """Journal partition, offset and line of the action."""
