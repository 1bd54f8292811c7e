"""The command `foreshock`: every command by its name, each loaded only when it is asked for."""

from __future__ import annotations

import importlib
import os
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import click

from schemas.errors import ForeshockError

CONFIG_VARIABLE = "FORESHOCK_CONFIG"
"""Where the settings file is named; child processes find it here too."""

EXIT_UNUSABLE = 2
"""A setting, a file or a broker is not usable: a person must change something. Click uses it for bad options."""


class Entry(NamedTuple):
    """Where a command is, and what the list of commands says of it."""

    target: str
    """`module:name` of the click command."""

    about: str
    """Its first sentence, written here too so that `foreshock --help` need not load it."""


SECTIONS: dict[str, dict[str, Entry]] = {
    "Try it, without Kafka": {
        "demo": Entry(
            "foreshock.demo:demo", "Run the whole main job on this machine, with a made-up insurer, and watch it."
        ),
        "replay": Entry(
            "foreshock.replay:replay",
            "Run the events of FILES through the core: alerts with reasons out, and a summary.",
        ),
        "simulate": Entry("foreshock.simulate.command:simulate", "Write the events of a made-up insurer."),
    },
    "Feed it": {
        "import": Entry(
            "foreshock.import_:import_command", "Turn a company's own CSV, TSV or JSON Lines export into events."
        ),
        "train": Entry("foreshock.train:train", "Learn from a company's history, so that a worker starts warm."),
        "pseudonym": Entry(
            "foreshock.pseudonym:pseudonym", "Tell the keys under which customers appear in risk and alerts."
        ),
    },
    "Run it, on Kafka": {
        "topics": Entry("foreshock.topics:topics", "Create, list and dump the topics on the broker."),
        "migrate": Entry(
            "foreshock.migrate:migrate_command",
            "Give the journal another number of partitions, with every customer's state.",
        ),
        "backup": Entry("foreshock.backup:backup", "Save what is on the topics to a folder, and put it back."),
        "size": Entry(
            "foreshock.size:size",
            "Say how many partitions and workers, how much memory and disk a load needs, and how long alerts pause.",
        ),
        "check": Entry("foreshock.check:check", "Say what would keep a worker from running, and what to do."),
        "worker": Entry("foreshock.worker:worker", "Run a worker until it is told to stop."),
        "alerts": Entry(
            "foreshock.alerts:alerts", "List the open alerts, look at one, watch them come, and answer them."
        ),
        "silence": Entry("foreshock.silence:silence", "Ask not to be told of alerts that match, until a time."),
        "suppressed": Entry(
            "foreshock.suppressed:suppressed", "List what nobody was told, why, and how many complained after."
        ),
        "aggregates": Entry(
            "foreshock.aggregates:aggregates",
            "List alerts about many customers of one unit, product, line or household, and watch them.",
        ),
        "explain": Entry(
            "foreshock.explain:explain", "Derive an alert again from the journal, and say what it rests on."
        ),
        "models": Entry("foreshock.models:models", "List what the learner made, and decide which of it counts."),
        "database": Entry(
            "foreshock.database:database",
            "Make the tables of the database that alerts go to, and bring them up to date.",
        ),
        "dead-letters": Entry(
            "foreshock.dead_letters:dead_letters", "List what could not be read, and send repaired ones back."
        ),
    },
    "Build on it": {
        "schema": Entry("foreshock.schema:schema", "Write the contracts of all topics and the reference pages."),
    },
}
"""Every command, by what it is for, in the order in which a newcomer meets them."""

COMMANDS: dict[str, Entry] = {name: entry for section in SECTIONS.values() for name, entry in section.items()}
"""Every command by its name."""


class LazyGroup(click.Group):
    """A group that knows its commands by name and loads the one that is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every command."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        return load_command(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by section without loading any."""
        for section, entries in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(name, entry.about) for name, entry in entries.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; an error of ours ends it with a sentence, never with a traceback."""
        try:
            return super().invoke(ctx)
        except ForeshockError as error:
            failure = click.ClickException(str(error))
            failure.exit_code = EXIT_UNUSABLE
            raise failure from error


def load_command(name: str) -> click.Command:
    """Import a command.

    Parameters
    ----------
    name
        One of `COMMANDS`.

    Raises
    ------
    click.ClickException
        If it, or a library that it needs, is not installed.
    """
    module, _, attribute = COMMANDS[name].target.partition(":")
    try:
        command = getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"`foreshock {name}` needs {error.name}, which is not installed: run `make setup` in a whole checkout"
        ) from error
    assert isinstance(command, click.Command)  # noqa: S101 - a test loads every command
    return command


_HELP = """Hear the small tremors before the quake: which customer is about to complain, why, and in time.

An insurer's calls, claims and surveys go in; risk and alerts with reasons come out.

\b
  foreshock demo --for 60s                      the whole job on this machine
  foreshock replay examples/typhoon.jsonl       the same core on a file, without a broker
  foreshock topics create && foreshock worker   the real thing, on your Kafka

Settings are variables FORESHOCK_... or a TOML file (--config); all are in docs/reference/settings.md, and
`foreshock check` says what is wrong with them.

Exit codes: 0 done, 1 not done or something was bad, 2 something must be changed first.
"""


@click.group(
    cls=LazyGroup,
    help=_HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help=f"TOML file with settings; wins over {CONFIG_VARIABLE}, loses to single FORESHOCK_... variables.",
)
@click.version_option(version("foreshock"), prog_name="foreshock")
@click.pass_context
def main(ctx: click.Context, config: Path | None) -> None:
    """Name the settings file for the command and the processes that it starts; the help text is `_HELP`."""
    if config is not None:
        ctx.with_resource(_Variable(CONFIG_VARIABLE, str(config.resolve())))


class _Variable:
    """An environment variable that is set while a command runs."""

    def __init__(self, name: str, value: str) -> None:
        self._name, self._value = name, value
        self._before: str | None = None

    def __enter__(self) -> None:
        self._before = os.environ.get(self._name)
        os.environ[self._name] = self._value

    def __exit__(self, *_: object) -> None:
        if self._before is None:
            del os.environ[self._name]
        else:
            os.environ[self._name] = self._before
