"""From rows to events: every rule that fits a row makes one, and what cannot be made says why."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any
from uuid import UUID, uuid5

import orjson
from pydantic import ValidationError

from foreshock.importing.cells import Cells, column_of, text_of
from foreshock.importing.conditions import compiled_when
from foreshock.importing.fields import Fields
from foreshock.importing.loading import check_columns, is_text, name_of, words_of
from foreshock.importing.mapping import Fill, Mapping
from foreshock.importing.reading import compiled_fields, items_of
from foreshock.importing.rows import OWN_COLUMNS, BadRow, Row, Table
from foreshock.importing.summary import Summary
from schemas.codec import EVENT_TYPES, CustomerEvent, unreadable
from schemas.errors import UnreadableMessageError

_NAMESPACE = UUID("0d0a5e0e-6f0f-5b53-9c39-3a5d6a4a3c11")

# JSON rows have no header. Keys that none of so many rows has are taken for misspelt, not for rare.
_ROWS_LOOKED_AT = 1000

_TIMES = frozenset({"occurred_at", "due_at"})


class Converter:
    """Makes events of rows by one mapping, over one file or several.

    Parameters
    ----------
    mapping
        What the columns mean.

    Attributes
    ----------
    summary
        What became of the rows so far.
    """

    def __init__(self, mapping: Mapping) -> None:
        self.summary = Summary()
        self._mapping = mapping
        empty = frozenset(mapping.source.empty)
        self._fill = _Filler(mapping.fill, empty) if mapping.fill else None
        self._skips = [(compiled_when(skip.when, empty), skip.because) for skip in mapping.skip]
        self._rules = [_Maker(number, mapping, empty, self.summary) for number in range(len(mapping.event))]
        self._seen: set[bytes] = set()

    def events_of(self, table: Table, where: str) -> Iterator[CustomerEvent | BadRow]:
        """Make events of the rows of one file, in its order.

        Parameters
        ----------
        table
            An open export.
        where
            Its name, for messages.

        Yields
        ------
        CustomerEvent or BadRow
            Events, and rows of which something could not be made. Both may come of one row.

        Raises
        ------
        MappingError
            If the mapping reads columns that the export does not have.
        """
        rows = table.rows
        columns = set(table.columns or ())
        if table.columns is None:
            head = list(islice(rows, _ROWS_LOOKED_AT))
            columns = {key for row in head if isinstance(row, Row) for key in row.values if key not in OWN_COLUMNS}
            rows = chain(head, rows)
        if columns:
            self.summary.unread_columns |= columns - check_columns(self._mapping, columns, where)
        for row in rows:
            self.summary.rows += 1
            for made in [row] if isinstance(row, BadRow) else self._convert(row):
                if isinstance(made, BadRow):
                    self.summary.bad_rows += 1
                else:
                    self.summary.add(made)
                yield made

    def _convert(self, row: Row) -> Iterator[CustomerEvent | BadRow]:
        """Make the events of one row, and at most one report of what could not be made."""
        if self._fill:
            self._fill.take_over(row.values)
        for fits, because in self._skips:
            if fits(row.values):
                self.summary.skipped[because] += 1
                return
        problems: list[str] = []
        fitting = [rule for rule in self._rules if rule.fits(row.values)]
        for rule in fitting:
            for made in rule.events(row.values):
                if isinstance(made, str):
                    problems.append(made)
                else:
                    self._note_id(made.event_id)
                    yield made
        if not fitting:
            problems.append("no rule of the mapping fits it; add one, or a [[skip]] that says why not")
        if problems:
            yield BadRow(row.line, "; ".join(problems), _plain(row.values))

    def _note_id(self, event_id: str) -> None:
        """Count an id that was there before."""
        # 16 bytes each: ten million events fit in about 1 GB, their texts would not.
        mark = uuid5(_NAMESPACE, event_id).bytes
        if mark in self._seen:
            self.summary.repeated_ids += 1
        self._seen.add(mark)


class _Filler:
    """Remembers what the rows of a case said, for later rows that leave it out."""

    def __init__(self, fill: Fill, empty: frozenset[str]) -> None:
        self._key = column_of((fill.key,), empty)
        self._columns = [(column, column_of((column,), empty)) for column in fill.columns]
        self._known: dict[str, Cells] = {}

    def take_over(self, cells: Cells) -> None:
        """Fill the empty cells of a row, and remember those that are not."""
        key = self._key(cells)
        if key is None:
            return
        known = self._known.setdefault(text_of(key), {})
        for column, get in self._columns:
            found = get(cells)
            if found is not None:
                known[column] = found
            elif column in known:
                cells[column] = known[column]


class _Maker:
    """One rule of a mapping, made ready."""

    def __init__(self, number: int, mapping: Mapping, empty: frozenset[str], summary: Summary) -> None:
        rule = mapping.event[number]
        self._rule, self._name, self._summary = rule, name_of(number, rule), summary
        self._type = EVENT_TYPES[rule.kind]
        inner = f"{rule.each.column}." if rule.each else None
        of_items = {column: asked for column, asked in rule.when.items() if inner and column.startswith(inner)}
        self.fits = compiled_when({column: rule.when[column] for column in rule.when.keys() - of_items}, empty)
        self._fits_item = compiled_when(of_items, empty)
        self._once = [column_of((column,), empty) for column in rule.once]
        self._made: set[tuple[str, ...]] = set()
        self._fields = compiled_fields(_with_times({**mapping.common.fields, **rule.fields}), empty)
        self._attributes = compiled_fields({**mapping.common.attributes, **rule.attributes}, empty)
        known = {name: words_of(info.annotation) for name, info in self._type.model_fields.items()}
        # JSON writes ids as numbers at times; they are text to us.
        self._texts = [
            name for name, info in self._type.model_fields.items() if known[name] or is_text(info.annotation)
        ]
        self._lenient = {name: words for name, words in known.items() if "other" in words}

    def events(self, cells: Cells) -> Iterator[CustomerEvent | str]:
        """Make the event, or one per element, unless such a row made it before; or say what is wrong."""
        if self._once and self._is_repeated(cells):
            return
        if self._rule.each is None:
            yield self._event(cells, self._name)
            return
        try:
            items = list(items_of(self._rule.each, cells))
        except UnreadableMessageError as error:
            yield f"{self._name}: {error.detail}"
            return
        for number, item in enumerate(items):
            if self._fits_item(item):
                yield self._event(item, f"{self._name}, element {number + 1}")

    def _is_repeated(self, cells: Cells) -> bool:
        """Tell whether an earlier row said the same where the rule asks for one event only."""
        said = tuple(text_of(get(cells)) for get in self._once)
        known = said in self._made
        self._made.add(said)
        return known

    def _event(self, cells: Cells, name: str) -> CustomerEvent | str:
        """Make one event, or say why it cannot be made."""
        try:
            fields = self._fields(cells)
            for field_name in self._texts:
                if isinstance(fields.get(field_name), int | float):
                    fields[field_name] = text_of(fields[field_name])
            fields["attributes"] = self._attributes(cells)
            if "event_id" not in fields:
                fields["event_id"] = _derived_id(self._name, cells)
            event = self._type.model_validate(fields)
        except UnreadableMessageError as error:
            return f"{name}: {error.detail}"
        except ValidationError as error:
            return f"{name}: {unreadable(error).detail}"
        for field_name, words in self._lenient.items():
            given = fields.get(field_name)
            for word in given if isinstance(given, list) else (given,):
                if isinstance(word, str) and word not in words:
                    self._summary.unknown_words[(f"{self._rule.kind}.{field_name}", word)] += 1
        return event


def _with_times(fields: Fields) -> Fields:
    """Read times without a format as RFC 3339, so that a bare number is never taken for one by chance."""
    return {
        name: value.model_copy(update={"format": ("iso",)})
        if name in _TIMES and not value.format and value.start is None
        else value
        for name, value in fields.items()
    }


def _derived_id(rule: str, cells: Cells) -> str:
    """Make an id of what the row says, so that the same row exported again is the same event."""
    kept = {key: cell for key, cell in cells.items() if key not in OWN_COLUMNS or key == "#item"}
    return str(uuid5(_NAMESPACE, rule + orjson.dumps(kept, option=orjson.OPT_SORT_KEYS).decode()))


def _plain(cells: Cells) -> dict[str, Any]:
    """Leave out the columns that we added."""
    return {key: cell for key, cell in cells.items() if key not in OWN_COLUMNS}
