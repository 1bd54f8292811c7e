"""Bytes we could not read, with the reason."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import Field, StringConstraints

from schemas.types import Message, UtcTime

DeadLetterReason = Literal[
    "not_json",
    "invalid",
    "too_large",
    "from_the_future",
    "undeclared_attribute",
    "failed",
    "undeliverable",
    "not_authentic",
]
DEAD_LETTER_REASONS: tuple[DeadLetterReason, ...] = get_args(DeadLetterReason)
"""Every reason, for metrics and documentation."""


class ReasonHelp(NamedTuple):
    """What a reason means to whoever finds it."""

    means: str
    cure: str
    """What usually helps."""


DEAD_LETTER_HELP: dict[DeadLetterReason, ReasonHelp] = {
    "not_json": ReasonHelp("not a JSON object in UTF-8", "the producer's encoding"),
    "invalid": ReasonHelp(
        "fields missing, unknown or out of range; the text says which", "the producer, or repair the letter"
    ),
    "too_large": ReasonHelp("over the size limit", "shorten the text"),
    "from_the_future": ReasonHelp(
        "`occurred_at` is further ahead of its arrival than clocks may differ", "the producer's clock or time zone"
    ),
    "undeclared_attribute": ReasonHelp(
        "an own field that the settings do not name", "add it to `FORESHOCK_ATTRIBUTES`, restart, redrive"
    ),
    "failed": ReasonHelp("the core raised an error on it", "report it; redrive after the fix"),
    "undeliverable": ReasonHelp(
        "a sink refused the alert, or was away too long", "redrive when the sink is back, or takes it"
    ),
    "not_authentic": ReasonHelp(
        "a model, or a command about models, without a signature of ours or changed since it was signed",
        "find out who wrote it; it cannot be redriven",
    ),
}
"""What each reason means, and its usual cure."""


class DeadLetter(Message):
    """What could not be read or carried, and where it came from."""

    topic: str
    """Where it came from."""

    partition: int = Field(ge=0)
    """Partition of that topic."""

    offset: int = Field(ge=0)
    """Offset in that partition."""

    line: int | None = None
    """Line of a journal record; missing for records of other topics."""

    reason: DeadLetterReason
    """Why, from a closed set."""

    error: Annotated[str, StringConstraints(max_length=2_000)]
    """What is wrong and where, without personal data."""

    at: UtcTime
    """Timestamp of the record."""

    raw: Annotated[str, StringConstraints(max_length=20_000)]
    """The bytes as far as they can be read as text, redacted."""
