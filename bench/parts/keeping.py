"""A backup there and back: how long it takes, and how much."""

from __future__ import annotations

import asyncio
import tempfile
import uuid
from itertools import islice
from pathlib import Path

import orjson

from bench.brokers import Broker
from bench.carriers.job import Job
from bench.found import Asked, Found, Table
from bench.history import History, history_of
from bench.population import population_of
from bench.report import Spread, spread
from bench.source import fill_changelog, fill_topics
from bench.timed import timed

_SIMULATED = 30_000
"""Events that are taken through the core to have rows to copy."""

_COLUMNS = (
    "customers", "save s", "records/s", "CPU us/record", "most MB", "MB in the folder",
    "restore s", "back records/s", "back CPU us/record", "back most MB",
)  # fmt: skip

_NOTE = (
    "The backup holds the states of all customers and nothing else, compressed; it is put back on empty topics beside "
    "them, where it is looked for first and read back last. Times begin with the start of the interpreter."
)


def measure(asked: Asked) -> Found:
    """Save few and many customers and put them back, round by round.

    Raises
    ------
    BenchError
        If a command fails.
    """
    with asked.console.status("backup: drawing customers"):
        history = history_of(asked.file, _SIMULATED)
    runs = []
    for number in range(1, asked.rounds + 1):
        for customers in asked.grown:
            with (
                asked.console.status(f"backup: round {number} of {asked.rounds}: {customers:,} customers"),
                asked.brokers.running() as broker,
                tempfile.TemporaryDirectory(prefix="foreshock-bench-") as folder,
            ):
                run: dict[str, float] = {"round": number, "customers": customers}
                run |= _run(broker, history, customers, Path(folder))
            asked.console.print(
                f"round {number}: {customers:9,} customers saved in {run['save_seconds']:,.1f} s, "
                f"put back in {run['restore_seconds']:,.1f} s"
            )
            runs.append(run)
    rows = [
        _row({name: spread(run[name] for run in runs if run["customers"] == customers) for name in runs[0]})
        for customers in asked.grown
    ]
    return Found({"runs": runs}, [], [Table("backup: save and restore", _COLUMNS, rows)], [_NOTE])


def _run(broker: Broker, history: History, customers: int, folder: Path) -> dict[str, float]:
    """Save the states of so many customers, and put them back beside them."""
    prefix = f"bench-{uuid.uuid4().hex[:8]}."
    settings = Job("", 1, bootstrap=broker.bootstrap, prefix=prefix, idempotence=broker.takes_idempotence).settings()
    population = population_of(customers, settings, history.intake, history.replay, history.stored)

    async def fill() -> None:
        await fill_topics(settings, islice(population.draw(1, 0), 0))
        await fill_changelog(population)

    asyncio.run(fill())
    kept = folder / "backup"
    saving = timed(settings, "backup", "save", str(kept))
    records = sum(topic["records"] for topic in orjson.loads((kept / "backup.json").read_bytes())["topics"].values())
    restoring = timed(settings.model_copy(update={"topic_prefix": f"again-{prefix}"}), "backup", "restore", str(kept))
    return {
        "backup_bytes": float(sum(file.stat().st_size for file in kept.iterdir())),
        **saving.each("save", records, "records"),
        **restoring.each("restore", records, "records"),
    }


def _row(found: dict[str, Spread]) -> list[str]:
    """Write the figures of one population as a row."""
    return [
        f"{found['customers'].median:,.0f}",
        *_shown(found, "save"),
        found["backup_bytes"].times(1e-6).text(0),
        *_shown(found, "restore"),
    ]


def _shown(found: dict[str, Spread], name: str) -> list[str]:
    """Write what one command took."""
    return [
        found[f"{name}_seconds"].text(),
        found[f"{name}_records_per_second"].text(0),
        found[f"{name}_cpu_microseconds_each"].text(),
        found[f"{name}_largest_bytes"].times(1e-6).text(0),
    ]
