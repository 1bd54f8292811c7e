"""Rows of an export file, each with the line it stands on, whatever its format, encoding or compression."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import orjson

from foreshock.importing.parts import Source
from schemas.errors import MappingError

Format = Literal["csv", "tsv", "jsonl"]

LINE = "#line"
"""Column of every row: the line of the file it starts on, from 1."""

ROW = "#row"
"""Column of every row: its number among the rows of data, from 1."""

ITEM = "#item"
"""Column inside a rule's `each`: the number of the element, from 0."""

OWN_COLUMNS = frozenset({LINE, ROW, ITEM})
"""Columns that we add, so that ids and times can be made of them."""

_GZIP_MAGIC = b"\x1f\x8b"
_SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}

# A transcript of an hour is about 60 KB; Python's own limit of 128 KB would refuse a long chat.
csv.field_size_limit(4 << 20)


@dataclass(frozen=True, slots=True)
class Row:
    """One row that could be read."""

    line: int
    """Line of the file that it starts on, from 1."""

    values: dict[str, Any]
    """Column to value: text in CSV, any JSON in JSON Lines; and `#line` and `#row`."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row that could not be read, or not be made into an event."""

    line: int
    """Line of the file that it starts on, from 1."""

    reason: str
    """What is wrong, without repeating what the row says: it may be personal data."""

    values: Any = None
    """The row as far as it could be read."""


@dataclass(frozen=True, slots=True)
class Table:
    """An open export."""

    columns: tuple[str, ...] | None
    """Names of all columns; `None` for JSON Lines, where each row has its own."""

    rows: Iterator[Row | BadRow]
    """Its rows, good and bad, in the order of the file."""


def format_of(source: Source, name: str) -> Format:
    """Tell how a file is written: as the mapping says, or by the file's name.

    Raises
    ------
    MappingError
        If neither tells.
    """
    if source.format is not None:
        return source.format
    suffix = Path(name.lower().removesuffix(".gz")).suffix
    if suffix not in _SUFFIXES:
        raise MappingError(
            f"{name}: neither its name nor the mapping says how it is written; "
            'put format = "csv" (or "tsv", "jsonl") under [source]'
        )
    return _SUFFIXES[suffix]


@contextmanager
def open_table(name: str, source: Source, stream: io.RawIOBase) -> Iterator[Table]:
    """Open an export, plain or gzipped.

    Parameters
    ----------
    name
        Its name, which also tells its format where the mapping does not.
    source
        How it is written.
    stream
        Its bytes; closed at the end.

    Yields
    ------
    Table
        Columns and rows; rows are read as they are asked for.

    Raises
    ------
    MappingError
        If the format is not known, or the first row does not name every column once.
    """
    kind = format_of(source, name)
    with io.BufferedReader(stream) as raw:
        packed = raw.peek(2)[:2] == _GZIP_MAGIC
        opened = gzip.GzipFile(fileobj=raw) if packed else raw
        with io.TextIOWrapper(opened, _encoding(source), errors="surrogateescape", newline="") as text:
            lines = _Lines(text, source.encoding)
            if kind == "jsonl":
                yield Table(None, _json_rows(lines))
            else:
                yield _csv_table(lines, source, kind, name)


class _Lines:
    """Lines of a text, which end early where the file is broken, and say so."""

    def __init__(self, text: IO[str], encoding: str) -> None:
        self._text = text
        self.encoding = encoding
        self.broken: str | None = None
        """Why the file could not be read to its end."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """Give the next line with its end; stop at the end of what can be read."""
        try:
            line = self._text.readline()
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self.broken = f"the compressed file breaks off here, what follows is lost: {error}"
            raise StopIteration from None
        except UnicodeError as error:
            self.broken = f"from here on it is not {self.encoding}: {error.__class__.__name__}"
            raise StopIteration from None
        if not line:
            raise StopIteration
        return line

    def misread(self, text: str) -> str | None:
        """Say why a text is not readable in the encoding given, if it is not."""
        if any("\udc80" <= character <= "\udcff" for character in text):
            hint = "gb18030" if codecs.lookup(self.encoding).name in {"utf-8", "utf-8-sig"} else "utf-8"
            return f"it holds bytes that are not {self.encoding}; is the file perhaps {hint}? (--encoding {hint})"
        return None


def _encoding(source: Source) -> str:
    """Name the codec: a byte order mark of UTF-8 is no part of the first column's name."""
    name = codecs.lookup(source.encoding).name
    return "utf-8-sig" if name == "utf-8" else name


def _csv_table(lines: _Lines, source: Source, kind: Format, name: str) -> Table:
    """Read the header, and get ready to read the rest."""
    delimiter = source.delimiter or ("\t" if kind == "tsv" else ",")
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if source.quotes else csv.QUOTE_NONE
    reader = csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=True)
    if source.columns is not None:
        columns = source.columns
    else:
        try:
            columns = tuple(cell.strip() for cell in next(reader))
        except StopIteration:
            raise MappingError(f"{name}: {lines.broken or 'the file is empty'}") from None
        except csv.Error as error:
            raise MappingError(f"{name}: its first row cannot be read: {error}") from None
        if why := lines.misread("".join(columns)):
            raise MappingError(f"{name}: its first row cannot be read: {why}")
    repeated = {column for column in columns if column and columns.count(column) > 1}
    if repeated:
        raise MappingError(f"{name}: more than one column is named {', '.join(sorted(repeated))}; rename them")
    return Table(columns, _csv_rows(reader, lines, columns))


def _csv_rows(reader: Any, lines: _Lines, columns: tuple[str, ...]) -> Iterator[Row | BadRow]:
    """Read row by row; a quoted cell may hold line ends, so a row may be several lines."""
    number = 0
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            if lines.broken:
                yield BadRow(line, lines.broken)
            return
        except csv.Error as error:
            yield BadRow(line, f"not a row of a table: {error}")
            continue
        if not any(cells):
            continue
        number += 1
        if why := lines.misread("".join(cells)):
            yield BadRow(line, why, _readable(cells))
        elif len(cells) != len(columns):
            yield BadRow(line, f"it has {len(cells)} cells, and there are {len(columns)} columns", cells)
        else:
            yield Row(line, {**dict(zip(columns, cells, strict=True)), LINE: line, ROW: number})


def _json_rows(lines: _Lines) -> Iterator[Row | BadRow]:
    """Read one JSON object per line."""
    number = line = 0
    for line, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        number += 1
        if why := lines.misread(text):
            yield BadRow(line, why, _readable([text])[0])
            continue
        try:
            values = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            yield BadRow(line, f"not JSON: {error}", text.rstrip())
            continue
        if not isinstance(values, dict):
            yield BadRow(line, "not a JSON object", values)
            continue
        yield Row(line, {**values, LINE: line, ROW: number})
    if lines.broken:
        yield BadRow(line + 1, lines.broken)


def _readable(cells: list[str]) -> list[str]:
    """Show cells as far as they can be read."""
    return [cell.encode("utf-8", "replace").decode() for cell in cells]
