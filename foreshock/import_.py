"""The command `foreshock import`: a company's own export in, events out."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import click
from rich.console import Console

from foreshock.importing.converting import Converter
from foreshock.importing.exports import BadRows, read_exports, tell_rows, with_encoding
from foreshock.importing.loading import load_mapping
from foreshock.producing import produce
from schemas.codec import CustomerEvent, encode
from schemas.errors import ConfigurationError

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
    mapping = with_encoding(load_mapping(mapping_file), encoding)
    converter = Converter(mapping)
    with ExitStack() as stack:
        report = BadRows(console, _writer(stack, rejects) if rejects else None)
        events: Iterable[CustomerEvent] = read_exports(files, mapping, converter, report, console)
        if is_sorted:
            events = sorted(events, key=lambda event: event.occurred_at)
        if bootstrap:
            asyncio.run(produce(events, bootstrap, prefix))
        else:
            _write(events, sys.stdout.buffer if output == "-" else _writer(stack, Path(output)))
    report.close()
    summary = converter.summary
    tell_rows(console, summary, mapping, f"Kafka at {bootstrap}" if bootstrap else output)
    if not summary.events.total():
        raise click.ClickException("nothing could be read: no event was made")
    if strict and summary.bad_rows:
        raise click.exceptions.Exit(1)


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
