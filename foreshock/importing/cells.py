"""The cells of a row, read as text, numbers, or by a path into JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from schemas.errors import UnreadableMessageError

Cells = dict[str, Any]
Getter = Callable[[Cells], Any]
"""What a field gets from a row; `None` where the row says nothing."""

# Signs of money, in the forms of a Chinese keyboard too.
_ORNAMENTS = str.maketrans({"，": ",", **dict.fromkeys("¥￥€$ 元\u00a0")})
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
_CLOCK = re.compile(r"(?:(\d{1,5}):)?(\d{1,5}):(\d{1,2}(?:\.\d{1,6})?)", re.ASCII)

# Far beyond all money and all time, and near enough that arithmetic stays cheap and exact.
_MAX_MAGNITUDE = 18


def column_of(names: tuple[str, ...], empty: frozenset[str]) -> Getter:
    """Read the first of some columns that is not empty; blanks around text are no part of it."""

    def get(cells: Cells) -> Any:
        for name in names:
            found = cells[name] if name in cells else dig(cells, name)
            if isinstance(found, str):
                found = found.strip()
                if found and found not in empty:
                    return found
            elif found is not None:
                return found
        return None

    return get


def dig(cells: Any, path: str) -> Any:
    """Reach into objects and lists of JSON by a dotted path."""
    if isinstance(cells, dict) and path in cells:
        return cells[path]
    for key in path.split("."):
        if isinstance(cells, dict):
            cells = cells.get(key)
        elif isinstance(cells, list) and key.isdecimal() and int(key) < len(cells):
            cells = cells[int(key)]
        else:
            return None
    return cells


def text_of(found: Any) -> str:
    """Write a cell as text, as JSON would."""
    if isinstance(found, bool):
        return "true" if found else "false"
    return found if isinstance(found, str) else str(found)


def decimal_of(found: Any, comma: bool = False) -> Decimal:
    """Read a number as people write it.

    Parameters
    ----------
    found
        A cell.
    comma
        Whether a comma stands before the fraction, as in most of Europe.

    Raises
    ------
    UnreadableMessageError
        If it is no number, or a comma stands where it separates neither thousands nor a fraction.
    """
    text = text_of(found).translate(_ORNAMENTS)
    if comma:
        text = text.replace(".", "").replace(",", ".")
    elif "," in text:
        if not _THOUSANDS.fullmatch(text):
            raise UnreadableMessageError("invalid", 'not a number; if the comma is a decimal one, say decimal = ","')
        text = text.replace(",", "")
    try:
        exact = Decimal(text)
    except InvalidOperation:
        raise UnreadableMessageError("invalid", "not a number") from None
    if not exact.is_finite() or abs(exact.adjusted()) > _MAX_MAGNITUDE:
        raise UnreadableMessageError("invalid", "not a number that means anything")
    return exact


def seconds_of(found: Any) -> Decimal:
    """Read a duration written like a clock: `1:02:03` or `02:03`.

    Raises
    ------
    UnreadableMessageError
        If it is written otherwise.
    """
    match = _CLOCK.fullmatch(text_of(found))
    if match is None:
        raise UnreadableMessageError("invalid", "not a duration written as 1:02:03 or 02:03")
    hours, minutes, seconds = match.groups(default="0")
    return Decimal(hours) * 3600 + Decimal(minutes) * 60 + Decimal(seconds)
