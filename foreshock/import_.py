"""The command `foreshock import`: a company's own export in, events out."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from foreshock.importing.converting import Converter
from foreshock.importing.loading import load_mapping
from foreshock.importing.mapping import Mapping
from foreshock.importing.rows import BadRow, open_table
from foreshock.importing.summary import Summary
from foreshock.producing import produce
from schemas.codec import CustomerEvent, encode
from schemas.errors import ConfigurationError

# More would scroll the summary away; all of them are in the file that --rejects names.
_BAD_ROWS_SHOWN = 20

_HELP = """Turn a company's own CSV, TSV or JSON Lines export into events.

A mapping file says what the columns mean. This is a whole one:

\b
  [common]                          # fields that every event gets
  customer_id = { column = "客户号" }
  occurred_at = { column = "时间", format = "%Y-%m-%d %H:%M", zone = "Asia/Shanghai" }
  org_path    = { template = "HQ/{分公司}" }

\b
  [[event]]                         # which rows are which kind of event
  kind = "call"
  when = { "类型" = ["来电", "在线"] }
  channel = { column = "类型", map = { "来电" = "hotline", "在线" = "online_chat" } }
  text = { column = "内容" }

\b
  [[event]]
  kind = "complaint"
  when = { "类型" = "投诉" }

\b
  [[skip]]
  when = { "类型" = "内部测试" }
  because = "test calls"

Then:

\b
  foreshock import --mapping mapping.toml export.csv --output events.jsonl
  foreshock replay events.jsonl
  foreshock import --mapping mapping.toml export.csv.gz --bootstrap 127.0.0.1:9092

Files may be gzipped; - is standard input. Rows that cannot be made into events are reported with their
line and reason, and the rest goes through. Customer ids are written as they are: replay and ingest make them
pseudonyms and redact texts.
Everything that a mapping can say: docs/reference/import.md. Examples: examples/*.toml.
"""


@click.command("import", help=_HELP)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True), metavar="FILE...")
@click.option(
    "--mapping",
    "mapping_file",
    required=True,
    type=click.Path(path_type=Path),
    help="What the columns mean (TOML).",
)
@click.option(
    "--output", default="-", metavar="FILE", help="Where events go, as JSON Lines; - is standard output (the default)."
)
@click.option("--encoding", help="Encoding of the files, such as gb18030; wins over the mapping.")
@click.option("--sort", "is_sorted", is_flag=True, help="Order by occurred_at, not as in the files; needs memory.")
@click.option("--rejects", type=click.Path(path_type=Path), help="Also write rows that are bad here, as JSON Lines.")
@click.option("--strict", is_flag=True, help="Exit with 1 if any row is bad.")
@click.option("--bootstrap", metavar="HOST:PORT", help="Send to Kafka's source topics instead of --output.")
@click.option("--prefix", help="Put before each topic's name; foreshock. by default.")
def import_command(
    files: tuple[Path, ...],
    mapping_file: Path,
    output: str,
    encoding: str | None,
    is_sorted: bool,
    rejects: Path | None,
    strict: bool,
    bootstrap: str | None,
    prefix: str | None,
) -> None:
    """Turn exports into events; the help text is `_HELP`."""
    console = Console(stderr=True)
    mapping = _with_encoding(load_mapping(mapping_file), encoding)
    converter = Converter(mapping)
    with ExitStack() as stack:
        report = _BadRows(console, _writer(stack, rejects) if rejects else None)
        events: Iterable[CustomerEvent] = _read(files, mapping, converter, report, console)
        if is_sorted:
            events = sorted(events, key=lambda event: event.occurred_at)
        if bootstrap:
            asyncio.run(produce(events, bootstrap, prefix))
        else:
            _write(events, sys.stdout.buffer if output == "-" else _writer(stack, Path(output)))
    report.close()
    summary = converter.summary
    _tell(console, summary, mapping, f"Kafka at {bootstrap}" if bootstrap else output)
    if not summary.events.total():
        raise click.ClickException("nothing could be read: no event was made")
    if strict and summary.bad_rows:
        raise click.exceptions.Exit(1)


class _BadRows:
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


def _with_encoding(mapping: Mapping, encoding: str | None) -> Mapping:
    """Let the option win over the mapping."""
    if encoding is None:
        return mapping
    given = {**mapping.source.model_dump(exclude_unset=True), "encoding": encoding}
    try:
        source = type(mapping.source).model_validate(given)
    except ValueError as error:
        raise click.BadParameter(f"no encoding is named {encoding!r}", param_hint="--encoding") from error
    return mapping.model_copy(update={"source": source})


def _read(
    files: tuple[Path, ...], mapping: Mapping, converter: Converter, report: _BadRows, console: Console
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


def _writer(stack: ExitStack, path: Path) -> IO[bytes]:
    """Open a file to write, closed at the end."""
    try:
        return stack.enter_context(path.open("wb"))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written: {error.strerror}") from error


def _write(events: Iterable[CustomerEvent], file: IO[bytes]) -> None:
    """Write one line per event."""
    for event in events:
        file.write(encode(event) + b"\n")
    file.flush()


def _tell(console: Console, summary: Summary, mapping: Mapping, destination: str) -> None:
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


def _counted(count: int, what: str) -> str:
    """Write a number of things."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
