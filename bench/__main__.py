"""What it costs and how it grows: `python -m bench`, or `make bench`."""

from __future__ import annotations

import logging
import signal
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import click
from rich.console import Console

from bench.brokers import BrokerKind, Brokers, default_kind
from bench.carriers.job import BenchError
from bench.events import draw_events, write_events
from bench.found import MEASURE_COLUMNS, Asked, Collected, Found, Table, measure_rows
from bench.parts import carrying, growing, keeping, learning, migrating, replaying, sharing, stepping
from bench.report import CHECKOUT, machine, print_machine, print_table, write_json

PARTS: dict[str, Callable[[Asked], Found]] = {
    "carrying": carrying.measure,
    "growth": growing.measure,
    "team": sharing.measure,
    "migration": migrating.measure,
    "backup": keeping.measure,
    "replay": replaying.measure,
    "learner": learning.measure,
    "step": stepping.measure,
}

RESULTS = CHECKOUT / "bench" / "results"
"""Where `--keep` puts figures."""

_HELP = """Measure what carrying costs, and how the job grows: one run, the same events, the same core, one broker.

\b
Parts (all, unless named):
  carrying  the core carried by six carriers (below)
  growth    the worker with 10,000 customers and with a million: CPU per event,
            memory per customer, recovery
  team      two workers against one on the same events
  migration `foreshock migrate` from 3 partitions to 6 with few customers and with
            many, and how long nobody scores meanwhile
  backup    `foreshock backup save` and `restore` with few customers and with many
  replay    `foreshock replay` against validation and core alone
  learner   examples per second through the learner
  step      the core's step against pydantic's validation of the same event

\b
Carriers:
  worker    the whole job: our real worker process with the roles ingest, score and
            tick: journal, state, risk, alerts, examples and changelog at the broker
  core      the core alone, without Kafka: check and redact each event and write it
            down, step, encode rows, risk, alerts and examples
  stock     unpatched faust-streaming, one record per event: an agent, a faust.Table
            of bytes with its changelog, topic.send for each output
  quix      Quix Streams, one record per event: state in RocksDB with its changelog
  bytewax   Bytewax: stateful_batch per customer, with its recovery store
  plain     an aiokafka getmany loop with a dictionary: no journal, no changelog

A carrier's run is a fresh process on fresh topics that were filled before it starts. CPU time is user and system time
of that process, from the first event to the last one's outputs being at the broker; its carrying cost is that per
event less the core's of the same round. Rounds are interleaved, so that a busy spell of the machine hits all alike.
Figures are medians with the range of the rounds. Quix Streams and Bytewax get environments of their own, with the
core's packages as we pin them.

Every run is checked: customers' states, alerts and risks must be exactly what the core alone makes of the events.
If any is not, the bench says so and ends with code 1.

\b
Examples:
  make bench
  make bench ARGS="carrying step --events 20000 --rounds 1 --broker embedded"
  make bench ARGS="growth --customers 10000,100000"
  make bench ARGS="migration --events 4000 --customers 100000,1000000 --rounds 1"
  make bench ARGS="--bootstrap 127.0.0.1:9092 --json figures.json"
  make bench ARGS="--keep --profile"
"""


def _numbers(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[int, ...]:
    """Read numbers of customers, the smallest first."""
    try:
        numbers = sorted(int(part) for part in value.split(","))
    except ValueError:
        raise click.BadParameter("give whole numbers with commas between them") from None
    if len(numbers) != 2 or numbers[0] < 100:
        raise click.BadParameter("give two numbers of at least 100: a small population and a large one")
    return tuple(numbers)


def _carriers(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[str, ...]:
    """Read names of carriers."""
    names = tuple(name.strip() for name in value.split(","))
    if unknown := carrying.unknown(names):
        raise click.BadParameter(
            f"there is no carrier {', '.join(unknown)}; carriers are {', '.join(carrying.CARRIERS)}"
        )
    return names


@click.command(help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("parts", nargs=-1, type=click.Choice(list(PARTS)))
@click.option("--events", type=click.IntRange(min=100), default=100_000, show_default=True, help="Events per run.")
@click.option("--people", type=click.IntRange(min=1), default=20_000, show_default=True, help="People insured.")
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="Times each figure is taken.")
@click.option("--seed", type=int, default=1, show_default=True, help="Where the events come from.")
@click.option(
    "--only",
    metavar="NAME,...",
    default=",".join(carrying.CARRIERS),
    show_default=True,
    callback=_carriers,
    help="Carriers to run.",
)
@click.option(
    "--customers",
    metavar="FEW,MANY",
    default="10000,1000000",
    show_default=True,
    callback=_numbers,
    help="Customers in the worker's table, for growth, migration and backup.",
)
@click.option(
    "--broker", type=click.Choice(get_args(BrokerKind)), help="By default Apache Kafka, if its jars are here."
)
@click.option("--bootstrap", metavar="HOST:PORT", help="A Kafka that runs already.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write all figures here.")
@click.option(
    "--profile",
    is_flag=True,
    help="Take profiles: of core and worker once more, and in growth's first round.",
)
@click.option("--keep", is_flag=True, help="Keep tables, figures and profiles under bench/results, named by today.")
def main(
    parts: tuple[str, ...],
    events: int,
    people: int,
    rounds: int,
    seed: int,
    only: tuple[str, ...],
    customers: tuple[int, ...],
    broker: BrokerKind | None,
    bootstrap: str | None,
    json_file: Path | None,
    profile: bool,
    keep: bool,
) -> None:
    """Run the bench; the help text is `_HELP`."""
    brokers = Brokers(broker or default_kind(), bootstrap)
    kept = RESULTS / f"bench-{datetime.now(UTC):%Y-%m-%d}"
    profiles = Path(f"{kept}-profiles") if profile and keep else Path("profiles") if profile else None
    if profiles:
        profiles.mkdir(parents=True, exist_ok=True)
    described = machine(brokers.name)
    with tempfile.TemporaryDirectory(prefix="foreshock-bench-") as folder:
        file = Path(folder) / "events"
        progress = Console(stderr=True)
        with progress.status(f"drawing {events:,} events"):
            size = write_events(file, draw_events(events, people, seed))
        asked = Asked(file, events, size / events, people, rounds, seed, brokers, progress, only, customers, profiles)
        collected = Collected()
        try:
            for name in parts or PARTS:
                progress.print(f"[bold]{name}[/bold]")
                collected.parts[name] = PARTS[name](asked)
        except BenchError as error:
            raise click.ClickException(str(error)) from error
    console = Console(width=None if sys.stdout.isatty() else 120, record=True)
    print_machine(described, console)
    _print(collected, console)
    figures = {"asked": asked.plain(), **collected.plain()}
    for path in ([json_file] if json_file else []) + ([Path(f"{kept}.json")] if keep else []):
        write_json(path, "bench", described, figures)
    if keep:
        Path(f"{kept}.txt").write_text(console.export_text(), encoding="utf-8")
    sys.exit(1 if collected.faults else 0)


def _print(collected: Collected, console: Console) -> None:
    """Print every part's tables, and what was reached."""
    for found in collected.parts.values():
        for table in found.tables:
            print_table(table.title, table.columns, table.rows, console)
        for note in found.notes:
            console.print(note, highlight=False)
    reached = Table("what is to be reached", MEASURE_COLUMNS, list(measure_rows(collected.measures)))
    print_table(reached.title, reached.columns, reached.rows, console)
    for fault in collected.faults:
        console.print(f"FAULT: {fault}", style="bold red", highlight=False)


if __name__ == "__main__":
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tells of every retry on new topics
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # brokers and workers end with us
    main()
