"""The command `foreshock backup`: everything on the topics, to a folder and back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from foreshock.keeping.folder import Backup
from foreshock.keeping.restoring import restore
from foreshock.keeping.saving import Advance, save
from streams.settings import load_settings


@click.group("backup")
def backup() -> None:
    """Save what is on the topics to a folder, and put it back.

    What to save besides (secrets, settings, the database), how often, and how to rehearse: docs/how-to/back-up.md.
    """


@backup.command("save")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def save_command(folder: Path) -> None:
    """Write what is on every topic of Foreshock to FOLDER, while workers run.

    Journal, states, models, examples and outputs, each as a compressed file; source topics are your own. What follows
    from another topic is saved before it, so that a worker takes up the backup as it would after a crash. FOLDER is a
    backup once backup.json is in it. It holds what the journal holds: pseudonyms and redacted text; keep it as safe.
    """
    with _progress() as advance:
        kept = asyncio.run(save(load_settings(), folder, advance))
    _tell(kept, f"saved to {folder}")


@backup.command("restore")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
def restore_command(folder: Path) -> None:
    """Put the backup in FOLDER back on topics that are empty or not there, before any worker runs.

    Settings must be those of the backup: partitions, journal generation and epoch, and the secrets. The journal and
    the examples get their records back at the same offsets, because states and models count by them. In the end
    everything is read back and compared. If it ends half-way, run it again: it goes on where it was.
    """
    with _progress() as advance:
        kept = asyncio.run(restore(load_settings(), folder, advance))
    _tell(kept, f"of {kept.at} restored from {folder}")


def _tell(kept: Backup, done: str) -> None:
    """Say what was done."""
    for name, topic in kept.topics.items():
        click.echo(f"{name}: {topic.records:,} records")
    click.echo(f"{sum(topic.records for topic in kept.topics.values()):,} records {done}")


@contextmanager
def _progress() -> Iterator[Advance]:
    """Show how far it is, where somebody looks."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:,.0f} records"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks = {}

        def advance(what: str, count: int, _: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=None)
            progress.advance(tasks[what], count)

        yield advance
