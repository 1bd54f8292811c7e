"""How long an event takes to become an alert: `python -m bench.latency`, or `make bench-latency`."""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple, get_args

import click
from aiokafka import AIOKafkaProducer
from rich.console import Console

from bench.brokers import Broker, BrokerKind, Brokers
from bench.carriers.job import BenchError
from bench.cores import CoreWatch
from bench.events import ATTRIBUTES, draw_events
from bench.pace import Draft, Seen, Way, drafts_of, produce, reading
from bench.playing import cpu_seconds_of, playing
from bench.report import machine, print_machine, print_table, write_json
from streams.connections import client_options
from streams.settings import Settings, load_settings
from streams.topics import create_topics

TARGET_SECONDS = 0.1
"""The 99th percentile from event to alert under light load is to be at most so much."""

_WARM_UP_SECONDS = 3.0
_SETTLE_SECONDS = 3
_FOLLOW_SECONDS = 60
"""A machine with more to do than cores may be so far behind; what comes later still is not measured."""
_DRAWN = 6_000
_WIDTH = 160
_BUSY_SHARE = 0.2
"""Of two cores, worker, broker, producer and consumer take some 60 % at 1,000 events/s; with less left they queue."""
_TOGETHER = "ingest,score,learn,tick"
_SHARES = {"p50_seconds": 0.5, "p90_seconds": 0.9, "p99_seconds": 0.99, "max_seconds": 1.0}

OUTPUTS = ("alerts", "risk")
"""What is timed."""
_HELP = """Measure the time from an event's producer to its alert, and to its customer's risk, at a steady rate.

A worker process of its own (roles ingest, score, learn and tick) runs with the settings of production; with --apart
the roles are shared among several, as an installation does that has more to carry. A paced producer sends events of a
simulated insurer as if they happened now, and a consumer notes when it has the alerts and risks. An output is matched
with its event by its place in the journal. What follows from a tick has no producer and is left out; the first seconds
of each load are left out too.

A machine with no idle time left measures its own load: the share of its cores that was idle is given beside the
figures, and the share that neither worker, broker nor this bench took (a broker given with --bootstrap is in that).

The time is from the timestamp that the producer wrote on the event to the record being in the hands of a consumer:
both clocks are this machine's. Its stages: until ingest has the event in a journal record; from there until the
writer has the output in a record; from there until the consumer has it.

\b
Examples:
  make bench-latency
  make bench-latency ARGS="--rates 1000 --seconds 60"
  make bench-latency ARGS="--apart 'ingest,score,tick;learn'"
  make bench-latency ARGS="--broker kafka --json latency.json"
"""


class _Given(NamedTuple):
    """What is the same for every load."""

    broker: Broker
    casts: tuple[str, ...]
    """Roles of each worker."""
    seconds: float


@click.command(help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rates", metavar="N,...", default="100,1000,3000", show_default=True, help="Events per second.")
@click.option("--seconds", type=click.FloatRange(min=1), default=20.0, show_default=True, help="Length of each load.")
@click.option("--customers", type=click.IntRange(min=1), default=5_000, show_default=True, help="People insured.")
@click.option("--seed", type=int, default=1, show_default=True, help="Where the events come from.")
@click.option(
    "--broker", type=click.Choice(get_args(BrokerKind)), default="embedded", show_default=True, help="What to start."
)
@click.option("--bootstrap", metavar="HOST:PORT", help="A Kafka that runs already, instead.")
@click.option(
    "--apart", metavar="ROLE,...;...", default=_TOGETHER, show_default=True, help="Roles of each worker process."
)
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write all figures here.")
def main(
    rates: str,
    seconds: float,
    customers: int,
    seed: int,
    broker: BrokerKind,
    bootstrap: str | None,
    apart: str,
    json_file: Path | None,
) -> None:
    """Run the bench; the help text is `_HELP`."""
    try:
        loads = [int(rate) for rate in rates.split(",")]
    except ValueError:
        raise click.BadParameter("must be numbers of events per second, with commas", param_hint="--rates") from None
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    brokers = Brokers(broker, bootstrap)
    described = machine(brokers.name)
    drafts = cycle(list(drafts_of(draw_events(_DRAWN, customers, seed))))
    try:
        with brokers.running() as running:
            given = _Given(running, tuple(apart.split(";")), seconds)
            runs = [asyncio.run(_measure(given, drafts, rate)) for rate in loads]
    except BenchError as error:
        raise click.ClickException(str(error)) from error
    print_machine(described, console)
    title = f"From producer to consumer in ms, {seconds:g} s per load, {customers:,} people, roles {apart}"
    print_table(title, COLUMNS, rows_of(runs), console)
    console.print(verdict(runs))
    if json_file is not None:
        asked = {"rates": loads, "seconds": seconds, "customers": customers, "seed": seed, "apart": apart}
        write_json(json_file, "latency", described, {"asked": asked, "runs": runs})


COLUMNS = (
    "events/s",
    "output",
    "records",
    "p50",
    "p90",
    "p99",
    "max",
    "to journal",
    "to output",
    "to consumer",
    "lines/record",
    "CPU us/event",
    "idle",
    "elsewhere",
)
"""What the table shows; stages as p50 / p99."""


def rows_of(runs: Sequence[Mapping[str, Any]]) -> Iterator[list[str]]:
    """Write what was measured as rows, one per load and output; a short, light load may have raised no alert."""
    for run in runs:
        for topic in OUTPUTS:
            found = run[topic]
            if found is None:
                continue
            figures = [f"{found[name] * 1000:.1f}" for name in ("p50_seconds", "p90_seconds", "p99_seconds")]
            stages = [found["stages"][stage] for stage in Way._fields]
            yield [
                f"{run['events_per_second']:,.0f}",
                topic,
                f"{found['count']:,}",
                *figures,
                f"{found['max_seconds'] * 1000:.1f}",
                *(f"{stage['p50_seconds'] * 1000:.0f} / {stage['p99_seconds'] * 1000:.0f}" for stage in stages),
                f"{run['lines_per_record']:.1f}",
                f"{run['cpu_microseconds_per_event']:.0f}" if run["cpu_microseconds_per_event"] else "-",
                f"{run['idle_share']:.0%}",
                f"{run['elsewhere_share']:.0%}",
            ]


def verdict(runs: Sequence[Mapping[str, Any]]) -> str:
    """Say in words whether light traffic waits for batches, and whether that can be said on a machine so busy."""
    light = [run for run in runs if run["rate"] <= 1000 and run["alerts"] is not None]
    if not light:
        return "no load of at most 1,000 events/s raised an alert"
    slowest = max(run["alerts"]["p99_seconds"] for run in light)
    met = "met" if slowest <= TARGET_SECONDS else "missed"
    told = f"Up to 1,000 events/s, p99 from event to alert is {slowest * 1000:.0f} ms (target: at most 100, {met})."
    elsewhere = max(run["elsewhere_share"] for run in light)
    if elsewhere > _BUSY_SHARE:
        told += f" Others had up to {elsewhere:.0%} of the cores: it says little about the worker."
    return told


def percentiles(latencies: Sequence[float]) -> dict[str, float]:
    """Sum up latencies in seconds.

    Raises
    ------
    BenchError
        If there are none: nothing was measured.
    """
    if not latencies:
        raise BenchError("no output of an event was read: the worker did not follow, or nothing was alerted")
    ordered, last = sorted(latencies), len(latencies) - 1
    return {name: ordered[round(last * share)] for name, share in _SHARES.items()}


def summary(ways: Sequence[Way]) -> dict[str, Any]:
    """Sum up the ways of one output, as a whole and stage by stage.

    Raises
    ------
    BenchError
        If there are none.
    """
    stages = {stage: percentiles([getattr(way, stage) for way in ways]) for stage in Way._fields}
    return {"count": len(ways), **percentiles([way.whole for way in ways]), "stages": stages}


async def _measure(given: _Given, drafts: Iterator[Draft], rate: int) -> dict[str, Any]:
    """Run one load against workers of its own, on topics of its own."""
    settings = load_settings(
        bootstrap_servers=given.broker.bootstrap,
        topic_prefix=f"latency.{uuid.uuid4().hex[:8]}.",
        producer_idempotence=given.broker.takes_idempotence,
        attributes=ATTRIBUTES,
        log_level="warning",
    )
    await create_topics(settings)
    seen = Seen()
    producer = AIOKafkaProducer(**client_options(settings))
    await producer.start()
    try:
        with playing(settings, given.casts) as players:
            async with reading(settings, OUTPUTS, seen):
                await asyncio.gather(*(player.ready() for player in players))
                await _open_lanes(settings, producer, drafts, seen)
                await produce(settings, producer, drafts, rate, _WARM_UP_SECONDS, seen)
                records, sent_before, cpu_before = len(seen.journal_at), len(seen.sent_at), cpu_seconds_of(players)
                pids = [player.process.pid for player in players]
                watch = CoreWatch([*pids, given.broker.pid] if given.broker.pid else pids)
                began = asyncio.get_running_loop().time()
                await produce(settings, producer, drafts, rate, given.seconds, seen)
                wall, shares = asyncio.get_running_loop().time() - began, watch.shares()
                sent, cpu = len(seen.sent_at), cpu_seconds_of(players) - cpu_before
                await producer.flush()
                times = list(seen.sent_at.values())
                await _settled(seen, times[sent_before], times[-1])
                for player in players:
                    player.check()
    finally:
        await producer.stop()
    ways = {topic: seen.ways(topic, times[sent_before], times[-1]) for topic in OUTPUTS}
    return {
        "rate": rate,
        "events": sent - sent_before,
        "events_per_second": (sent - sent_before) / wall,
        "lines_per_record": (sent - sent_before) / max(1, len(seen.journal_at) - records),
        "idle_share": shares.idle,
        "elsewhere_share": shares.elsewhere,
        "cpu_microseconds_per_event": cpu / (sent - sent_before) * 1e6,
        "alerts": summary(ways["alerts"]) if ways["alerts"] else None,
        "risk": summary(ways["risk"]),
    }


async def _settled(seen: Seen, sent_from: float, sent_until: float) -> None:
    """Wait until an output of these events was read and nothing has come for a while."""
    read, still = 0, 0
    for _ in range(_FOLLOW_SECONDS):
        await asyncio.sleep(1.0)
        before, read = read, sum(map(len, seen.read.values()))
        still = still + 1 if read == before else 0
        if still >= _SETTLE_SECONDS and seen.ways("risk", sent_from, sent_until):
            return


async def _open_lanes(settings: Settings, producer: AIOKafkaProducer, drafts: Iterator[Draft], seen: Seen) -> None:
    """Send a few events until an output has come from every partition."""
    for _ in range(60):
        await produce(settings, producer, drafts, 50, 1.0, seen)
        if len({output.place[0] for output in seen.read["risk"]}) == settings.partitions:
            return
    raise BenchError("no output came from some partitions within a minute")


if __name__ == "__main__":
    main()
