"""What was not told: a record of every decision about an alert that nobody was told, with the rule behind it."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field

from schemas.alerts import Cause, Level, Transition
from schemas.types import CustomerKey, Identifier, Message, OrgPath, Reference, UtcTime

Rule = Literal["dedup", "cool_down", "silence", "snooze", "inhibit", "capacity", "complained_after"]
RULES: tuple[Rule, ...] = get_args(Rule)
"""Why nobody was told.

`dedup`: new evidence for an alert that stands so high already. `cool_down`: new evidence for a cause that was closed a
short while ago. `silence`: somebody asked for silence. `snooze`: somebody asked that this alert be left alone.
`inhibit`: the customer has a red alert that was told. `capacity`: there was more than people can do. `complained_after`
is no rule of its own: it says that the customer of an alert that nobody was told of has complained.
"""

UNNUMBERED: frozenset[Rule] = frozenset({"dedup", "cool_down", "complained_after"})
"""Rules whose records are about a transition that has its number already, told or held back; the others take the next
number of their alert."""


class Suppression(Message):
    """One decision about an alert that nobody was told."""

    alert_id: Identifier
    """The alert. On `cool_down`, the one that ended: it would have come back."""

    sequence: int = Field(ge=0)
    """Number of the transition within the alert. The numbers of what was told and of what was held back are consecutive
    together; `dedup`, `cool_down` and `complained_after` repeat the last one."""

    transition: Transition
    """What was not told."""

    rule: Rule
    """Why not."""

    author: Identifier | None = None
    """Who made the silence, or snoozed the alert; missing where a rule of the policy did."""

    silence: Identifier | None = None
    """Name of the silence."""

    until: UtcTime | None = None
    """When the rule ends; missing where that is not a time."""

    customer_key: CustomerKey
    """The pseudonymous key."""

    tenant: str = "default"
    """Whose customer."""

    org_path: OrgPath
    """The unit that last served the customer."""

    cause: Cause
    """What the alert is about."""

    product_line: Reference | None = None
    """Line of business, from the last event that had one."""

    product_id: Reference | None = None
    """The product, from the last event that had one."""

    level: Level
    """How urgent it is."""

    at: UtcTime
    """When: event time, or due time of a timer."""

    position: tuple[int, int, int]
    """Journal partition, offset and line that this follows from."""

    @property
    def identity(self) -> str:
        """What names this decision, the same under replay: evidence that comes again repeats the number."""
        partition, offset, line = self.position
        return f"{self.alert_id}/{self.sequence}/{self.rule}/{partition}/{offset}/{line}"
