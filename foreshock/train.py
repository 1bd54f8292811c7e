"""The command `foreshock train`: a company's history in, a model to start from out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from foreshock.modelling.history import History
from foreshock.modelling.telling import report_of
from foreshock.modelling.training import Training
from models.intake import Intake
from models.params import load_params
from models.pseudonym import Pseudonymiser
from schemas.codec import encode
from schemas.errors import ConfigurationError
from schemas.signing import signed
from streams.settings import load_settings
from streams.snapshots import packed

_EPILOG = """
\b
  foreshock train calls.csv claims.csv --mapping mapping.toml --output model.json.gz
  FORESHOCK_START_FROM=model.json.gz foreshock worker

A FILE holds one event per line (what `foreshock import` and `foreshock simulate` write), or with --mapping a company's
own export; .gz is read too, - is standard input. Events are put into the order of their time.

The model is signed with the key of the settings (FORESHOCK_SNAPSHOT_KEY, else one derived from
FORESHOCK_PSEUDONYM_KEY): train with the key that the workers have. The same history with the same parameters gives the
same bytes. How to: docs/how-to/train-from-history.md.
"""


@click.command("train", epilog=_EPILOG)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True), metavar="FILE...")
@click.option("--mapping", type=click.Path(path_type=Path), help="What the columns of an export mean (TOML).")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Where the model goes; .gz is packed.")
@click.option("--quiet", is_flag=True, help="No progress bar and no report.")
def train(files: tuple[Path, ...], mapping: Path | None, output: Path, quiet: bool) -> None:
    """Learn from a company's history, so that a worker starts warm.

    The history runs once through the product's own core and learner, in the order of time: each prediction is made
    before its label is known. The report says how good they were, and warns of too few complaints.
    """
    settings = load_settings()
    key = settings.snapshot_secret()
    params = load_params(settings.params_file, settings.organisation, settings.pack)
    _check_folder(output)
    console = Console(stderr=True, quiet=quiet)
    history = History(files, mapping, console)
    lines = history.lines()
    attributes = frozenset(settings.attributes) or None
    training = Training(Intake(Pseudonymiser(settings.pseudonym_secret()), 1, attributes), params)
    training.summary.dead_letters.update(history.unreadable)
    training.take(_watched(lines, console))
    snapshot = training.finish()
    weights = snapshot.weights
    if not weights.positives_seen:
        raise click.ClickException(
            f"nothing to learn from: {training.summary.events['complaint']:,} complaints in the history, none after a "
            "prediction. Are the complaints among the files, and the contacts that came before them?"
        )
    ours = signed(snapshot, key)
    _write(output, packed(ours) if output.suffix == ".gz" else encode(ours))
    console.print(report_of(training, weights))
    click.echo(f"{output}: snapshot {weights.number}, signed; start with FORESHOCK_START_FROM={output}", err=True)


def _watched(lines: list[bytes], console: Console) -> Iterable[bytes]:
    """Yield events with a bar where a person watches."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield from progress.track(lines, description="learning")


def _check_folder(output: Path) -> None:
    """Refuse before the work what could not be written after it.

    Raises
    ------
    ConfigurationError
        If the folder is not there.
    """
    if output.is_dir() or not output.parent.is_dir():
        raise ConfigurationError(f"--output {output}: its folder does not exist, or it is one itself")


def _write(output: Path, raw: bytes) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    ConfigurationError
        If it cannot be written.
    """
    part = output.with_name(f"{output.name}.part")
    try:
        part.write_bytes(raw)
        part.replace(output)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise ConfigurationError(f"{output}: cannot be written: {error.strerror}") from error
