"""Bytes to message and back: the only serialiser of the project."""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeVar

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from schemas.actions import Action
from schemas.errors import UnreadableMessageError
from schemas.events import Call, Claim, Survey
from schemas.examples import EXAMPLE, RiskExample, TextExample
from schemas.labels import Complaint
from schemas.observations import OBSERVATION, Evidence, Watermark
from schemas.silences import SilenceCommand
from schemas.ticks import ModelCommand, SnapshotNotice, Tick
from schemas.types import Message

CustomerEvent = Call | Claim | Survey | Complaint | Action
"""Whatever belongs to one customer and is kept in order with the rest of their life."""

PartitionMessage = Tick | SnapshotNotice | ModelCommand | SilenceCommand
"""Whatever belongs to a whole journal partition, and names it."""

SignedMessage = SnapshotNotice | ModelCommand | SilenceCommand
"""Whatever stands in the journal by a person's or the learner's word, and is signed."""

JournalMessage = CustomerEvent | PartitionMessage
"""Whatever stands on a line of the journal."""

EventKind = Literal["call", "claim", "survey", "complaint", "action"]

EVENT_TYPES: dict[EventKind, type[CustomerEvent]] = {
    "call": Call,
    "claim": Claim,
    "survey": Survey,
    "complaint": Complaint,
    "action": Action,
}
"""One source topic per kind, one type per topic."""

_EVENT: TypeAdapter[CustomerEvent] = TypeAdapter(Annotated[CustomerEvent, Field(discriminator="kind")])
_JOURNAL: TypeAdapter[JournalMessage] = TypeAdapter(Annotated[JournalMessage, Field(discriminator="kind")])

_M = TypeVar("_M", bound=Message)

_NAME = re.compile(r"[a-z_][a-z0-9_\[\]-]{0,39}|[0-9]{1,3}", re.IGNORECASE)
"""What a field's name, or the number of an entry, looks like."""


def encode(message: Message) -> bytes:
    """Write any message as one line of JSON, without the fields that have their default.

    The `kind` that tells the members of a union apart is always written.
    """
    body = message.__pydantic_serializer__.to_json(message, exclude_defaults=True)
    kind = vars(message).get("kind")  # `getattr` takes 2 us where a message has none
    return b'{"kind":"%b",%b' % (kind.encode(), body[1:]) if kind else body


def decode_event(raw: bytes, kind: EventKind | None = None) -> CustomerEvent:
    """Read one event of a source topic.

    Parameters
    ----------
    raw
        JSON in UTF-8.
    kind
        The kind that the topic holds; the field `kind` may then be missing. Without it the field decides.

    Raises
    ------
    UnreadableMessageError
        With reason `not_json` or `invalid`; its detail names fields, never values.
    """
    try:
        return EVENT_TYPES[kind].model_validate_json(raw) if kind else _EVENT.validate_json(raw)
    except ValidationError as error:
        raise unreadable(error) from None


def decode_journal_line(line: bytes) -> JournalMessage:
    """Read one line of a journal record.

    Raises
    ------
    UnreadableMessageError
        With reason `not_json` or `invalid`.
    """
    try:
        return _JOURNAL.validate_json(line)
    except ValidationError as error:
        raise unreadable(error) from None


def decode_example(raw: bytes) -> RiskExample | TextExample:
    """Read one example.

    Raises
    ------
    UnreadableMessageError
        With reason `not_json` or `invalid`.
    """
    try:
        return EXAMPLE.validate_json(raw)
    except ValidationError as error:
        raise unreadable(error) from None


def decode_observation(raw: bytes) -> Evidence | Watermark:
    """Read one observation.

    Raises
    ------
    UnreadableMessageError
        With reason `not_json` or `invalid`.
    """
    try:
        return OBSERVATION.validate_json(raw)
    except ValidationError as error:
        raise unreadable(error) from None


def decode_as(message_type: type[_M], raw: bytes) -> _M:
    """Read bytes as one known type: `Alert`, `Risk`, `Snapshot`, `DeadLetter`.

    Raises
    ------
    UnreadableMessageError
        With reason `not_json` or `invalid`.
    """
    try:
        return message_type.model_validate_json(raw)
    except ValidationError as error:
        raise unreadable(error) from None


def unreadable(error: ValidationError) -> UnreadableMessageError:
    """Say what is wrong and where, without repeating what was given: neither values nor names that are not ours."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    if problems[0]["type"] == "json_invalid":
        return UnreadableMessageError("not_json", problems[0]["msg"])
    told = (f"{_place(problem['loc'])}: {_trouble(problem)}" for problem in problems[:5])
    more = f" (and {len(problems) - 5} more)" if len(problems) > 5 else ""
    return UnreadableMessageError("invalid", "; ".join(told) + more)


def _place(location: tuple[int | str, ...]) -> str:
    """Name the field; a name that could be anything, such as a customer's, is only called a field."""
    return ".".join(str(step) if _NAME.fullmatch(str(step)) else "(field)" for step in location) or "message"


def _trouble(problem: ErrorDetails) -> str:
    """Say what is wrong; one of pydantic's sentences would repeat the value."""
    if problem["type"] == "union_tag_invalid":
        return "its kind is none of those that belong here"
    return problem["msg"]
