"""The command `foreshock pseudonym`: the keys of known customers, so that a CRM can join."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click

from models.pseudonym import Pseudonymiser
from schemas.errors import ConfigurationError
from streams.settings import load_settings

ADDED_COLUMN = "customer_key"
"""Name of the column with the keys."""


@click.command("pseudonym")
@click.argument("customer_ids", nargs=-1, metavar="[CUSTOMER_ID]...")
@click.option(
    "--csv",
    "table",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="A CSV file with a header, instead of ids; - is standard input.",
)
@click.option("--column", default="customer_id", show_default=True, help="With --csv: the column of customer ids.")
@click.option("--tenant", default="default", show_default=True, help="Whose customers they are.")
@click.option(
    "--tenant-column", metavar="COLUMN", help="With --csv: a column that names each row's tenant; wins over --tenant."
)
@click.option("--encoding", default="utf-8", show_default=True, help="With --csv: how the file is written.")
@click.option(
    "--output", default="-", metavar="FILE", help="Where the result goes; - is standard output (the default)."
)
def pseudonym(
    customer_ids: tuple[str, ...],
    table: Path | None,
    column: str,
    tenant: str,
    tenant_column: str | None,
    encoding: str,
    output: str,
) -> None:
    """Tell the keys under which customers appear in risk and alerts.

    The secret is the one of the settings (FORESHOCK_PSEUDONYM_KEY or FORESHOCK_PSEUDONYM_KEY_FILE); only who has it
    can do this, and a key cannot be turned back.

    \b
      foreshock pseudonym C1001 C1002
      foreshock pseudonym --csv customers.csv --column 客户号 --encoding gb18030 --output keys.csv

    Ids give one line each: id, tab, key. A CSV comes back with one more column, customer_key; a row without an id
    gets an empty one.
    """  # noqa: D301 - click's own mark
    if bool(customer_ids) == (table is not None):
        raise click.UsageError("give customer ids, or a file of them with --csv")
    try:
        pseudonymiser = Pseudonymiser(load_settings().pseudonym_secret())
        with _opened(output, "w", "utf-8") as written:
            if table is None:
                for customer_id in customer_ids:
                    written.write(f"{customer_id}\t{pseudonymiser.key_of(tenant, customer_id)}\n")
            else:
                with _opened(
                    str(table), "r", "utf-8-sig" if encoding.lower() in {"utf-8", "utf8"} else encoding
                ) as read:
                    _join(read, written, pseudonymiser, column, tenant, tenant_column)
    except (ValueError, LookupError, csv.Error) as error:
        raise ConfigurationError(str(error)) from error


def _join(
    read: IO[str], written: IO[str], pseudonymiser: Pseudonymiser, column: str, tenant: str, tenant_column: str | None
) -> None:
    """Copy a table with one more column."""
    reader = csv.reader(read, strict=True)
    header = next(reader, [])
    for name in filter(None, (column, tenant_column)):
        if name not in header:
            raise ConfigurationError(f"there is no column {name!r}; the columns are: {', '.join(header)}")
    if ADDED_COLUMN in header:
        raise ConfigurationError(f"there is a column {ADDED_COLUMN} already")
    of_id = header.index(column)
    of_tenant = header.index(tenant_column) if tenant_column else None
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([*header, ADDED_COLUMN])
    for row in filter(None, reader):
        if len(row) != len(header):
            raise ConfigurationError(f"line {reader.line_num}: {len(row)} cells, and there are {len(header)} columns")
        whose = tenant if of_tenant is None else row[of_tenant] or tenant
        customer_id = row[of_id].strip()
        writer.writerow([*row, pseudonymiser.key_of(whose, customer_id) if customer_id else ""])


@contextmanager
def _opened(name: str, mode: str, encoding: str) -> Iterator[IO[str]]:
    """Open a file of text, or the standard streams for `-`."""
    if name == "-":
        with click.open_file("-", mode, encoding=encoding) as stream:
            yield stream
        return
    try:
        with open(name, mode, encoding=encoding, newline="") as file:
            yield file
    except OSError as error:
        raise ConfigurationError(f"{name}: {error.strerror}") from error
