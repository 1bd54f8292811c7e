"""Time and models as messages: what moves the core without a customer doing anything."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from schemas import rules
from schemas.snapshots import ModelWeights
from schemas.types import Identifier, Message, Text, UtcTime


class Tick(Message):
    """Time has reached `at` in one journal partition: every timer due by then fires."""

    kind: Literal["tick"] = "tick"

    at: UtcTime
    """At least this late. Ticks that go backwards are ignored, so several writers do no harm."""

    partition: int = Field(ge=0)
    """The journal partition it was written to, so that a plain listing of the topic can be replayed."""


class SnapshotNotice(Message):
    """From here on this partition scores with this snapshot.

    The notice carries the frozen weights themselves: the journal alone is then a complete replay file, and a
    scorer never has to wait for another topic.
    """

    kind: Literal["snapshot_notice"] = "snapshot_notice"

    partition: int = Field(ge=0)
    """The journal partition it was written to."""

    weights: ModelWeights
    """What to score with. A number that is not higher than the active one is ignored."""

    signature: str | None = None
    """HMAC-SHA256 of all the rest but the partition, in hexadecimal; missing where no key is set."""


CommandName = Literal["promote", "rollback", "pin", "unpin"]


class ModelCommand(Message):
    """What a person decided about the models of one partition: logged in the journal, so that a replay obeys it too."""

    model_config = ConfigDict(json_schema_extra=rules.command_names_its_object())

    kind: Literal["model_command"] = "model_command"

    partition: int = Field(ge=0)
    """The journal partition it was written to."""

    command: CommandName
    """`promote` scores with another learner's models from here on; `rollback` goes back to the weights given and stays
    there; `pin` stays with what is active; `unpin` follows the newest snapshot again."""

    learner: Identifier | None = None
    """On `promote`: the learner whose models are to count, such as the challenger's."""

    weights: ModelWeights | None = None
    """On `rollback`: the snapshot to go back to."""

    by: Identifier
    """Who decided."""

    at: UtcTime
    """When."""

    because: Text | None = None
    """Why, in words."""

    signature: str | None = None
    """HMAC-SHA256 of all the rest but the partition, in hexadecimal; missing where no key is set."""

    @model_validator(mode="after")
    def _complete(self) -> ModelCommand:
        """Refuse a command without its object."""
        if self.command == "promote" and self.learner is None:
            raise ValueError("promote needs a learner")
        if self.command == "rollback" and self.weights is None:
            raise ValueError("rollback needs the weights to go back to")
        return self
