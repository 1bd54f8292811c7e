"""What carrying a message costs: `python -m bench.throughput`, or `make bench-throughput`."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from bench.carriers.job import BenchError, Figures, Job, run_carrier
from bench.checking import Check, Truth, check_plain, check_stock, check_worker, truth_of
from bench.events import draw_events, read_events, write_events
from bench.report import embedded_broker_name, machine, print_machine, print_table, write_json
from bench.source import fill_topics
from bench.summary import COLUMNS, rows_of, summary_of, verdict
from streams.broker import EmbeddedBroker


@dataclass(frozen=True, slots=True)
class Carrier:
    """One way to carry the core."""

    module: str
    """Its module under `bench.carriers`."""

    check: Check | None
    """Says whether it did its work; the core alone is what the others are compared with."""


CARRIERS = {
    "worker": Carrier("worker", check_worker),
    "core": Carrier("core", None),
    "stock": Carrier("stock_faust", check_stock),
    "plain": Carrier("plain_loop", check_plain),
}

_HELP = """Measure what carrying costs: the same core, the same events, four carriers.

\b
  worker  the whole job: our real worker process with the roles ingest, score and
          tick: journal, state, risk, alerts, examples and changelog at the broker
  core    the core alone, without Kafka: check and redact each event and write it
          down, step, encode rows, risk, alerts and examples
  stock   unpatched faust-streaming, one record per event: an agent, a faust.Table
          of bytes with its changelog, topic.send for each output
  plain   an aiokafka getmany loop with a dictionary: no journal, no changelog

Each run is a fresh process on fresh topics that were filled before it starts. CPU time is user and system time of
that process, from the first event to the last one's outputs being at the broker. The carrying cost is that CPU time
per event less the core's. Rounds are interleaved, so that a busy spell of the machine hits all of them alike;
figures are medians with the range of the rounds.

Every run is checked: states in the changelog, alerts and customers on risk must be exactly what the core alone makes
of the events. Otherwise the bench ends with code 1 and its figures are worth nothing.

\b
Examples:
  make bench-throughput
  make bench-throughput ARGS="--events 20000 --rounds 1 --only core,worker"
  make bench-throughput ARGS="--bootstrap 127.0.0.1:9092 --json apache-kafka.json"
"""


@click.command(help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--events", type=click.IntRange(min=100), default=100_000, show_default=True, help="Events per run.")
@click.option("--customers", type=click.IntRange(min=1), default=20_000, show_default=True, help="People insured.")
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="Runs of each carrier.")
@click.option("--seed", type=int, default=1, show_default=True, help="Where the events come from.")
@click.option("--only", metavar="NAME,...", default=",".join(CARRIERS), show_default=True, help="Carriers to run.")
@click.option("--bootstrap", metavar="HOST:PORT", help="A Kafka broker instead of the embedded one.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write all figures here.")
@click.option(
    "--profile",
    "profile_folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write a sampling profile of each carrier into this folder; sampling costs some per cent.",
)
def main(
    events: int,
    customers: int,
    rounds: int,
    seed: int,
    only: str,
    bootstrap: str | None,
    json_file: Path | None,
    profile_folder: Path | None,
) -> None:
    """Run the bench; the help text is `_HELP`."""
    names = [name.strip() for name in only.split(",")]
    if unknown := set(names) - set(CARRIERS):
        raise click.BadParameter(
            f"there is no carrier {', '.join(sorted(unknown))}; carriers are {', '.join(CARRIERS)}", param_hint="--only"
        )
    if profile_folder is not None:
        profile_folder.mkdir(parents=True, exist_ok=True)
    console = Console(width=None if sys.stdout.isatty() else 120)
    described = machine(f"Kafka at {bootstrap}" if bootstrap else embedded_broker_name())
    with tempfile.TemporaryDirectory(prefix="foreshock-bench-") as folder:
        file = Path(folder) / "events"
        size = write_events(file, draw_events(events, customers, seed))
        bench = _Bench(file, events, bootstrap, profile_folder, Console(stderr=True))
        try:
            runs = bench.run(names, rounds)
        except BenchError as error:
            raise click.ClickException(str(error)) from error
    print_machine(described, console)
    title = f"{events:,} events of {size / events:.0f} bytes, {customers:,} people, {rounds} rounds"
    summary = summary_of(runs)
    print_table(title, COLUMNS, rows_of(summary), console)
    console.print(verdict(summary))
    if json_file is not None:
        asked = {"events": events, "customers": customers, "rounds": rounds, "seed": seed, "event_bytes": size / events}
        write_json(json_file, "throughput", described, {"asked": asked, "runs": runs, "summary": summary})


class _Bench:
    """Runs carriers on one set of events.

    Parameters
    ----------
    file
        The events.
    count
        How many they are.
    bootstrap
        Broker; `None` starts an embedded one per run.
    profile_folder
        Where profiles go; `None` for none.
    console
        Where progress is told.
    """

    def __init__(
        self, file: Path, count: int, bootstrap: str | None, profile_folder: Path | None, console: Console
    ) -> None:
        self._file = file
        self._count = count
        self._bootstrap = bootstrap
        self._profile_folder = profile_folder
        self._console = console
        # A core ten times slower than today's, carried by stock Faust on a busy machine.
        self._timeout_seconds = 120.0 + count / 50
        self._truth: Truth | None = None

    def run(self, names: list[str], rounds: int) -> list[dict[str, Any]]:
        """Run the carriers, round by round, and return what each run measured.

        Raises
        ------
        BenchError
            If a carrier fails or does not do its work.
        """
        runs = []
        for number in range(1, rounds + 1):
            for name in names:
                with self._console.status(f"round {number} of {rounds}: {name}"):
                    figures, left = self._run_one(name)
                runs.append(
                    {
                        "round": number,
                        "carrier": name,
                        "events": figures.events,
                        "events_per_second": figures.events_per_second,
                        "cpu_microseconds_per_event": figures.microseconds_per_event,
                        **{key: value for key, value in figures.facts.items() if not key.endswith("digest")},
                        **left,
                    }
                )
                self._console.print(
                    f"round {number}: {name:6} {figures.events_per_second:8,.0f} events/s "
                    f"{figures.microseconds_per_event:8,.1f} CPU us/event"
                )
        return runs

    def _run_one(self, name: str) -> tuple[Figures, dict[str, Any]]:
        """Fill topics, carry, check; return figures and what was found at the broker."""
        carrier = CARRIERS[name]
        if carrier.check is None:
            figures = run_carrier(carrier.module, self._job(name, ""), self._timeout_seconds)
            self._truth = truth_of(figures)
            return self._complete(name, figures), {}
        truth = self._truth or self._find_truth()
        with self._broker() as bootstrap:
            job = self._job(name, bootstrap)
            settings = job.settings()
            asyncio.run(fill_topics(settings, read_events(self._file)))
            figures = run_carrier(carrier.module, job, self._timeout_seconds)
            return self._complete(name, figures), asyncio.run(carrier.check(settings, figures, truth))

    def _find_truth(self) -> Truth:
        """Let the core say what the events lead to, without counting it as a run."""
        self._truth = truth_of(run_carrier("core", self._job("core", ""), self._timeout_seconds))
        return self._truth

    def _complete(self, name: str, figures: Figures) -> Figures:
        """Refuse figures of fewer events, or more."""
        if figures.events != self._count:
            raise BenchError(f"{name}: {self._count} events went in, {figures.events} changed a state")
        return figures

    def _job(self, name: str, bootstrap: str) -> Job:
        """Make the job of one run, with topics of its own."""
        return Job(
            str(self._file),
            self._count,
            bootstrap,
            prefix=f"bench-{uuid.uuid4().hex[:8]}.",
            idempotence=self._bootstrap is not None,
            profile=str((self._profile_folder / f"{name}.txt").resolve()) if self._profile_folder else "",
        )

    @contextlib.contextmanager
    def _broker(self) -> Iterator[str]:
        """Say where the broker is; the embedded one is new for each run, so that no run leaves it full."""
        if self._bootstrap is not None:
            yield self._bootstrap
            return
        with EmbeddedBroker() as broker:
            yield broker.bootstrap_servers


if __name__ == "__main__":
    main()
