"""The worker with few customers and with many: CPU per event, memory per customer, recovery."""

from __future__ import annotations

import asyncio
import tempfile
import uuid
from pathlib import Path
from typing import Any

from bench.brokers import Broker
from bench.carriers.job import Figures, Job, run_carrier
from bench.events import read_events, write_events
from bench.found import Asked, Found, Measure, Table
from bench.history import History, history_of
from bench.population import Population, population_of
from bench.report import Spread, spread
from bench.source import fill_changelog, fill_topics

COST_TARGET = 1.2
"""An event among many customers may cost so many times what it costs among few."""

MEMORY_TARGET = 1_500.0
"""Bytes per customer."""

RECOVERY_TARGET = 50_000.0
"""Customers per second, from the first row read to scoring."""

_SIMULATED = 30_000
"""Events that are taken through the core to have rows and events to copy: some two for each customer seen."""

_COLUMNS = (
    "customers",
    "CPU us/event",
    "recovery s",
    "customers/s",
    "CPU us/customer",
    "rows/s read",
    "MB when ready",
    "bytes/row",
)

_NOTE = (
    "Recovery is what a worker does after it was killed: from the first row that it reads to every partition having "
    "settled a record; CPU per customer is the worker's over that time. Rows read per second are its first half; the "
    "second is taking up timers. Memory per customer is the difference of resident memory between the two populations, "
    "when ready. The events go to customers drawn at random, so that among many most rows have to be decoded first."
)


def measure(asked: Asked) -> Found:
    """Run the worker on a changelog of few and of many customers, round by round.

    Raises
    ------
    BenchError
        If the worker fails.
    """
    with asked.console.status("growth: drawing customers"):
        history = history_of(asked.file, _SIMULATED)
    runs = []
    for number in range(1, asked.rounds + 1):
        for customers in asked.grown:
            with asked.brokers.running() as broker:  # another one each time: a million rows are enough for one
                runs.append(_run(asked, broker, history, customers, number))
    few, many = asked.grown
    costs = [_by(runs, customers, "cpu_microseconds_per_event") for customers in asked.grown]
    ratio = spread(more / less for less, more in zip(costs[0], costs[1], strict=True))
    held = [_by(runs, customers, "ready_bytes") for customers in asked.grown]
    memory = spread((more - less) / (many - few) for less, more in zip(held[0], held[1], strict=True))
    recovery = spread(_by(runs, many, "recovered_customers_per_second"))
    return Found(
        {"runs": runs, "cost_ratio": ratio, "bytes_per_customer": memory, "recovered_customers_per_second": recovery},
        [
            Measure(f"CPU per event, {many:,} / {few:,} customers", ratio.median, COST_TARGET),
            Measure("memory per customer in the worker", memory.median, MEMORY_TARGET, unit="bytes"),
            Measure(f"recovery of {many:,}", recovery.median, RECOVERY_TARGET, at_least=True, unit="customers/s"),
        ],
        [Table(f"growth: {asked.events:,} events", _COLUMNS, [_row(runs, customers) for customers in asked.grown])],
        [_NOTE],
    )


def _run(asked: Asked, broker: Broker, history: History, customers: int, number: int) -> dict[str, Any]:
    """Run the worker once on a changelog of so many customers."""
    with tempfile.TemporaryDirectory(prefix="foreshock-bench-") as folder:
        job = Job(
            str(Path(folder) / "events"),
            asked.events,
            bootstrap=broker.bootstrap,
            prefix=f"bench-{uuid.uuid4().hex[:8]}.",
            idempotence=broker.takes_idempotence,
            folder=folder,
            profile=str((asked.profiles / f"worker-{customers}.txt").resolve())
            if asked.profiles and number == 1
            else "",
        )
        settings = job.settings()
        population = population_of(customers, settings, history.intake, history.replay, history.stored)
        with asked.console.status(f"growth: round {number} of {asked.rounds}: {customers:,} rows") as status:
            write_events(Path(job.events_file), population.draw(asked.events, asked.seed))
            asyncio.run(_fill(population, Path(job.events_file)))
            status.update(f"growth: round {number} of {asked.rounds}: {customers:,} customers")
            figures = run_carrier("worker", job, 300.0 + asked.events / 50 + customers / 2_000)
    facts = _facts(population, figures)
    asked.console.print(
        f"round {number}: {customers:9,} customers {facts['cpu_microseconds_per_event']:8,.1f} CPU us/event, "
        f"recovered in {facts['recovery_seconds']:,.1f} s"
    )
    return {"round": number, "customers": customers, **facts}


def _profile(asked: Asked, customers: int) -> str:
    """Name the file for a profile of a run, or nothing where none is asked for."""
    return str((asked.profiles / f"growth-{customers}.txt").resolve()) if asked.profiles else ""


async def _fill(population: Population, events_file: Path) -> None:
    """Put the events and then the rows where the worker will look."""
    await fill_topics(population.settings, read_events(events_file))
    await fill_changelog(population)


def _facts(population: Population, figures: Figures) -> dict[str, Any]:
    """Sum up one run."""
    facts = dict(figures.facts)
    return {
        "cpu_microseconds_per_event": figures.microseconds_per_event,
        "recovered_customers_per_second": population.size / facts["recovery_seconds"],
        "recovery_cpu_microseconds_per_customer": facts["recovery_cpu_seconds"] / population.size * 1e6,
        "read_rows_per_second": facts["recovered_rows"] / facts["load_seconds"],
        "row_bytes": sum(map(len, population.rows)) / len(population.rows),
        **facts,
    }


def _by(runs: list[dict[str, Any]], customers: int, name: str) -> list[float]:
    """Return one figure of one population, round by round."""
    return [float(run[name]) for run in runs if run["customers"] == customers]


def _row(runs: list[dict[str, Any]], customers: int) -> list[str]:
    """Write the figures of one population as a row."""

    def of(name: str, scale: float = 1.0) -> Spread:
        return spread(value * scale for value in _by(runs, customers, name))

    return [
        f"{customers:,}",
        of("cpu_microseconds_per_event").text(),
        of("recovery_seconds").text(),
        of("recovered_customers_per_second").text(0),
        of("recovery_cpu_microseconds_per_customer").text(),
        of("read_rows_per_second").text(0),
        of("ready_bytes", 1e-6).text(0),
        of("row_bytes").text(0),
    ]
