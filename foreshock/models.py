"""The command `foreshock models`: what the learner made, and which of it counts."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import click
import orjson
from rich.console import Console

from foreshock.author import author_of
from foreshock.broker.commanding import write_command
from foreshock.modelling.deciding import command_of, confirm, promotable, returnable
from foreshock.modelling.shelf import Shelf, read_shelf
from foreshock.modelling.shown import details_of, summary_of, table_of
from models.params import load_params
from schemas.errors import ConfigurationError
from schemas.ticks import ModelCommand
from streams.settings import Settings, load_settings

# Columns that do not fit are cut, which a file or a pipe need not suffer.
_WIDTH_OF_FILES = 200


def _deciding(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that every decision has."""
    for option in (
        click.option("--yes", is_flag=True, help="Do not ask."),
        click.option("--by", metavar="NAME", help="Who decides; without it the user of this machine."),
        click.option("--because", metavar="TEXT", help="Why, in words; kept in the journal."),
    ):
        command = option(command)
    return command


@click.group("models")
def models() -> None:
    """List what the learner made, and decide which of it counts.

    A decision is written into every journal partition, signed, and obeyed by each scorer where it stands in the
    journal: a replay of the journal obeys it at the same place.

    \b
      foreshock models list
      foreshock models promote adamax --because "better by .02 AUC on two months of labels"
      foreshock models rollback 41 --because "calls of one branch were imported twice"
      foreshock models unpin
    """  # noqa: D301 - click's own mark


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per snapshot.")
def list_models(as_json: bool) -> None:
    """List the snapshots that are kept: what they learned from, how good they were, and whether they are ours.

    Quality is of predictions whose labels had matured by then: how many, area under the ROC curve, average precision,
    expected calibration error. A challenger is shown by how much its area is larger, with a 90 % interval. A * marks
    parameters that are not those of this machine.
    """
    settings, shelf = _shelf()
    params_hash = load_params(settings.params_file, settings.organisation, settings.pack).digest()
    if as_json:
        for kept in shelf.kept.values():
            click.echo(orjson.dumps(summary_of(kept, params_hash)))
        return
    if not shelf.kept and not shelf.unreadable:
        click.echo(f"{shelf.topic} holds no snapshot yet: the rules alone decide", err=True)
        return
    console = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_FILES)
    console.print(table_of(shelf, params_hash))


@models.command()
@click.argument("number", type=click.IntRange(min=1))
def show(number: int) -> None:
    """Show one snapshot as JSON: provenance, quality, and the features that weigh most."""
    settings, shelf = _shelf()
    if number not in shelf.kept:
        raise ConfigurationError(
            shelf.unreadable.get(number) or f"{shelf.topic} has no snapshot {number}: see `foreshock models list`"
        )
    details = details_of(
        shelf.kept[number], load_params(settings.params_file, settings.organisation, settings.pack).digest()
    )
    click.echo(orjson.dumps(details, option=orjson.OPT_INDENT_2))


@models.command()
@click.argument("learner")
@_deciding
def promote(learner: str, because: str | None, by: str | None, yes: bool) -> None:
    """Score with another learner's models from here on, in this snapshot and in those that follow.

    LEARNER is one that the newest snapshot has: its champion, or the challenger that has been in the shadow.
    """
    settings, shelf = _shelf()
    newest = promotable(shelf, learner)
    others = ", ".join(line.name for line in newest.weights.lines if line.name != learner) or "nobody"
    _decide(
        settings,
        command_of("promote", author_of(by), because, learner=learner),
        f"{learner} will score from here on, {others} in its shadow. A partition that scores with a snapshot without "
        f"{learner} refuses: foreshock_model_commands_total says so.",
        yes,
    )


@models.command()
@click.argument("number", type=click.IntRange(min=1))
@_deciding
def rollback(number: int, because: str | None, by: str | None, yes: bool) -> None:
    """Go back to an earlier snapshot and stay there until `foreshock models unpin`.

    NUMBER is one that `foreshock models list` shows. The learner goes on learning meanwhile.
    """
    settings, shelf = _shelf()
    found = returnable(shelf, number, load_params(settings.params_file, settings.organisation, settings.pack))
    _decide(
        settings,
        command_of("rollback", author_of(by), because, weights=found.weights),
        f"Every partition will score with snapshot {number} (data until {found.weights.at:%Y-%m-%d %H:%M}, "
        f"{found.weights.positives_seen:,} complaints) and take no newer one until it is unpinned.",
        yes,
    )


@models.command()
@_deciding
def pin(because: str | None, by: str | None, yes: bool) -> None:
    """Stay with what is active, whatever the learner publishes."""
    _decide(
        load_settings(),
        command_of("pin", author_of(by), because),
        "Every partition will stay with the snapshot that it scores with and take no newer one until it is unpinned.",
        yes,
    )


@models.command()
@_deciding
def unpin(because: str | None, by: str | None, yes: bool) -> None:
    """Follow the learner again: the next snapshot that it publishes becomes active."""
    _decide(
        load_settings(),
        command_of("unpin", author_of(by), because),
        "Every partition will score with the next snapshot that the learner publishes, and follow from there.",
        yes,
    )


def _shelf() -> tuple[Settings, Shelf]:
    """Read settings and snapshots."""
    settings = load_settings()
    return settings, asyncio.run(read_shelf(settings, settings.snapshot_secret()))


def _decide(settings: Settings, command: ModelCommand, what_happens: str, yes: bool) -> None:
    """Ask, write, and say that it is written."""
    key = settings.snapshot_secret()
    confirm(what_happens, is_asked=not yes)
    written = asyncio.run(write_command(settings, command, key))
    told: dict[str, Any] = {"by": command.by, "at": command.at.isoformat()}
    click.echo(f"{command.command} written to {written} journal partitions {orjson.dumps(told).decode()}")
