"""What people and CRM systems did for a customer, sent back to us."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import ConfigDict, model_validator

from schemas import rules
from schemas.events import Event
from schemas.types import Identifier, OrgPath, Reference, Text, UtcTime, lenient

ActionName = Literal[
    "contacted",
    "offer",
    "promise",
    "promise_kept",
    "acknowledged",
    "started",
    "assigned",
    "snoozed",
    "commented",
    "disagreed",
    "reopened",
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


_NEEDS: dict[str, tuple[str, ...]] = {
    "promise": ("due_at",),
    "assigned": ("assignee_ref",),
    "snoozed": ("until",),
    "commented": ("note",),
    "reopened": ("alert_id",),
    "waived": ("actor_ref", "note"),
}
"""Actions that mean nothing without some fields; a waiver is one that somebody answers for."""


class Action(Event):
    """Something that was done for a customer, or promised."""

    model_config = ConfigDict(json_schema_extra=rules.action_names_its_object(_NEEDS))

    kind: Literal["action"] = "action"

    action: ActionKind
    """Required: what was done. `acknowledged` says: I have it; `started`: I work on it; `dismissed`: a false alarm, it
    ends; `disagreed`: I have looked and see no reason to act, which the learner may know; `waived`: `actor_ref` has
    decided that no answer is owed any more; `left`: the customer's last contract has ended, so that no complaint can be
    expected any more; `erase`: the customer asks to be forgotten, and is. An unknown word is read as `other`."""

    actor_ref: Reference | None = None
    """Who did it."""

    alert_id: Identifier | None = None
    """The alert that it answers; missing means all open alerts of the customer. One that is named gets a receipt.
    Required for `reopened`."""

    assignee_ref: Reference | None = None
    """Who is to have the alert. Required for `assigned`."""

    until: UtcTime | None = None
    """Until when the alert is to be left alone. Required for `snoozed`."""

    actor_org: OrgPath | None = None
    """The unit that whoever did it works for. An alert that has gone up is closed by the unit that holds it, or by one
    above; missing means the unit that serves the customer."""

    evidence_ref: Reference | None = None
    """What shows it, such as the number of a file. Where the company's organisation asks for evidence, closing an alert
    needs this or a note."""

    promise_ref: Reference | None = None
    """Names a promise, so that it can be kept; missing means the oldest open one."""

    feedback_ref: Identifier | None = None
    """Names the feedback that it answers, by the id of its event or by the number of the complaint; missing means all
    that came before it."""

    due_at: UtcTime | None = None
    """Until when the promise is to be kept. Required for `promise`."""

    note: Text | None = None
    """In words. Redacted before it is stored. Required for `commented`, and for `waived` with `actor_ref`."""

    @model_validator(mode="after")
    def _complete(self) -> Action:
        """Refuse an action without its object, such as a promise that can never be missed."""
        for needed in _NEEDS.get(self.action, ()):
            if not getattr(self, needed):
                raise ValueError(f"the action {self.action} needs {needed}")
        return self
