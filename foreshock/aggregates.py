"""The command `foreshock aggregates`: what many customers have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import get_args

import click

from foreshock.aggregating.shown import in_lines, table_of, urgent_first
from foreshock.aggregating.topic import (
    TOPIC,
    WantedAggregates,
    follow_aggregates,
    named_by,
    newest_of,
    read_aggregates,
)
from foreshock.alerting.echoing import draw
from foreshock.alerting.standing import Wanted
from foreshock.options import Duration
from foreshock.report.phrases import Language
from schemas.aggregates import GROUP_KINDS, AggregateAlert
from schemas.alerts import CAUSES, LEVELS
from schemas.codec import encode
from streams.settings import Settings, load_settings

Command = Callable[..., None]

_language = click.option(
    "--lang", "language", type=click.Choice(get_args(Language)), default="en", show_default=True, help="Of reasons."
)
_json = click.option("--json", "as_json", is_flag=True, help="JSON Lines, as on the topic.")


def _filtered(command: Command) -> Command:
    """Give a command the options that say which alerts are meant."""
    for option in (
        click.option("--kind", "kinds", multiple=True, type=click.Choice(GROUP_KINDS), help="Only of this in common."),
        click.option("--cause", "causes", multiple=True, type=click.Choice(CAUSES), help="Only of this cause."),
        click.option("--level", "levels", multiple=True, type=click.Choice(LEVELS[1:]), help="Only of this level."),
        click.option("--org", "units", multiple=True, metavar="PATH", help="Only of this unit and those below it."),
    ):
        command = option(command)
    return command


@click.group("aggregates")
def aggregates() -> None:
    """List alerts about many customers of one unit, product, line or household, and watch them.

    They end by themselves, when so many are no longer more than is usual; the alerts of the customers are answered
    with `foreshock alerts`. One is named by its id or by the first characters of it, at least six.

    \b
      foreshock aggregates list --kind unit --org HQ/Guangdong
      foreshock aggregates show 3fa1c2d4
    """  # noqa: D301 - click's own mark


@aggregates.command("list")
@_filtered
@click.option("--ended", "with_ended", is_flag=True, help="Those that have ended too.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="How many, the most urgent.")
@_language
@_json
def list_aggregates(
    units: tuple[str, ...],
    levels: tuple[str, ...],
    causes: tuple[str, ...],
    kinds: tuple[str, ...],
    with_ended: bool,
    limit: int,
    language: Language,
    as_json: bool,
) -> None:
    """List those that are open, the most urgent first; of one level those with most customers.

    Ages are counted to now, or to the newest transition where events move the clock (FORESHOCK_CLOCK=event).
    """
    settings = load_settings()
    newest = newest_of(asyncio.run(read_aggregates(settings)))
    standing = [alert for alert in newest if with_ended or alert.transition != "expired"]
    wanted = WantedAggregates(Wanted(units, frozenset(levels), frozenset(causes)), frozenset(kinds))
    meant = urgent_first(alert for alert in standing if wanted.takes(alert))
    if as_json:
        for alert in meant[:limit]:
            click.echo(encode(alert))
    elif meant:
        draw(table_of(meant[:limit], _now(settings, newest), language))
    click.echo(f"{min(limit, len(meant)):,} of {len(meant):,} shown, {len(standing):,} in all", err=True)


@aggregates.command()
@click.argument("aggregate_id")
@_language
@_json
def show(aggregate_id: str, language: Language, as_json: bool) -> None:
    """Show every transition of one, with its reasons and the alerts that it is made of."""
    settings = load_settings()
    transitions = asyncio.run(read_aggregates(settings))
    for alert in named_by(transitions, aggregate_id, settings.topic(TOPIC)):
        _echo(alert, language, as_json=as_json)


@aggregates.command()
@_filtered
@click.option("--for", "limit", type=Duration(), metavar="60s", help="Stop after so much time; without it on Ctrl-C.")
@_language
@_json
def watch(
    units: tuple[str, ...],
    levels: tuple[str, ...],
    causes: tuple[str, ...],
    kinds: tuple[str, ...],
    limit: timedelta | None,
    language: Language,
    as_json: bool,
) -> None:
    """Tell transitions as they come, from now on."""
    wanted = WantedAggregates(Wanted(units, frozenset(levels), frozenset(causes)), frozenset(kinds))

    async def tell() -> None:
        async for alert in follow_aggregates(load_settings(), limit):
            if wanted.takes(alert):
                _echo(alert, language, as_json=as_json)

    try:
        asyncio.run(tell())
    except KeyboardInterrupt:
        return


def _echo(alert: AggregateAlert, language: Language, *, as_json: bool) -> None:
    """Tell one transition."""
    click.echo(encode(alert) if as_json else "\n".join(in_lines(alert, language)))


def _now(settings: Settings, newest: list[AggregateAlert]) -> datetime:
    """Return the time that ages are counted to."""
    if settings.clock == "event" and newest:
        return max(alert.at for alert in newest)
    return datetime.now(UTC)
