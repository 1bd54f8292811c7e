"""Time and models as messages: what moves the core without a customer doing anything."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.snapshots import ModelWeights
from schemas.types import Message, UtcTime


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
