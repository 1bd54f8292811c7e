"""The command `foreshock alerts`: for people who have no console."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import click

from foreshock import options
from foreshock.alerting.acting import Deed, act, seen_in
from foreshock.alerting.echoing import draw, echo, list_untold, tell_shown
from foreshock.alerting.looking import read_board, read_found, read_untold
from foreshock.alerting.shown import as_line, table_of, urgent_first
from foreshock.alerting.standing import Wanted
from foreshock.alerting.topic import Told, follow_alerts
from foreshock.author import author_of
from foreshock.broker.reading import open_topic
from foreshock.options import Duration
from foreshock.wording.language import Language
from foreshock.wording.phrases import say
from foreshock.wording.terms import Term, term
from schemas.actions import ActionName
from schemas.alerts import CAUSES, LEVELS, Transition
from schemas.suppressions import Suppression
from streams.settings import Settings, load_settings

# What a worker writes again after a crash is its last few batches.
_REPEATED_WITHIN = 2_000

Command = Callable[..., None]

_json = click.option("--json", "as_json", is_flag=True, help="JSON Lines.")


def _filtered(command: Command) -> Command:
    """Give a command the options that say which alerts are meant."""
    for option in (
        click.option("--customer", metavar="KEY", help="Only of this customer key (`foreshock pseudonym` tells it)."),
        click.option("--cause", "causes", multiple=True, type=Term("cause", CAUSES), help="Only of this cause."),
        click.option("--level", "levels", multiple=True, type=Term("level", LEVELS[1:]), help="Only of this level."),
        click.option("--org", "units", multiple=True, metavar="PATH", help="Only of this unit and those below it."),
    ):
        command = option(command)
    return command


def _answering(command: Command) -> Command:
    """Give a command the options that every answer has."""
    for option in (
        click.option(
            "--wait", type=Duration(), default="30s", show_default=True, metavar="30s", help="How long for the answer."
        ),
        click.option("--by", metavar="NAME", help="Who does it; without it the user of this machine."),
        click.option("--note", metavar="TEXT", help="In words; redacted before it is stored."),
        options.language,
        click.argument("alert_id"),
    ):
        command = option(command)
    return command


def _closing(command: Command) -> Command:
    """Give a command the options of what ends an alert."""
    evidence = click.option("--evidence", metavar="REF", help="What shows it, such as the number of a file.")
    unit = click.option(
        "--for", "unit", metavar="UNIT", help="Your unit, such as HQ; without it the one that last served the customer."
    )
    return evidence(unit(command))


@click.group("alerts")
def alerts() -> None:
    """List the open alerts, look at one, watch them come, and answer them.

    An answer is an event on the topic of actions, as a CRM system would send it: the core decides what comes of it,
    and writes a receipt. An alert is named by its id or by the first characters of it, at least six.

    \b
      foreshock alerts list --org HQ/Guangdong --level red --level orange
      foreshock alerts show 3fa1c2d4
      foreshock alerts ack 3fa1c2d4 --note "I call today at four"
      foreshock alerts resolve 3fa1c2d4 --note "paid, and apologised"
    """  # noqa: D301 - click's own mark


@alerts.command("list")
@_filtered
@click.option("--older-than", type=Duration(), metavar="4h", help="Only those that opened at least so long ago.")
@click.option("--younger-than", type=Duration(), metavar="2d", help="Only those that opened less long ago.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="How many, the most urgent.")
@click.option("--untold", "is_untold", is_flag=True, help="Only those that nobody was told of, and what hides them.")
@options.language
@_json
def list_alerts(
    units: tuple[str, ...],
    levels: tuple[str, ...],
    causes: tuple[str, ...],
    customer: str | None,
    older_than: timedelta | None,
    younger_than: timedelta | None,
    limit: int,
    is_untold: bool,
    language: Language,
    as_json: bool,
) -> None:
    """List the open alerts, the most urgent first; of one level those that nobody has taken, then the oldest.

    Ages are counted to now, or to the newest alert where events move the clock (FORESHOCK_CLOCK=event). Those that
    nobody was told of, because a rule held them back from the start, are listed with --untold alone.
    """
    settings = load_settings()
    board = asyncio.run(read_board(settings))
    now = board.newest_at if settings.clock == "event" and board.newest_at else datetime.now(UTC)
    wanted = Wanted(
        units,
        frozenset(levels),
        frozenset(causes),
        customer,
        opened_before=now - older_than if older_than is not None else None,
        opened_after=now - younger_than if younger_than is not None else None,
    )
    if is_untold:
        untold = asyncio.run(read_untold(settings, board))
        list_untold([each for each in untold if wanted.takes(each)], len(untold), limit, now, language, as_json=as_json)
        return
    meant = urgent_first(seen for seen in board.open.values() if wanted.takes(seen.newest))
    if as_json:
        for seen in meant[:limit]:
            click.echo(as_line(seen))
    elif meant:
        draw(table_of(meant[:limit], now, language))
    tell_shown("shown_open", limit, len(meant), len(board.open), language)


@alerts.command()
@click.argument("alert_id")
@options.language
@_json
def show(alert_id: str, language: Language, as_json: bool) -> None:
    """Show every transition of an alert with its reasons and the events that show them, and what was held back.

    With --json, what was held back is a record of the topic of suppressions: it has a `rule`.
    """
    settings = load_settings()
    found = asyncio.run(read_found(settings, alert_id))
    transitions, held_back = found.transitions(), found.held_back()
    if transitions or not held_back:
        seen = seen_in(transitions, alert_id, settings.topic("alerts"))
        newest, standing = seen.newest, term("standing", seen.standing, language)
        ending = f"{newest.alert_id}: {standing}, {term('level', newest.level, language)}"
    else:
        level = term("level", held_back[-1].level, language)
        ending = f"{held_back[-1].alert_id}: {say(language, 'nobody_told')}, {level}"
    steps: list[tuple[int, Told | Suppression]] = [(told.alert.sequence, told) for told in transitions]
    for _, step in sorted([*steps, *((held.sequence, held) for held in held_back)], key=lambda each: each[0]):
        echo(step, language, as_json)
    click.echo(ending, err=True)


@alerts.command()
@_filtered
@click.option("--for", "limit", type=Duration(), metavar="60s", help="Stop after so much time; without it on Ctrl-C.")
@options.language
@_json
def watch(
    units: tuple[str, ...],
    levels: tuple[str, ...],
    causes: tuple[str, ...],
    customer: str | None,
    limit: timedelta | None,
    language: Language,
    as_json: bool,
) -> None:
    """Tell transitions as they come, from now on."""
    wanted = Wanted(units, frozenset(levels), frozenset(causes), customer)
    tell = partial(echo, language=language, as_json=as_json)
    try:
        asyncio.run(_watch(load_settings(), wanted, limit, tell, language))
    except KeyboardInterrupt:
        return


@alerts.command()
@_answering
@click.pass_context
def ack(ctx: click.Context, /, **given: Any) -> None:
    """Say that you have an alert: nobody else need take it, until it rises a level."""
    _answer(ctx, "acknowledged", "acknowledged", **given)


@alerts.command()
@_answering
@_closing
@click.pass_context
def resolve(ctx: click.Context, /, **given: Any) -> None:
    """Say that what an alert is about is settled: it ends, and what is remembered against us cools down."""
    _answer(ctx, "resolved", "resolved", **given)


@alerts.command()
@_answering
@_closing
@click.pass_context
def dismiss(ctx: click.Context, /, **given: Any) -> None:
    """Say that an alert is a false alarm: it ends, and its cause stays silent for longer unless it gets worse."""
    _answer(ctx, "dismissed", "dismissed", **given)


@alerts.command()
@_answering
@click.pass_context
def start(ctx: click.Context, /, **given: Any) -> None:
    """Say that you work on an alert."""
    _answer(ctx, "started", "started", **given)


@alerts.command()
@_answering
@click.option("--to", "assignee", required=True, metavar="NAME", help="Who is to have it.")
@click.pass_context
def assign(ctx: click.Context, /, **given: Any) -> None:
    """Give an alert to somebody; that they have it, they say themselves."""
    _answer(ctx, "assigned", "assigned", **given)


@alerts.command()
@_answering
@click.option("--until", required=True, type=click.DateTime(), help="Until when, in UTC.")
@click.pass_context
def snooze(ctx: click.Context, /, until: datetime, **given: Any) -> None:
    """Leave an alert alone until a time: nobody is reminded, unless it rises above `policy.snooze_up_to`."""
    _answer(ctx, "snoozed", "snoozed", until=until.replace(tzinfo=UTC), **given)


@alerts.command()
@_answering
@click.pass_context
def comment(ctx: click.Context, /, **given: Any) -> None:
    """Write something down about an alert (--note)."""
    if not given["note"]:
        raise click.UsageError("a comment needs --note")
    _answer(ctx, "commented", "commented", **given)


@alerts.command()
@_answering
@click.pass_context
def disagree(ctx: click.Context, /, **given: Any) -> None:
    """Say that you have looked and see no reason to act: the learner is told, and the alert stands."""
    _answer(ctx, "disagreed", "disagreed", **given)


@alerts.command()
@_answering
@click.pass_context
def reopen(ctx: click.Context, /, **given: Any) -> None:
    """Open an alert again that ended, within `policy.reopen_days`."""
    _answer(ctx, "reopened", "reopened", **given)


def _answer(
    ctx: click.Context,
    action: ActionName,
    transition: Transition,
    alert_id: str,
    note: str | None,
    by: str | None,
    wait: timedelta,
    language: Language,
    assignee: str | None = None,
    until: datetime | None = None,
    evidence: str | None = None,
    unit: str | None = None,
) -> None:
    """Write the action and say what came of it; exit code 1 if the alert does not stand as was wanted."""
    deed = Deed(action, transition, author_of(by), note, assignee, until, evidence, unit)
    result = asyncio.run(act(load_settings(), alert_id, deed, wait.total_seconds(), language))
    click.echo(result.told)
    ctx.exit(int(not result.is_done))


async def _watch(
    settings: Settings, wanted: Wanted, limit: timedelta | None, tell: Callable[[Told], None], language: Language
) -> None:
    """Tell what comes; a transition that a worker repeats after a restart only once."""
    told_before: deque[tuple[str, int]] = deque(maxlen=_REPEATED_WITHIN)
    async with open_topic(settings, "alerts") as reader:
        spans = await reader.spans()
        click.echo(say(language, "watching", topic=reader.topic), err=True)
        async for told in follow_alerts(reader, spans, limit.total_seconds() if limit is not None else None):
            transition = told.alert.alert_id, told.alert.sequence
            if wanted.takes(told.alert) and transition not in told_before:
                told_before.append(transition)
                tell(told)
