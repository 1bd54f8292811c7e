"""Alerts written to the terminal, as people or programs want them."""

from __future__ import annotations

import sys
from datetime import datetime

import click
from rich.console import Console
from rich.table import Table

from foreshock.alerting.shown import in_lines
from foreshock.alerting.topic import Told
from foreshock.alerting.untold import Untold, as_line_of_untold, held_in_lines, table_of_untold
from foreshock.report.phrases import Language
from schemas.codec import encode
from schemas.suppressions import Suppression

# Columns that do not fit are cut, which a file or a pipe need not suffer.
_WIDTH_OF_FILES = 240


def echo(step: Told | Suppression, language: Language, as_json: bool) -> None:
    """Tell one transition, whether it was told or held back."""
    if isinstance(step, Suppression):
        click.echo(encode(step) if as_json else "\n".join(held_in_lines(step)))
    else:
        click.echo(step.raw if as_json else "\n".join(in_lines(step.alert, language)))


def list_untold(meant: list[Untold], count: int, limit: int, now: datetime, *, as_json: bool) -> None:
    """List what nobody was told of."""
    if as_json:
        for each in meant[:limit]:
            click.echo(as_line_of_untold(each))
    elif meant:
        draw(table_of_untold(meant[:limit], now))
    click.echo(f"{min(limit, len(meant)):,} of {len(meant):,} shown, {count:,} untold in all", err=True)


def draw(table: Table) -> None:
    """Write a table."""
    Console(width=None if sys.stdout.isatty() else _WIDTH_OF_FILES, highlight=False).print(table)
