"""Exports as events: read with a bar where a person watches, and what became of the rows told."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from foreshock.importing.converting import Converter
from foreshock.importing.mapping import Mapping
from foreshock.importing.rows import BadRow, open_table
from foreshock.importing.summary import Summary
from schemas.codec import CustomerEvent
from schemas.errors import ConfigurationError

# More would scroll the summary away; all of them are in the file that --rejects names.
_BAD_ROWS_SHOWN = 20


class BadRows:
    """Reports rows that are bad: the first ones on the terminal, all of them in a file."""

    def __init__(self, console: Console, file: IO[bytes] | None) -> None:
        self._console, self._file, self._count = console, file, 0

    def add(self, name: str, bad: BadRow) -> None:
        """Report one."""
        self._count += 1
        if self._count <= _BAD_ROWS_SHOWN:
            self._console.print(f"{name}:{bad.line}: {bad.reason}", markup=False, highlight=False, soft_wrap=True)
        if self._file is not None:
            row = {"file": name, "line": bad.line, "reason": bad.reason, "row": bad.values}
            self._file.write(orjson.dumps(row, default=str) + b"\n")

    def close(self) -> None:
        """Say how many were not shown."""
        if self._count > _BAD_ROWS_SHOWN:
            hint = "" if self._file else "; --rejects FILE keeps them all"
            self._console.print(f"... and {self._count - _BAD_ROWS_SHOWN} more bad rows{hint}", highlight=False)


def with_encoding(mapping: Mapping, encoding: str | None) -> Mapping:
    """Let the option win over the mapping."""
    if encoding is None:
        return mapping
    given = {**mapping.source.model_dump(exclude_unset=True), "encoding": encoding}
    try:
        source = type(mapping.source).model_validate(given)
    except ValueError as error:
        raise click.BadParameter(f"no encoding is named {encoding!r}", param_hint="--encoding") from error
    return mapping.model_copy(update={"source": source})


def read_exports(
    files: tuple[Path, ...], mapping: Mapping, converter: Converter, report: BadRows, console: Console
) -> Iterator[CustomerEvent]:
    """Read all files, one after the other, with a bar where a person watches."""
    sizes = [file.stat().st_size if file.is_file() else None for file in files]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("reading", total=total)
        for file in files:
            name = "standard input" if str(file) == "-" else str(file)
            try:
                stream = sys.stdin.buffer if str(file) == "-" else file.open("rb")
            except OSError as error:
                raise ConfigurationError(f"{name}: {error.strerror}") from error
            counted = _WatchedBytes(stream, lambda read: progress.advance(task, read))
            with open_table(file.name, mapping.source, counted) as table:
                for made in converter.events_of(table, name):
                    if isinstance(made, BadRow):
                        report.add(name, made)
                    else:
                        yield made


def tell_rows(console: Console, summary: Summary, mapping: Mapping, destination: str) -> None:
    """Say what became of the rows, and what looks like an oversight."""

    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(summary.events.items())) or "none"
    say(f"{_counted(summary.rows, 'row')} -> {_counted(summary.events.total(), 'event')} ({kinds}) to {destination}")
    if summary.first_at and summary.last_at:
        say(f"from {summary.first_at:%Y-%m-%d %H:%M} to {summary.last_at:%Y-%m-%d %H:%M} UTC")
    for because, count in summary.skipped.most_common():
        say(f"{_counted(count, 'row')} skipped: {because}")
    if summary.bad_rows:
        say(_counted(summary.bad_rows, "bad row"))
    if summary.repeated_ids:
        say(
            f"{_counted(summary.repeated_ids, 'event')} with an event_id that was there before: each id counts once; "
            "if they are different events, make event_id of more columns"
        )
    for (field, word), count in summary.unknown_words.most_common(10):
        say(f"{count:,} x {field} = {word!r} is read as 'other'; add it to the field's map to keep its meaning")
    if summary.unread_columns:
        say(f"columns that the mapping does not read: {', '.join(sorted(summary.unread_columns))}")
    if mapping.attribute_names:
        say(f"own fields, to be declared where they are used: FORESHOCK_ATTRIBUTES={','.join(mapping.attribute_names)}")


class _WatchedBytes(io.RawIOBase):
    """Bytes of a file, told as they are read: of a gzipped file too, we know how far we are."""

    def __init__(self, stream: IO[bytes], tell: Callable[[int], None]) -> None:
        self._stream, self._tell = stream, tell

    def readable(self) -> bool:
        """Say yes: that is all it can do."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer and tell how much that was."""
        chunk = self._stream.read(len(buffer))
        buffer[: len(chunk)] = chunk
        self._tell(len(chunk))
        return len(chunk)

    def close(self) -> None:
        """Close the file beneath."""
        self._stream.close()
        super().close()


def _counted(count: int, what: str) -> str:
    """Write a number of things."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
