"""The command `foreshock aggregates`: what many customers have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import click
import orjson

from foreshock import options
from foreshock.aggregating.account import as_dict
from foreshock.aggregating.explained import explained
from foreshock.aggregating.shown import in_lines, table_of, urgent_first
from foreshock.aggregating.telling import Teller
from foreshock.aggregating.topic import (
    TOPIC,
    WantedAggregates,
    follow_aggregates,
    named_by,
    newest_of,
    read_aggregates,
)
from foreshock.alerting.echoing import draw, tell_shown
from foreshock.alerting.standing import Wanted
from foreshock.explaining.basis import FILE, Basis, derived_again
from foreshock.options import Duration
from foreshock.wording.language import Language
from foreshock.wording.terms import Term
from schemas.aggregates import GROUP_KINDS, AggregateAlert
from schemas.alerts import CAUSES, LEVELS
from schemas.codec import encode
from streams.settings import Settings, load_settings

Command = Callable[..., None]

_json = click.option("--json", "as_json", is_flag=True, help="JSON Lines, as on the topic.")


def _filtered(command: Command) -> Command:
    """Give a command the options that say which alerts are meant."""
    for option in (
        click.option("--kind", "kinds", multiple=True, type=Term("group", GROUP_KINDS), help="Only of this in common."),
        click.option("--cause", "causes", multiple=True, type=Term("cause", CAUSES), help="Only of this cause."),
        click.option("--level", "levels", multiple=True, type=Term("level", LEVELS[1:]), help="Only of this level."),
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
      foreshock aggregates explain 3fa1c2d4
    """  # noqa: D301 - click's own mark


@aggregates.command("list")
@_filtered
@click.option("--ended", "with_ended", is_flag=True, help="Those that have ended too.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="How many, the most urgent.")
@options.language
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
    tell_shown("shown", limit, len(meant), len(standing), language)


@aggregates.command()
@click.argument("aggregate_id")
@options.language
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
@options.language
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


@aggregates.command()
@click.argument("aggregate_id")
@derived_again
@click.option("--aggregates", "sent", type=FILE, help="What was sent, as JSON Lines; wins over the topic.")
@options.language
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with whom every transition counted.")
@click.pass_context
def explain(
    ctx: click.Context, aggregate_id: str, basis: Basis, sent: str | None, language: Language, as_json: bool
) -> None:
    """Derive one again from the journal, and say whom it counted.

    Without FILES the journal and the topic of the broker are read; FILES are what `foreshock replay` reads: dumps, or
    events. Every partition is replayed, because a group's customers are in all of them; memory holds all customers. One
    of which nothing was sent takes a second pass, to find which group it is about.

    Exit codes: 0 it follows as it was sent (or there was nothing to compare with), 1 it differs, 2 it cannot be
    derived.
    """
    account = asyncio.run(explained(basis, aggregate_id, sent))
    if as_json:
        click.echo(orjson.dumps(as_dict(account), option=orjson.OPT_INDENT_2))
    else:
        for line in Teller(account, language).lines():
            click.echo(line)
    ctx.exit(int(not account.is_same))


def _echo(alert: AggregateAlert, language: Language, *, as_json: bool) -> None:
    """Tell one transition."""
    click.echo(encode(alert) if as_json else "\n".join(in_lines(alert, language)))


def _now(settings: Settings, newest: list[AggregateAlert]) -> datetime:
    """Return the time that ages are counted to."""
    if settings.clock == "event" and newest:
        return max(alert.at for alert in newest)
    return datetime.now(UTC)
