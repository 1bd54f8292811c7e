"""Another number of partitions: how long it takes, how much, and how long nobody scores."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice

import orjson

from bench.brokers import Broker
from bench.carriers.job import BenchError, Job
from bench.events import SourceEvent
from bench.found import Asked, Found, Table
from bench.history import History, history_of
from bench.playing import Player, playing
from bench.population import Population, population_of
from bench.report import Spread, spread
from bench.source import fill_changelog, fill_topics, send_events
from bench.timed import Took, disk_bytes, timed
from foreshock.broker.reading import open_topic
from foreshock.migrating.rest import NotAtRestError, ends_of, everything_is_scored
from streams.settings import Settings
from streams.topics import CHANGELOG

BEFORE, AFTER = 3, 6
"""Partitions."""

_SIMULATED = 30_000
"""Events that are taken through the core to have rows and events to copy."""

_APART = ("ingest,learn,tick", "score")
"""Roles of the two workers: the one that feeds the journal is stopped first."""

_LOOK_SECONDS = 0.1

_MOVING = ("customers", "migrate s", "rows/s", "CPU us/row", "most MB", "disk MB before", "disk MB after")
_PAUSING = ("customers", "entrance stops s", "scorer stops s", "migrate s", "starts s", "nobody scores s")

_NOTE = (
    f"From {BEFORE} partitions to {AFTER}. Times of commands begin with the start of their interpreter. The disk is "
    "the broker's, for the changelog of states before and after. Nobody scores from the moment that the worker with "
    "the roles ingest, learn and tick is asked to stop until the first belief about a customer that workers with the "
    "new settings write: two stops, the migration, a start that reads every row. Events come in all the while, and "
    "wait."
)


def measure(asked: Asked) -> Found:
    """Migrate few and many customers, round by round.

    Raises
    ------
    BenchError
        If a command or a worker fails, or not every customer is carried over.
    """
    with asked.console.status("migration: drawing customers"):
        history = history_of(asked.file, _SIMULATED)
    runs = []
    for number in range(1, asked.rounds + 1):
        for customers in asked.grown:
            with (
                asked.console.status(f"migration: round {number} of {asked.rounds}: {customers:,} customers"),
                asked.brokers.running() as broker,
            ):
                run: dict[str, float] = {"round": number, "customers": customers}
                run |= asyncio.run(_run(asked, broker, history, customers))
            asked.console.print(
                f"round {number}: {customers:9,} customers migrated in {run['migrate_seconds']:,.1f} s, nobody scored "
                f"for {run['downtime_seconds']:,.1f} s"
            )
            runs.append(run)
    rows = [{name: spread(run[name] for run in runs if run["customers"] == customers) for name in runs[0]}
            for customers in asked.grown]  # fmt: skip
    many = rows[-1]
    return Found(
        {"runs": runs, "migrated_rows_per_second": many["migrate_rows_per_second"],
         "downtime_seconds": many["downtime_seconds"]},
        [],
        [
            Table(f"migration: {BEFORE} to {AFTER} partitions", _MOVING, list(map(_moving_row, rows))),
            Table("migration: how long nobody scores", _PAUSING, list(map(_pausing_row, rows))),
        ],
        [_NOTE],
    )  # fmt: skip


async def _run(asked: Asked, broker: Broker, history: History, customers: int) -> dict[str, float]:
    """Let workers score among so many customers, migrate, and let them go on."""
    job = Job(
        "", asked.events, bootstrap=broker.bootstrap, prefix=f"bench-{uuid.uuid4().hex[:8]}.",
        idempotence=broker.takes_idempotence,
    )  # fmt: skip
    before = job.settings().model_copy(update={"partitions": BEFORE})
    after = before.model_copy(update={"partitions": AFTER, "journal_generation": before.journal_generation + 1})
    population = population_of(customers, before, history.intake, history.replay, history.stored)
    events = iter(list(population.draw(asked.events, asked.seed)))
    await fill_topics(before, islice(events, asked.events // 2))
    await fill_changelog(population)
    # The embedded broker never forgets a member, so that it cannot say that nobody works.
    options = ("--json", "--all-stopped") if asked.brokers.is_embedded else ("--json",)
    found = await _moved(before, after, events, population, options)
    found |= {f"disk_bytes_{name}": float(disk_bytes(broker.data, settings.topic(CHANGELOG)) if broker.data else 0)
              for name, settings in (("before", before), ("after", after))}  # fmt: skip
    return found


async def _moved(
    before: Settings, after: Settings, events: Iterator[SourceEvent], population: Population, options: Sequence[str]
) -> dict[str, float]:
    """Stop workers, migrate, start them, as docs/how-to/grow.md says."""
    patience = 120.0 + population.size / 5_000
    with playing(before, _APART) as (entrance, scorer):
        for player in (entrance, scorer):
            await player.ready(patience)
        await _says_more(before, 0, patience, entrance, scorer)
        began = time.monotonic()
        entrance_seconds = await asyncio.to_thread(entrance.stop)
        await asyncio.gather(send_events(before, events), _rests(before, patience))
        scorer_seconds = await asyncio.to_thread(scorer.stop)
    known = await _said(before)
    took = await asyncio.to_thread(timed, before, "migrate", "--partitions", str(AFTER), *options)
    rows = _rows_of(took, population.size)
    started = time.monotonic()
    with playing(after, _APART) as players:
        await _says_more(after, known, patience, *players)
        ended = time.monotonic()
        for player in players:
            await asyncio.to_thread(player.stop)
    return {
        "entrance_stop_seconds": entrance_seconds,
        "scorer_stop_seconds": scorer_seconds,
        "start_seconds": ended - started,
        "downtime_seconds": ended - began,
        **took.each("migrate", rows, "rows"),
    }


def _rows_of(took: Took, customers: int) -> int:
    """Return how many rows a migration has carried over, which must be no fewer than there were customers."""
    rows = sum(int(partition["rows"]) for partition in orjson.loads(took.said)["rows"])
    if rows < customers:
        raise BenchError(f"{rows} of {customers} customers were carried over")
    return rows


async def _rests(settings: Settings, seconds: float) -> None:
    """Wait until all of the journal is scored.

    Raises
    ------
    BenchError
        If it is not after so long.
    """
    deadline = time.monotonic() + seconds
    ends = await ends_of(settings)
    while time.monotonic() < deadline:
        with suppress(NotAtRestError):
            return await everything_is_scored(settings, ends)
        await asyncio.sleep(_LOOK_SECONDS)
    raise BenchError(f"not all of the journal was scored after {seconds:g} s")


async def _said(settings: Settings) -> int:
    """Count the beliefs about customers that were ever written."""
    async with open_topic(settings, "risk") as reader:
        return sum(span.end for span in await reader.spans())


async def _says_more(settings: Settings, than: int, seconds: float, *players: Player) -> None:
    """Wait until there are more beliefs about customers than before.

    Raises
    ------
    BenchError
        If there are none after so long, or a worker ends.
    """
    deadline = time.monotonic() + seconds
    async with open_topic(settings, "risk") as reader:
        while sum(span.end for span in await reader.spans()) <= than:
            for player in players:
                player.check()
            if time.monotonic() > deadline:
                raise BenchError(f"nothing was scored for {seconds:g} s")
            await asyncio.sleep(_LOOK_SECONDS)


def _moving_row(found: dict[str, Spread]) -> list[str]:
    """Write what a migration took."""
    return [
        f"{found['customers'].median:,.0f}",
        found["migrate_seconds"].text(),
        found["migrate_rows_per_second"].text(0),
        found["migrate_cpu_microseconds_each"].text(),
        *(
            found[name].times(1e-6).text(0)
            for name in ("migrate_largest_bytes", "disk_bytes_before", "disk_bytes_after")
        ),
    ]


def _pausing_row(found: dict[str, Spread]) -> list[str]:
    """Write how long nobody scored, and why."""
    names = ("entrance_stop", "scorer_stop", "migrate", "start", "downtime")
    return [f"{found['customers'].median:,.0f}", *(found[f"{name}_seconds"].text() for name in names)]
