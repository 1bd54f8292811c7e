"""What waits for an answer, as a customer's row keeps it."""

from __future__ import annotations

from typing import Literal, NamedTuple

FeedbackSource = Literal["survey", "call", "complaint"]
"""Kind of event that feedback came in."""


class OpenFeedback(NamedTuple):
    """A piece of feedback that nobody has answered."""

    event_id: str
    """The event that it came in."""
    ref: str
    """The company's own name of the complaint or conversation; empty where it has none."""
    at: float
    """When it was given, seconds since 1970."""
    source: FeedbackSource
    """Kind of that event."""
    bad: bool
    """Whether the customer was unhappy."""


def is_named(waiting: OpenFeedback, ref: str | None) -> bool:
    """Say whether an answer is meant for it: by the id of its event, by its own name, or because none is named."""
    return ref is None or ref in (waiting.event_id, waiting.ref)
