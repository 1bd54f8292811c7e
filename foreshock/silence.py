"""The command `foreshock silence`: what nobody is to be told for a while."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from foreshock import options
from foreshock.alerting.silencing import read_silences, standing
from foreshock.author import author_of
from foreshock.broker.commanding import now_in_seconds, write_command
from foreshock.options import Duration
from foreshock.wording.language import Language
from foreshock.wording.phrases import say
from foreshock.wording.terms import Term, term
from schemas.alerts import CAUSES, LEVELS
from schemas.codec import encode
from schemas.errors import ConfigurationError
from schemas.silences import SilenceCommand, SilenceName
from streams.settings import Settings, load_settings


@click.group("silence")
def silence() -> None:
    """Ask not to be told of alerts that match, until a time.

    What a silence hides is written down (`foreshock suppressed`), and told when it is over if it still stands. A
    silence is written into every journal partition, signed, and obeyed where it stands there: a replay obeys it too.

    \b
      foreshock silence add typhoon --org HQ/Guangdong --cause claim_stalled --for 2d --because "all adjusters are out"
      foreshock silence add recall --product-line motor --product PCAR-03 --for 7d --because "letter of 3 May"
      foreshock silence list
      foreshock silence end typhoon
    """  # noqa: D301 - click's own mark


@silence.command()
@click.argument("name")
@click.option("--cause", "causes", multiple=True, type=Term("cause", CAUSES), help="Only alerts of this cause.")
@click.option("--org", "org_path", metavar="PATH", help="Only alerts of this unit and those below it.")
@click.option("--product-line", metavar="NAME", help="Only alerts of this line of business, as events name it.")
@click.option("--product", "product_id", metavar="ID", help="Only alerts of this product, as events name it.")
@click.option(
    "--level", type=Term("level", LEVELS[1:]), default="orange", show_default=True, help="Only alerts up to this level."
)
@click.option("--for", "lasts", type=Duration(), metavar="2d", help="How long, from now.")
@click.option("--until", type=click.DateTime(), help="Until when, in UTC; where events move the clock, by the events.")
@click.option("--by", metavar="NAME", help="Who asks for it; without it the user of this machine.")
@click.option("--because", metavar="TEXT", help="Why, in words; kept in the journal.")
@options.language
def add(
    name: str, lasts: timedelta | None, until: datetime | None, by: str | None, language: Language, **given: Any
) -> None:
    """Begin a silence, or replace the one of this NAME."""
    settings, now = load_settings(), now_in_seconds()
    if (lasts is None) == (until is None):
        raise click.UsageError("say either --for or --until")
    ends_at = now + lasts if lasts is not None else (until or now).replace(tzinfo=UTC)
    if settings.clock == "wall":
        _check_end(settings, ends_at, now)
    _write(settings, "set", name, by, language, until=ends_at, **given)


@silence.command()
@click.argument("name")
@click.option("--by", metavar="NAME", help="Who ends it; without it the user of this machine.")
@click.option("--because", metavar="TEXT", help="Why, in words; kept in the journal.")
@options.language
def end(name: str, by: str | None, because: str | None, language: Language) -> None:
    """End a silence before its time: what it hid is told within `policy.silence_look_hours` if it still stands."""
    settings = load_settings()
    if name not in asyncio.run(read_silences(settings)):
        raise ConfigurationError(f"there is no silence {name}: `foreshock silence list` shows them")
    _write(settings, "end", name, by, language, because=because)


@silence.command("list")
@options.language
@click.option("--json", "as_json", is_flag=True, help="JSON Lines.")
def list_silences(language: Language, as_json: bool) -> None:
    """List the silences that stand, the one that ends first first; where events move the clock, all that were set."""
    settings = load_settings()
    found = asyncio.run(read_silences(settings))
    shown = standing(found, now_in_seconds()) if settings.clock == "wall" else list(found.values())
    for each in shown:
        click.echo(encode(each) if as_json else _in_words(each, language))
    click.echo(say(language, "silences_shown", count=len(shown)), err=True)


def _check_end(settings: Settings, ends_at: datetime, now: datetime) -> None:
    """Refuse a silence that is over already, or outlasts the journal that says so."""
    if ends_at <= now:
        raise ConfigurationError(f"{ends_at:%Y-%m-%d %H:%M} has passed: say a later --until")
    longest = now + timedelta(hours=settings.journal_retention_hours)
    if ends_at > longest:
        raise ConfigurationError(
            f"a silence must not outlast the journal, which is kept until {longest:%Y-%m-%d %H:%M} "
            "(FORESHOCK_JOURNAL_RETENTION_HOURS): set it anew then"
        )


def _write(
    settings: Settings, command: SilenceName, name: str, by: str | None, language: Language, **given: Any
) -> None:
    """Write a command into every journal partition, and say so."""
    told = SilenceCommand(partition=0, command=command, name=name, by=author_of(by), at=now_in_seconds(), **given)
    written = asyncio.run(write_command(settings, told, settings.snapshot_secret()))
    click.echo(say(language, f"silence_{command}", name=name, at=told.until, by=told.by, written=written))


def _in_words(each: SilenceCommand, language: Language) -> str:
    """Write a silence in one line."""
    causes = ", ".join(term("cause", cause, language) for cause in each.causes)
    return say(
        language,
        "silence",
        name=each.name,
        until=f"{each.until:%Y-%m-%d %H:%M}" if each.until is not None else "-",
        level=term("level", each.level, language),
        causes=causes or say(language, "any_cause"),
        unit=each.org_path or say(language, "any_unit"),
        products="".join(f"  {said}" for said in (each.product_line, each.product_id) if said),
        by=each.by,
        because=f"  {each.because}" if each.because else "",
    )
