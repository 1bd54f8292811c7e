"""A company's history as events in the order of their time, from exports or from files of events."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from foreshock.importing.converting import Converter
from foreshock.importing.exports import BadRows, read_exports, tell_rows
from foreshock.importing.loading import load_mapping
from schemas.codec import decode_event, encode
from schemas.errors import ConfigurationError, UnreadableMessageError

Line = tuple[float, bytes]
"""An event with its time, in seconds since 1970."""


class History:
    """Reads files once, and remembers what could not be read.

    Parameters
    ----------
    files
        Events as JSON Lines, or a company's exports; gzipped ones too.
    mapping_file
        What the columns of exports mean; without it the files hold events.
    console
        Where progress and bad rows are shown.
    """

    def __init__(self, files: tuple[Path, ...], mapping_file: Path | None, console: Console) -> None:
        self._files = files
        self._mapping_file = mapping_file
        self._console = console
        self.unreadable: Counter[str] = Counter()
        """Lines that are no events, by reason."""

    def lines(self) -> list[bytes]:
        """Return all events as JSON, in the order of their time; those of one moment keep the order of the files."""
        found = list(self._exported(self._mapping_file) if self._mapping_file else self._written())
        ordered = [raw for _, raw in sorted(found, key=_time)]
        if not ordered:
            raise ConfigurationError("the files hold no event" + (" that can be read" if self.unreadable else ""))
        return ordered

    def _exported(self, mapping_file: Path) -> Iterator[Line]:
        """Make events of a company's exports, and say what became of the rows."""
        mapping = load_mapping(mapping_file)
        converter, bad = Converter(mapping), BadRows(self._console, None)
        for event in read_exports(self._files, mapping, converter, bad, self._console):
            yield event.occurred_at.timestamp(), encode(event)
        bad.close()
        tell_rows(self._console, converter.summary, mapping, "training")

    def _written(self) -> Iterator[Line]:
        """Read files of events; a line that is none is counted, and its file named once."""
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        with (
            Progress(*columns, console=self._console, transient=True, disable=not self._console.is_terminal) as bar,
            ExitStack() as stack,
        ):
            for file in self._files:
                for number, raw in enumerate(_lines_of(stack, file, bar), start=1):
                    try:
                        yield decode_event(raw).occurred_at.timestamp(), raw
                    except UnreadableMessageError as error:
                        self.unreadable[error.reason] += 1
                        if self.unreadable.total() == 1:
                            self._say(f"{file}:{number}: {error}")

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


def _time(line: Line) -> float:
    return line[0]


def _lines_of(stack: ExitStack, file: Path, bar: Progress) -> Iterator[bytes]:
    """Yield the lines of a file that are not blank; the bar follows the bytes read."""
    if str(file) == "-":
        yield from (line.rstrip(b"\n") for line in click.get_binary_stream("stdin") if line.strip())
        return
    try:
        raw: IO[bytes] = stack.enter_context(bar.open(file, "rb", description=f"reading {file.name}"))
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}") from error
    opened = stack.enter_context(gzip.GzipFile(fileobj=raw)) if file.suffix == ".gz" else raw
    yield from (line.rstrip(b"\n") for line in opened if line.strip())
