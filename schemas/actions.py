"""What people and CRM systems did for a customer, sent back to us."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import ConfigDict, model_validator

from schemas import rules
from schemas.events import Event
from schemas.types import Identifier, Reference, Text, UtcTime, lenient

ActionName = Literal[
    "contacted",
    "offer",
    "promise",
    "promise_kept",
    "acknowledged",
    "resolved",
    "waived",
    "dismissed",
    "left",
    "erase",
    "other",
]

if TYPE_CHECKING:
    ActionKind = ActionName
else:
    ActionKind = lenient(ActionName)


class Action(Event):
    """Something that was done for a customer, or promised."""

    model_config = ConfigDict(json_schema_extra=rules.action_is_complete())

    kind: Literal["action"] = "action"

    action: ActionKind
    """Required: what was done. `dismissed` says: a false alarm; `waived`: `actor_ref` has decided that no answer is
    owed any more; `left`: the customer's last contract has ended, so that no complaint can be expected any more;
    `erase`: the customer asks to be forgotten, and is. An unknown word is read as `other`."""

    actor_ref: Reference | None = None
    """Who did it."""

    alert_id: Identifier | None = None
    """The alert that it answers; missing means all open alerts of the customer."""

    promise_ref: Reference | None = None
    """Names a promise, so that it can be kept; missing means the oldest open one."""

    feedback_ref: Identifier | None = None
    """Names the feedback that it answers, by the id of its event or by the number of the complaint; missing means all
    that came before it."""

    due_at: UtcTime | None = None
    """Until when the promise is to be kept. Required for `promise`."""

    note: Text | None = None
    """In words. Redacted before it is stored. Required for `waived`, with `actor_ref`."""

    @model_validator(mode="after")
    def _promise_has_due_time(self) -> Action:
        """Refuse a promise that can never be missed."""
        if self.action == "promise" and self.due_at is None:
            raise ValueError("a promise needs due_at")
        return self

    @model_validator(mode="after")
    def _waiver_has_a_name(self) -> Action:
        """Refuse a waiver that nobody answers for."""
        if self.action == "waived" and not (self.actor_ref and self.note):
            raise ValueError("a waiver needs actor_ref and note")
        return self
