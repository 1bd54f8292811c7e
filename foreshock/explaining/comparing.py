"""What was sent beside what follows from the journal, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

import orjson

Kind = Literal["differs", "not_derived", "not_recorded"]


class Field(NamedTuple):
    """A field of which the two say different things."""

    path: str
    """Its name, with those of the objects that it is in."""
    recorded: Any
    """What was sent; None where it was not there."""
    derived: Any
    """What follows from the journal; None where it is not there."""


class Difference(NamedTuple):
    """A transition of which the two say different things."""

    sequence: int
    """Number of the transition."""
    kind: Kind
    """The bytes differ, or one of the two has none."""
    fields: list[Field]
    """Which fields, where the bytes differ."""


class Comparison(NamedTuple):
    """How the two compare."""

    same: int
    """Transitions whose bytes are the same."""
    forgotten: int
    """Transitions before the first that is still recorded: there is nothing to compare them with."""
    differences: list[Difference]
    """The others, in order."""


def compare(sent: Mapping[int, bytes], derived: Mapping[int, bytes]) -> Comparison:
    """Compare transition by transition.

    Parameters
    ----------
    sent
        What was sent, by number of the transition; at least one.
    derived
        What follows from the journal, by number.
    """
    numbers = sorted(sent.keys() | derived.keys())
    compared = [number for number in numbers if number >= min(sent)]
    differences = [found for number in compared if (found := _difference(number, sent, derived))]
    return Comparison(len(compared) - len(differences), len(numbers) - len(compared), differences)


def as_dict(comparison: Comparison | None) -> dict[str, Any] | None:
    """Write a comparison for a program."""
    if comparison is None:
        return None
    return {
        "same": comparison.same,
        "forgotten": comparison.forgotten,
        "differences": [
            {
                "sequence": each.sequence,
                "kind": each.kind,
                "fields": [field._asdict() for field in each.fields],
            }
            for each in comparison.differences
        ],
    }


def _difference(number: int, sent: Mapping[int, bytes], derived: Mapping[int, bytes]) -> Difference | None:
    """Compare one transition."""
    one, other = sent.get(number), derived.get(number)
    if one == other:
        return None
    if one is None:
        return Difference(number, "not_recorded", [])
    if other is None:
        return Difference(number, "not_derived", [])
    return Difference(number, "differs", list(_fields(orjson.loads(one), orjson.loads(other), "")))


def _fields(sent: Any, again: Any, path: str) -> Iterator[Field]:
    """Yield what differs, as deep as both have the same shape."""
    if isinstance(sent, Mapping) and isinstance(again, Mapping):
        for name in sorted(sent.keys() | again.keys()):
            yield from _fields(sent.get(name), again.get(name), f"{path}.{name}" if path else name)
    elif isinstance(sent, list) and isinstance(again, list) and len(sent) == len(again):
        for index, (one, other) in enumerate(zip(sent, again, strict=True)):
            yield from _fields(one, other, f"{path}[{index}]")
    elif sent != again:
        yield Field(path, sent, again)
