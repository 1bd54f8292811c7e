"""Silences as messages: what a person asks not to be told for a while, logged in every journal partition."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from schemas import rules
from schemas.alerts import Cause, Level
from schemas.types import Identifier, Message, OrgPath, Reference, Text, UtcTime

SilenceName = Literal["set", "end"]


class SilenceCommand(Message):
    """A silence that is set, or ended before its time, in one journal partition; a replay obeys it at the same place.

    An alert is silenced if it matches all that is given. What is hidden is recorded, and told when the silence is over
    if it still stands.
    """

    model_config = ConfigDict(json_schema_extra=rules.silence_has_an_end())

    kind: Literal["silence_command"] = "silence_command"

    partition: int = Field(ge=0)
    """The journal partition it was written to."""

    command: SilenceName
    """`set` begins a silence, or replaces the one of this name; `end` ends it."""

    name: Identifier
    """Names the silence."""

    causes: tuple[Cause, ...] = ()
    """Only alerts of these causes; none means any."""

    org_path: OrgPath | None = None
    """Only alerts of this unit and those below it."""

    product_line: Reference | None = None
    """Only alerts of customers whose last event that named a line of business named this one."""

    product_id: Reference | None = None
    """The same of the product."""

    level: Level = "orange"
    """Only alerts up to this level: a red one is told unless somebody says otherwise."""

    until: UtcTime | None = None
    """Required for `set`: when it ends."""

    by: Identifier
    """Who asked for it."""

    at: UtcTime
    """When."""

    because: Text | None = None
    """Why, in words."""

    signature: str | None = None
    """HMAC-SHA256 of all the rest but the partition, in hexadecimal; missing where no key is set."""

    @model_validator(mode="after")
    def _ends(self) -> SilenceCommand:
        """Refuse a silence for ever."""
        if self.command == "set" and self.until is None:
            raise ValueError("a silence needs until")
        return self
