"""Entries of a customer's ledger: what we owe an answer to, and what became of it."""

from __future__ import annotations

from typing import Literal, get_args

from schemas.types import CustomerKey, Identifier, Message, OrgPath, Reference, UtcTime

LedgerKind = Literal["promise", "feedback"]
LEDGER_KINDS: tuple[LedgerKind, ...] = get_args(LedgerKind)
"""What is owed: a promise its keeping, a piece of feedback an answer."""

LedgerState = Literal["received", "answered", "kept", "missed", "expired", "waived"]
LEDGER_STATES: tuple[LedgerState, ...] = get_args(LedgerState)
"""Every entry is `received` once and ends at most once: feedback as `answered`, `expired` or `waived`; a promise as
`kept`, `missed`, `expired` or `waived`. What has not ended is open."""

LedgerReason = Literal["action", "call", "withdrawn", "due", "evicted", "replaced", "erased"]
"""What ended an entry: an `action`; a `call` of ours; the complaint was `withdrawn`; it was `due`; too many were open
(`evicted`); a promise of the same name came in its place (`replaced`); the customer was forgotten (`erased`)."""


class LedgerEntry(Message):
    """One move in the ledger: something was received, or ended.

    At every moment received = answered + kept + missed + expired + waived + open, per customer and in total.
    """

    kind: LedgerKind
    """What is owed."""

    state: LedgerState
    """What happened to it."""

    event_id: Identifier
    """The event that it is about: the promise, survey, call or complaint."""

    ref: Identifier | None = None
    """The company's own name of it: of the promise, the conversation or the complaint."""

    opened_at: UtcTime
    """When it was received: event time."""

    due_at: UtcTime
    """Until when it is to be kept, or answered."""

    at: UtcTime
    """When this move happened: event time, or the due time."""

    bad: bool = False
    """Whether it is feedback of an unhappy customer."""

    reason: LedgerReason | None = None
    """What ended it; missing on `received`."""

    by: Reference | None = None
    """Who ended it, where an action says so."""

    closed_by: Identifier | None = None
    """The event that ended it; missing where time did."""

    customer_key: CustomerKey
    """The pseudonymous key."""

    tenant: str
    """Whose customer."""

    org_path: OrgPath
    """The unit that last served the customer."""

    position: tuple[int, int, int]
    """Journal partition, offset and line that this follows from. With customer, kind, event id and state this names the
    move."""

    @property
    def identity(self) -> str:
        """What names this move, the same under replay: drop what you have seen."""
        partition, offset, line = self.position
        return f"{self.customer_key}/{self.kind}/{self.event_id}/{self.state}/{partition}/{offset}/{line}"
