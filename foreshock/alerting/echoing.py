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
from foreshock.wording.language import Language
from foreshock.wording.phrases import say
from schemas.codec import encode
from schemas.suppressions import Suppression

# Columns that do not fit are cut, which a file or a pipe need not suffer.
_WIDTH_OF_FILES = 240


def echo(step: Told | Suppression, language: Language, as_json: bool) -> None:
    """Tell one transition, whether it was told or held back."""
    if isinstance(step, Suppression):
        click.echo(encode(step) if as_json else "\n".join(held_in_lines(step, language)))
    else:
        click.echo(step.raw if as_json else "\n".join(in_lines(step.alert, language)))


def list_untold(
    meant: list[Untold], count: int, limit: int, now: datetime, language: Language, *, as_json: bool
) -> None:
    """List what nobody was told of."""
    if as_json:
        for each in meant[:limit]:
            click.echo(as_line_of_untold(each))
    elif meant:
        draw(table_of_untold(meant[:limit], now, language))
    tell_shown("shown_untold", limit, len(meant), count, language)


def tell_shown(key: str, limit: int, meant: int, count: int, language: Language) -> None:
    """Say how many of how many were listed."""
    click.echo(say(language, key, shown=min(limit, meant), meant=meant, all=count), err=True)


def draw(table: Table) -> None:
    """Write a table."""
    Console(width=None if sys.stdout.isatty() else _WIDTH_OF_FILES, highlight=False).print(table)
