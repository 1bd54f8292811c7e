"""From the cells of a row to the values of an event's fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from foreshock.importing.cells import Cells, Getter, column_of, decimal_of, dig, seconds_of, text_of
from foreshock.importing.fields import NAMED_FORMATS, PLACEHOLDER, UNITS, Fields, Value
from foreshock.importing.parts import Each
from foreshock.importing.rows import ITEM, ROW
from schemas.errors import UnreadableMessageError


def compiled(value: Value, empty: frozenset[str]) -> Getter:
    """Make a value of the mapping into something that reads rows.

    Parameters
    ----------
    value
        Where it comes from and how it is turned.
    empty
        Words that mean "nothing here".

    Returns
    -------
    callable
        From the cells of a row to what the field gets: text, number, UTC datetime, list, or `None` for nothing. It
        raises `UnreadableMessageError` where a cell is not what the mapping says; the text never repeats the cell.
    """
    find = _origin(value, empty)
    steps = [step for step in (_mapped(value), _numbered(value), _timed(value, empty), _shortened(value)) if step]
    if not steps and value.words is None and value.split is None and value.default is None:
        return find

    def turned(found: Any, cells: Cells) -> Any:
        for step in steps:
            found = step(found, cells)
        return found

    def get(cells: Cells) -> Any:
        found = find(cells)
        if found is None:
            return value.default
        if value.words is not None:
            found = _worded(found, value.words)
        if value.split is not None:
            words = (word.strip() for word in text_of(found).split(value.split))
            return [turned(word, cells) for word in words if word and word not in empty]
        return turned(found, cells)

    return get


def compiled_fields(fields: Fields, empty: frozenset[str]) -> Callable[[Cells], dict[str, Any]]:
    """Make a table of fields into something that reads rows; fields without a value are left out."""
    getters = [(name, compiled(value, empty)) for name, value in fields.items()]

    def get(cells: Cells) -> dict[str, Any]:
        filled = {}
        for name, getter in getters:
            try:
                found = getter(cells)
            except UnreadableMessageError as error:
                raise UnreadableMessageError("invalid", f"{name}: {error.detail}") from None
            if found is not None:
                filled[name] = found
        return filled

    return get


def items_of(each: Each, cells: Cells) -> Iterator[Cells]:
    """Give the elements of a list in a row, each with all cells of the row and its own as `column.field`.

    Raises
    ------
    UnreadableMessageError
        If the column holds something else.
    """
    found = dig(cells, each.column)
    if found is None or found == "":
        return
    items = _transcript(found, each) if each.pattern else found
    if not isinstance(items, list):
        raise UnreadableMessageError("invalid", f"{each.column}: not a list")
    for number, item in enumerate(items):
        own = {f"{each.column}.{key}": cell for key, cell in item.items()} if isinstance(item, dict) else {}
        yield {**cells, each.column: item, **own, ITEM: number}


def _origin(value: Value, empty: frozenset[str]) -> Getter:
    """Where a value comes from."""
    if value.column:
        return column_of(value.column, empty)
    if value.template is not None:
        return _template(value.template, empty)
    if value.each is not None:
        each, entry = value.each, compiled_fields(value.fields, empty)
        return lambda cells: [entry(item) for item in items_of(each, cells)] or None
    if value.parts:
        entries = [(len(part), compiled_fields(part, empty)) for part in value.parts]

        def whole(cells: Cells) -> Any:
            filled = [(size, entry(cells)) for size, entry in entries]
            return [fields for size, fields in filled if len(fields) == size] or None

        return whole
    if value.start is not None:
        start, step, item_step = value.start, value.step_seconds, value.item_seconds
        return lambda cells: start + timedelta(seconds=step * (cells[ROW] - 1) + item_step * cells.get(ITEM, 0))
    constant = value.value
    return lambda cells: constant


def _template(template: str, empty: frozenset[str]) -> Getter:
    """Put columns into a text."""
    pieces = PLACEHOLDER.split(template)
    texts, getters = pieces[::2], [column_of((name,), empty) for name in pieces[1::2]]

    def get(cells: Cells) -> Any:
        found = [getter(cells) for getter in getters]
        if any(part is None for part in found):
            return None
        filled = "".join(text + text_of(part) for text, part in zip(texts, found, strict=False))
        return filled + texts[-1]

    return get


def _transcript(found: Any, each: Each) -> list[Cells]:
    """Cut a transcript into what each side said."""
    pattern = re.compile(each.pattern or "")
    items: list[Cells] = []
    last = max(pattern.groupindex, key=lambda name: pattern.groupindex[name])
    for line in text_of(found).splitlines():
        if match := pattern.match(line):
            items.append(match.groupdict(default=""))
        elif items and line.strip():
            items[-1][last] += f"\n{line}"
        elif line.strip():
            raise UnreadableMessageError("invalid", f"{each.column}: its first line does not match the pattern")
    return items


def _worded(found: Any, words: str) -> str:
    """Write the elements of a list as one text."""
    if not isinstance(found, list):
        raise UnreadableMessageError("invalid", "not a list")
    return " ".join(words.replace("{}", text_of(element)) for element in found)


def _mapped(value: Value) -> Callable[[Any, Cells], Any] | None:
    """Their words to ours."""
    if not value.map:
        return None
    words = value.map
    if "otherwise" in value.model_fields_set:
        otherwise = value.otherwise
        return lambda found, cells: words.get(text_of(found), otherwise)
    return lambda found, cells: words.get(text_of(found), found)


def _numbered(value: Value) -> Callable[[Any, Cells], Any] | None:
    """Their numbers to ours, exactly: 12.30 yuan is 1230 fen, never 1229.99."""
    if not value.is_number:
        return None
    factor = UNITS[value.unit] if value.unit else (value.multiply if value.multiply is not None else Decimal(1))
    added, comma = value.add or Decimal(0), value.decimal == ","
    read = seconds_of if value.unit == "clock" else partial(decimal_of, comma=comma)

    def number(found: Any, cells: Cells) -> int | float:
        exact = read(found) * factor + added
        return int(exact) if exact == exact.to_integral_value() else float(exact)

    return number


def _timed(value: Value, empty: frozenset[str]) -> Callable[[Any, Cells], Any] | None:
    """Their times to UTC."""
    if not (value.format or value.zone or value.plus):
        return None
    formats, zone = value.format or ("iso",), ZoneInfo(value.zone) if value.zone else None
    plus = compiled(value.plus, empty) if value.plus else None
    read = lru_cache(maxsize=4096)(lambda text: _moment(text, formats, zone))

    def moment(found: Any, cells: Cells) -> datetime:
        at = found if isinstance(found, datetime) else read(text_of(found))
        added = plus(cells) if plus else None
        if added is None:
            return at
        try:
            return at + timedelta(seconds=float(decimal_of(added)))
        except OverflowError:
            raise UnreadableMessageError("invalid", "the seconds to add lead beyond all calendars") from None

    return moment


def _moment(text: str, formats: tuple[str, ...], zone: ZoneInfo | None) -> datetime:
    """Read a time in the first format that fits."""
    for pattern in formats:
        try:
            if pattern in NAMED_FORMATS[1:]:
                scale = 1000 if pattern == "epoch_milliseconds" else 1
                return datetime.fromtimestamp(float(text) / scale, UTC)
            at = datetime.fromisoformat(text) if pattern == "iso" else datetime.strptime(text, pattern)
        except (ValueError, OverflowError, OSError):
            continue
        if at.tzinfo is None:
            if zone is None:
                raise UnreadableMessageError("invalid", "the time has no offset, and the mapping gives no zone")
            at = at.replace(tzinfo=zone)
        try:
            return at.astimezone(UTC)
        except OverflowError:
            continue
    raise UnreadableMessageError("invalid", f"not a time written as {' or '.join(formats)}")


def _shortened(value: Value) -> Callable[[Any, Cells], Any] | None:
    """Cut a text that is too long."""
    if value.cut is None:
        return None
    longest = value.cut
    return lambda found, cells: found[:longest] if isinstance(found, str) else found
