"""Groups as rows: what survives the process that counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from models.aggregates.group import Group, GroupKey, Member, Standing
from models.aggregates.usual import Usual
from schemas.errors import ConfigurationError

ROW_FORMAT = 1
"""First item of every row."""

OWN_KEY = b"@grouper"
"""Key of the row that says how far all the others reach."""


class NewerGroupError(ConfigurationError):
    """A row of groups was written by a later version of Foreshock, which alone can read it."""

    remedy = "Run the version that wrote it, or delete the topic of groups to count anew."

    def __init__(self, found: object) -> None:
        super().__init__(
            f"a row of groups has format {found!r}, and this version reads {ROW_FORMAT}: run the version that wrote "
            "it, or delete the topic of groups to count anew from the observations that are kept"
        )


class Progress(NamedTuple):
    """How far everything has been decided."""

    closed: int
    """The first period that is not decided."""
    began: int
    """The first period that was seen at all."""
    resume: int
    """Offset of the observations from which on something may be undecided."""
    clocks: Mapping[int, tuple[float, float]]
    """Partition to its first and its last watermark, in seconds since 1970."""
    partitions: int
    """How many partitions must say that a period is over."""
    period_seconds: float
    """Length of the periods."""


def row_key(key: GroupKey) -> bytes:
    """Name a group."""
    return orjson.dumps(tuple(key))


def encode_group(key: GroupKey, group: Group) -> bytes:
    """Write a group as one JSON array: format, last period decided, what it is, and what is remembered."""
    members = [(customer, *member) for customer, member in sorted(group.members.items())]
    return orjson.dumps((ROW_FORMAT, group.seen, key, group.usual, group.standing, members), default=tuple)


def decode_group(row: bytes) -> tuple[GroupKey, Group]:
    """Read what `encode_group` wrote.

    Raises
    ------
    NewerGroupError
        If it is of another format than this code knows.
    """
    seen, key, usual, standing, members = _items(row)
    return GroupKey(*key), Group(
        members={customer: Member(*rest) for customer, *rest in members},
        usual=None if usual is None else Usual(*usual),
        standing=None if standing is None else Standing(*standing),
        seen=seen,
    )


def encode_progress(progress: Progress) -> bytes:
    """Write how far everything has been decided; it begins as a group's row does."""
    clocks = [(partition, *clock) for partition, clock in sorted(progress.clocks.items())]
    begin = progress.closed, progress.began, progress.resume
    return orjson.dumps((ROW_FORMAT, *begin, clocks, progress.partitions, progress.period_seconds))


def decode_progress(row: bytes) -> Progress:
    """Read what `encode_progress` wrote.

    Raises
    ------
    NewerGroupError
        If it is of another format than this code knows.
    """
    closed, began, resume, clocks, partitions, period_seconds = _items(row)
    spoken = {number: (first, last) for number, first, last in clocks}
    return Progress(closed, began, resume, spoken, partitions, period_seconds)


def period_of(row: bytes) -> int:
    """Return the period that a row follows from: of two rows of one key the later one counts.

    Raises
    ------
    NewerGroupError
        If it is of another format than this code knows.
    """
    return int(_items(row)[0])


def _items(row: bytes) -> list[Any]:
    """Return the items of a row after its format."""
    items: list[Any] = orjson.loads(row)
    found, *rest = items
    if found != ROW_FORMAT:
        raise NewerGroupError(found)
    return rest
