"""Bytes we could not read, with the reason."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

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
"""Every reason, for metrics and documentation.

`not_json`: not a JSON object in UTF-8. `invalid`: fields missing, unknown or out of range. `too_large`: over the size
limit. `from_the_future`: `occurred_at` is further ahead than clocks may differ. `undeclared_attribute`: an attribute
that the settings do not name. `failed`: the core raised an error on it. `undeliverable`: a sink refused the alert.
`not_authentic`: a model or a command about models without a signature of ours, or changed since it was signed.
"""


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
