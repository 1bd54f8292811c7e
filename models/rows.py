"""A customer's state as the row that it is kept as: one JSON array, today's format or an earlier one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from sys import intern
from typing import Any, NamedTuple

import orjson

from models.clocks.running import RunningClock
from models.entries import Case, CoolDown, OpenAlert, OpenPromise, PendingClaim, PendingPrediction, Spent
from models.ledgers.waiting import OpenFeedback
from models.row_formats import ROW_FORMAT, check_format, upgraded
from models.state import FORGOTTEN, CustomerState
from models.text.conversation import Conversation, Sums
from schemas.types import Position

_values = attrgetter(*(field.name for field in fields(CustomerState)))
_INDEX = {field.name: index for index, field in enumerate(fields(CustomerState), start=1)}
_NESTED: tuple[tuple[int, Any], ...] = tuple(
    (_INDEX[name], kind)
    for name, kind in (
        ("claims", PendingClaim._make),
        ("cases", Case._make),
        ("promises", OpenPromise._make),
        ("feedback", OpenFeedback._make),
        ("room", Spent._make),
        ("clocks", lambda item: RunningClock(*item)),
        ("alerts", lambda item: OpenAlert(*item)),
        ("cool_downs", lambda item: CoolDown(*item)),
        ("predictions", PendingPrediction._make),
    )
)
_UNTOUCHED = tuple(OpenAlert._field_defaults.values())
"""The last fields of an alert about which nobody has done anything: not written."""
_ALWAYS = len(OpenAlert._fields) - len(_UNTOUCHED)
_CONVERSATION = _INDEX["conversation"]
_SHARED = (_INDEX["product_line"], _INDEX["product_id"])
"""Texts that thousands of customers have in common: kept once."""
_DEFAULTS = {field.name: field.default for field in fields(CustomerState)}
_OF_FORGOTTEN = (
    "epoch",
    "offset",
    "line",
    "due",
    "stage",
    "ruled_by",
    "forgotten_at",
    "alerts_opened",
    "lives",
    "spent",
    "room",
)
_values_of_forgotten = attrgetter(*_OF_FORGOTTEN)
_FORGOTTEN_LENGTH = 1 + len(_OF_FORGOTTEN)


def encode_row(state: CustomerState) -> bytes:
    """Write a state as one JSON array: the format, then the fields in their order; of the forgotten only a few."""
    if state.forgotten_at:
        return orjson.dumps((ROW_FORMAT, *_values_of_forgotten(state)), default=tuple)
    return orjson.dumps((ROW_FORMAT, *_values(state)), default=_plain)


def _plain(item: Sequence[Any]) -> tuple[Any, ...]:
    """Write what a row holds as a plain tuple."""
    return item[:_ALWAYS] if type(item) is OpenAlert and item[_ALWAYS:] == _UNTOUCHED else tuple(item)


def decode_row(row: bytes) -> CustomerState:
    """Read what `encode_row` wrote, in today's format or an earlier one.

    Raises
    ------
    NewerRowError
        If the row is of a later format than this code knows.
    """
    values = orjson.loads(row)
    check_format(values[0])
    if len(values) == _FORGOTTEN_LENGTH:
        return CustomerState(**dict(zip(_OF_FORGOTTEN, values[1:], strict=True)))
    if values[0] != ROW_FORMAT:
        named = upgraded(values)
        values = [ROW_FORMAT, *(named.get(name, default) for name, default in _DEFAULTS.items())]
    for index, make in _NESTED:
        if values[index]:
            values[index] = [make(item) for item in values[index]]
    for index in _SHARED:
        values[index] = intern(values[index])
    if values[_CONVERSATION]:
        kept = Conversation._make(values[_CONVERSATION])
        values[_CONVERSATION] = kept._replace(sums=Sums._make(kept.sums))
    return CustomerState(*values[1:])


class Glimpse(NamedTuple):
    """What the beginning of a row says: enough to wait for the customer's next timer."""

    epoch: str
    """Identity of the journal."""
    position: Position
    """The last message seen."""
    due: float
    """When the next timer fires, in seconds since 1970."""
    stage: int
    """Index into `STAGES`, or `FORGOTTEN`."""
    ruled_by: str
    """Hash of the parameters that `due` follows from; with others the row has to be read whole."""
    told_levels: str
    """Levels of the open alerts that people know of; empty of the forgotten."""
    org_path: str
    """The unit that last served the customer; empty of the forgotten."""


def glimpse(row: bytes) -> Glimpse | None:
    """Read the beginning of a row, in a twentieth of the time of the whole.

    Returns
    -------
    Glimpse or None
        None if the row is of another format, or its unit has a name that JSON writes with a backslash.
    """
    if not row.startswith(_TODAY):
        return None
    # Between quotation marks: the epoch, the rules, the levels, the unit; of the forgotten only the first two.
    parts = row.split(b'"', 8)
    _, offset, line, due, stage, _ = parts[2].split(b",")
    is_forgotten = stage == _FORGOTTEN
    levels, org_path = (b"", b"") if is_forgotten else (parts[5], parts[7])
    if b"\\" in org_path:
        return None
    return Glimpse(
        parts[1].decode(),
        Position(int(offset), int(line)),
        float(due),
        int(stage),
        parts[3].decode(),
        levels.decode(),
        org_path.decode(),
    )


_FORGOTTEN = b"%d" % FORGOTTEN
_TODAY = b"[%d," % ROW_FORMAT


def row_position(row: bytes) -> tuple[str, Position]:
    """Read only the epoch and the position of a row, without decoding the rest."""
    _, epoch, offset, line, _ = row.split(b",", 4)
    return epoch[1:-1].decode(), Position(int(offset), int(line))
