"""The command `foreshock migrate`: another number of partitions."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import click
import orjson
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from foreshock.migrating.carrying import Carried, Tell, migrate
from streams.settings import load_settings
from streams.topics import CHANGELOG


@click.command("migrate")
@click.option("--partitions", required=True, type=click.IntRange(1, 1024), help="Partitions of the new journal.")
@click.option("--dry-run", is_flag=True, help="Only look whether it can be done, and count; nothing is written.")
@click.option(
    "--all-stopped",
    is_flag=True,
    help="You have stopped every worker: do not ask the broker who is still in the consumer groups. The embedded "
    "broker needs this, because it never forgets a member. What was written meanwhile is noticed all the same.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def migrate_command(partitions: int, dry_run: bool, all_stopped: bool, as_json: bool) -> None:
    r"""Give the journal another number of partitions, with every customer's state.

    Customers are spread over the partitions, so their number cannot be changed in place. This makes a new journal
    and a new changelog of states, the next generation, and carries every state over, byte for byte; alerts that are
    open stay open, with their ids. Topics of alerts, risk and the like stay as they are, with every customer in the
    partition that they have always been in: who reads them notices nothing.

    \b
    1. Stop the workers with the roles ingest, learn and tick; let score come to the journal's end; stop it too.
    2. foreshock migrate --partitions 12 --dry-run
    3. foreshock migrate --partitions 12
    4. Set what it says, everywhere; start the workers.

    Run it with the settings that the workers have had. It ends at once if somebody still works, or if something is
    left to score. In the end the new changelog is read back and compared; the new journal is made only then. What
    ends half-way has changed nothing, and is simply run again. The old journal and changelog stay, unused, until you
    delete them: keep a dump of the journal (`foreshock topics dump`) if alerts from before shall be explained.

    How to go about it in production: docs/how-to/grow.md.
    """
    with _progress() as tell:
        carried = asyncio.run(migrate(load_settings(), partitions, dry_run=dry_run, all_stopped=all_stopped, tell=tell))
    if as_json:
        click.echo(orjson.dumps(as_dict(carried)))
    else:
        for line in in_words(carried):
            click.echo(line)


def as_dict(carried: Carried) -> dict[str, object]:
    """Describe a migration for a program."""
    before, after = carried.before, carried.after
    return {
        "migrated": carried.written,
        "journal": {"from": before.topic("journal"), "to": after.topic("journal")},
        "changelog": {"from": before.topic(CHANGELOG), "to": after.topic(CHANGELOG)},
        "partitions": {"from": before.partitions, "to": after.partitions},
        "customers": carried.customers,
        "forgotten": carried.forgotten,
        "rows": [
            {"partition": number, "rows": tally.rows, "checksum": f"{tally.checksum:064x}"}
            for number, tally in enumerate(carried.tallies)
        ],
        "settings": {
            "FORESHOCK_PARTITIONS": after.partitions,
            "FORESHOCK_JOURNAL_GENERATION": after.journal_generation,
        },
    }


def in_words(carried: Carried) -> Iterator[str]:
    """Describe a migration for people."""
    before, after = carried.before, carried.after
    yield (
        f"{before.topic('journal')} ({before.partitions} partitions) -> "
        f"{after.topic('journal')} ({after.partitions} partitions)"
    )
    for number, sources in enumerate(carried.moved):
        of = ", ".join(f"{count:,} of {source}" for source, count in sorted(sources.items())) or "nobody"
        yield f"partition {number}: {sum(sources.values()):,} customers ({of})"
    if not carried.written:
        yield f"would carry over {carried.customers:,} customers and {carried.forgotten:,} rows of forgotten ones"
        yield "nothing was written"
        return
    yield (
        f"{carried.customers:,} customers and {carried.forgotten:,} rows of forgotten ones are in "
        f"{after.topic(CHANGELOG)}, each once and byte for byte"
    )
    yield "Set this for every worker and every command, then start the workers:"
    yield f"  FORESHOCK_PARTITIONS={after.partitions}"
    yield f"  FORESHOCK_JOURNAL_GENERATION={after.journal_generation}"


@contextmanager
def _progress() -> Iterator[Tell]:
    """Show how far it is, where somebody looks."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:,.0f} rows read"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks = {}

        def tell(what: str, count: int, _: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=None)
            progress.advance(tasks[what], count)

        yield tell
