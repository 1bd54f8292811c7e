"""Phrases with choices: one line of a phrase book stands for many sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

Slots = Mapping[str, Callable[[], str]]
"""What stands for each `<name>` in a phrase, asked anew at every occurrence."""


class Phrase:
    """A sentence with choices `{a|b|}`, which may be nested, and slots `<name>`.

    Parameters
    ----------
    template
        One line of a phrase book.

    Raises
    ------
    ValueError
        If a brace or an angle bracket has no partner.

    Examples
    --------
    >>> Phrase("{good|good} <what>").spoken(Random(1), {"what": lambda: "day"})
    'good day'
    """

    __slots__ = ("_parts",)

    def __init__(self, template: str) -> None:
        self._parts, end = _parsed(template, 0, closing="")
        if end != len(template):
            raise ValueError(f"a brace has no partner: {template!r}")

    def spoken(self, chance: Random, slots: Slots) -> str:
        """Choose one sentence.

        Parameters
        ----------
        chance
            Where choices come from.
        slots
            What the slots stand for.

        Raises
        ------
        KeyError
            If a slot is not known.
        """
        words: list[str] = []
        _speak(self._parts, chance.random, slots, words)
        return "".join(words)


@dataclass(frozen=True, slots=True)
class _Slot:
    """Something to be filled in."""

    name: str


@dataclass(frozen=True, slots=True)
class _Choice:
    """Several ways to go on."""

    ways: tuple[_Parts, ...]


_Parts = tuple["str | _Slot | _Choice", ...]


def _parsed(template: str, start: int, closing: str) -> tuple[_Parts, int]:
    """Read parts up to `|`, to `}`, or to the end, and tell where that was."""
    parts: list[str | _Slot | _Choice] = []
    at = start
    while at < len(template) and template[at] not in "|}":
        if template[at] == "{":
            choice, at = _parsed_choice(template, at + 1)
            parts.append(choice)
        elif template[at] == "<":
            end = template.index(">", at)
            parts.append(_Slot(template[at + 1 : end]))
            at = end + 1
        else:
            end = at
            while end < len(template) and template[end] not in "{|}<":
                end += 1
            parts.append(template[at:end])
            at = end
    if closing and at == len(template):
        raise ValueError(f"a brace has no partner: {template!r}")
    return tuple(parts), at


def _parsed_choice(template: str, start: int) -> tuple[_Choice, int]:
    """Read the ways between two braces, and tell where they end."""
    ways = []
    at = start
    while True:
        way, at = _parsed(template, at, closing="}")
        ways.append(way)
        at += 1
        if template[at - 1] == "}":
            return _Choice(tuple(ways)), at


def _speak(parts: _Parts, random: Callable[[], float], slots: Slots, words: list[str]) -> None:
    """Add what the parts say."""
    for part in parts:
        if isinstance(part, str):
            words.append(part)
        elif isinstance(part, _Choice):
            ways = part.ways
            _speak(ways[int(random() * len(ways))], random, slots, words)
        else:
            words.append(slots[part.name]())
