"""The command of the fault matrix: which scenarios on which brokers, and what is printed."""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import click
from rich.console import Console

from bench.faults.book import Book
from bench.faults.brokers import Broker
from bench.faults.harness import play
from bench.faults.judge import Verdict
from bench.faults.kinds import KINDS, make_broker
from bench.faults.scenario import Scenario
from bench.faults.scenarios import SCENARIOS
from bench.faults.table import print_verdicts
from bench.report import machine, print_machine
from tests.support.peers import find_peers

_HELP = """Break things while events flow, and see that nothing is lost and nothing is counted twice.

Each scenario starts the product's own workers as processes under a supervisor, feeds a simulated insurer's events to
the source topics at a steady pace, does its harm, and waits until everything has gone through. Then the journal that
is really there is replayed through the pure core, and what the workers left at the broker must be just that: every
row byte for byte, every alert, every example, every belief. Every record on a source topic must be in the journal or
among the dead letters.

\b
  embedded  the broker of the demo: it can be frozen, and keeps nothing when it ends
  kafka     one node of Apache Kafka (`make test-kafka` fetches it), or the broker that
            FORESHOCK_TEST_BOOTSTRAP names, to which less can be done
  cluster   three nodes, three copies, two of which must have a record

A scenario that a broker cannot play is left out. The command ends with code 1 if any verdict is not exact.

\b
Examples:
  make bench-faults ARGS="--list"
  make bench-faults ARGS="--only killed,zombie --events 5000"
  make bench-faults ARGS="--broker kafka --json faults.json"
  make bench-faults ARGS="--soak 60 --broker kafka --seed 7"
"""


@click.command(help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--only", metavar="NAME,...", default="", help="Scenarios to play.  [default: all]")
@click.option(
    "--broker", "kinds", metavar="KIND,...", default=",".join(KINDS), show_default=True, help="Brokers to play on."
)
@click.option("--events", type=click.IntRange(min=200), default=20_000, show_default=True, help="Records per scenario.")
@click.option("--rate", type=click.IntRange(min=10), default=800, show_default=True, help="Records fed per second.")
@click.option("--seed", type=int, default=1, show_default=True, help="Where all chance comes from.")
@click.option(
    "--soak", type=click.FloatRange(min=0.1), metavar="MINUTES", help="Random faults for so long, and nothing else."
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every verdict here as soon as it is known; those of an earlier run stay until they are played again.",
)
@click.option("--logs", type=click.Path(file_okay=False, path_type=Path), help="Keep logs of workers and brokers here.")
@click.option("--list", "is_list", is_flag=True, help="Name the scenarios, and play none.")
def main(
    only: str,
    kinds: str,
    events: int,
    rate: int,
    seed: int,
    soak: float | None,
    json_file: Path | None,
    logs: Path | None,
    is_list: bool,
) -> None:
    """Play scenarios; the help text is `_HELP`."""
    chosen = ["soak"] if soak else _names(only, SCENARIOS, "--only") or [s.name for s in SCENARIOS.values() if s.in_all]
    brokers = _found(_names(kinds, KINDS, "--broker"))
    console = Console(width=None if sys.stdout.isatty() else 200)
    if is_list:
        for each in SCENARIOS.values():
            console.print(f"{each.name:22} {each.title}", highlight=False)
        return
    if soak:
        events = int(soak * 60 * rate)
    # The harness's own clients suffer too, and say so twenty times a second.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="foreshock-faults-") as temporary:
        folder = logs or Path(temporary)
        made = {kind: make_broker(kind, folder) for kind in brokers}
        book = Book(json_file, machine("; ".join(broker.described for broker in made.values())))
        matrix = _Matrix(events, events / rate, seed, folder, Console(stderr=True, highlight=False))
        plays = [
            (SCENARIOS[name], broker)
            for broker in made.values()
            for name in chosen
            if _is_played(SCENARIOS[name], broker, is_named=bool(only or soak))
        ]
        asyncio.run(matrix.play(plays, book))
    print_machine(book.machine, console)
    print_verdicts(book.verdicts, console)
    inexact = [verdict for verdict in book.verdicts if not verdict.is_exact]
    console.print(f"{len(book.verdicts) - len(inexact)} of {len(book.verdicts)} exact", highlight=False)
    if inexact or not plays:
        sys.exit(1)


def _is_played(scenario: Scenario, broker: Broker, is_named: bool) -> bool:
    """Say whether a scenario is played on a broker: unless it is named, a cluster plays what needs one."""
    fits = scenario.fits(broker.name, broker.abilities)
    return fits and (is_named or "nodes" in scenario.needs or "nodes" not in broker.abilities)


class _Matrix:
    """Plays scenarios one after the other.

    Parameters
    ----------
    events, seconds, seed, folder
        As for `bench.faults.harness.play`.
    console
        Where progress is told.
    """

    def __init__(self, events: int, seconds: float, seed: int, folder: Path, console: Console) -> None:
        self._events = events
        self._seconds = seconds
        self._seed = seed
        self._folder = folder
        self._console = console

    async def play(self, plays: Sequence[tuple[Scenario, Broker]], book: Book) -> None:
        """Play scenarios, broker by broker, and write each verdict down."""
        for broker, found in groupby(plays, key=itemgetter(1)):
            try:
                for scenario, _ in found:
                    book.write(await self._play(scenario, broker))
            finally:
                await broker.end()

    async def _play(self, scenario: Scenario, broker: Broker) -> Verdict:
        """Play one, and say how it went."""
        folder = self._folder / f"{scenario.name}-{broker.name}"
        folder.mkdir(parents=True, exist_ok=True)
        with self._console.status(f"{broker.name}: {scenario.title}") as status:

            def told(note: str) -> None:
                status.update(f"{broker.name}: {scenario.title}: {note}")

            verdict = await play(scenario, broker, self._events, self._seconds, self._seed, folder, told)
        outcome = "exact" if verdict.is_exact else "; ".join(verdict.complaints)
        self._console.print(
            f"{broker.name:9} {scenario.name:22} {verdict.fed:7,} events  {verdict.seconds:5.0f} s  "
            f"silence {verdict.silence_seconds:5.1f} s  {verdict.ending:9} {outcome}"
        )
        return verdict


def _found(kinds: Iterable[str]) -> list[str]:
    """Leave out Apache Kafka where it is not, and say so."""
    kafka = find_peers()["kafka"]
    if not kafka.is_missing:
        return list(kinds)
    click.echo(f"{kafka.complaint}; its scenarios are left out", err=True)
    return [kind for kind in kinds if kind == "embedded"]


def _names(given: str, known: Iterable[str], option: str) -> list[str]:
    """Split a list of names, and refuse those that are not known."""
    names = [name.strip() for name in given.split(",") if name.strip()]
    if unknown := [name for name in names if name not in known]:
        raise click.BadParameter(f"there is no {', '.join(unknown)}; there are {', '.join(known)}", param_hint=option)
    return names
