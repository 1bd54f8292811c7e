"""What something is derived from again: the journal or files, and how it was decided; the options that say so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import click
from rich.console import Console

from foreshock import options
from foreshock.explaining.sources import Files, Journal, Source
from models.intake import Intake
from models.params import Params, load_params
from models.pseudonym import Pseudonymiser
from streams.settings import Settings, load_settings

FILE = click.Path(exists=True, dir_okay=False)
"""A file that is read."""


class Basis(NamedTuple):
    """What something is derived from."""

    settings: Settings
    """Where the broker is."""
    params: Params
    """How it was decided."""
    source: Source
    """The messages."""
    is_at_broker: bool
    """Whether they are those of the broker, and not of files."""


def derived_again(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the argument FILES and the options that say how to read them; it is called with a `basis`."""

    @click.argument("files", nargs=-1, type=FILE)
    @click.option("--bootstrap", metavar="HOST:PORT", help="Read from this broker; without it that of the settings.")
    @click.option(
        "--params",
        "params_file",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="The parameters of the worker that sent it; without it FORESHOCK_PARAMS_FILE.",
    )
    @options.organisation
    @options.pack
    @click.option("--lateness-hours", default=1.0, show_default=True, help="Events: how far the clock stays behind.")
    @click.option("--until", type=click.DateTime(), help="Events: let time run on to here (UTC) after them.")
    @options.check_signatures
    @wraps(command)
    def run(
        *given: Any,
        files: tuple[str, ...],
        bootstrap: str | None,
        params_file: Path | None,
        organisation: Path | None,
        pack: str | None,
        lateness_hours: float,
        until: datetime | None,
        check_signatures: bool,
        **others: Any,
    ) -> Any:
        if files and bootstrap:
            raise click.UsageError("give FILES, or a broker with --bootstrap")
        settings = load_settings(bootstrap_servers=bootstrap)
        params = load_params(
            params_file or settings.params_file, organisation or settings.organisation, pack or settings.pack
        )
        key = settings.snapshot_secret() if check_signatures else None
        console = Console(stderr=True)
        source: Source = Journal(settings, params, key, console)
        if files:
            intake = Intake(Pseudonymiser(settings.pseudonym_secret()), partitions=1, attributes=None)
            ends_at = until.replace(tzinfo=UTC) if until is not None else None
            source = Files(files, params, intake, timedelta(hours=lateness_hours), ends_at, key, console)
        return command(*given, basis=Basis(settings, params, source, is_at_broker=not files), **others)

    return run
