"""How long an event takes to become an alert: `python -m bench.latency`, or `make bench-latency`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import click
from aiokafka import AIOKafkaProducer
from rich.console import Console

from bench.carriers.job import BenchError
from bench.events import ATTRIBUTES, draw_events
from bench.pace import Draft, Seen, drafts_of, produce, reading
from bench.report import CHECKOUT, embedded_broker_name, machine, print_machine, print_table, write_json
from streams.broker import EmbeddedBroker, free_port
from streams.connections import client_options
from streams.settings import Settings, load_settings
from streams.topics import create_topics

TARGET_SECONDS = 0.1
"""The 99th percentile from event to alert under light load is to be at most so much."""

_WARM_UP_SECONDS = 3.0
_SETTLE_SECONDS = 3.0
_DRAWN = 6_000
_HELP = """Measure the time from an event's producer to its alert, and to its customer's risk, at a steady rate.

A worker process of its own (roles ingest, score, learn and tick) runs with the settings of production. A paced
producer sends events of a simulated insurer as if they happened now, and a consumer notes when it has the alerts and
risks. An output is matched with its event by its place in the journal. What follows from a tick has no producer and
is left out; the first seconds of each load are left out too.

A machine with no idle time left measures its own load: the share that was idle is given beside the figures.

The time is from the timestamp that the producer wrote on the event to the record being in the hands of a consumer:
both clocks are this machine's.

\b
Examples:
  make bench-latency
  make bench-latency ARGS="--rates 1000 --seconds 60"
  make bench-latency ARGS="--bootstrap 127.0.0.1:9092 --json latency.json"
"""


@click.command(help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rates", metavar="N,...", default="100,1000,3000", show_default=True, help="Events per second.")
@click.option("--seconds", type=click.FloatRange(min=1), default=20.0, show_default=True, help="Length of each load.")
@click.option("--customers", type=click.IntRange(min=1), default=5_000, show_default=True, help="People insured.")
@click.option("--seed", type=int, default=1, show_default=True, help="Where the events come from.")
@click.option("--bootstrap", "--broker", metavar="HOST:PORT", help="A Kafka broker instead of the embedded one.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write all figures here.")
def main(rates: str, seconds: float, customers: int, seed: int, bootstrap: str | None, json_file: Path | None) -> None:
    """Run the bench; the help text is `_HELP`."""
    try:
        loads = [int(rate) for rate in rates.split(",")]
    except ValueError:
        raise click.BadParameter("must be numbers of events per second, with commas", param_hint="--rates") from None
    console = Console(width=None if sys.stdout.isatty() else 120)
    described = machine(f"Kafka at {bootstrap}" if bootstrap else embedded_broker_name())
    drafts = cycle(list(drafts_of(draw_events(_DRAWN, customers, seed))))
    try:
        with _broker(bootstrap) as address:
            runs = [asyncio.run(_measure(address, bool(bootstrap), drafts, rate, seconds)) for rate in loads]
    except BenchError as error:
        raise click.ClickException(str(error)) from error
    print_machine(described, console)
    title = f"From producer to consumer in ms, {seconds:g} s per load, {customers:,} people"
    print_table(title, COLUMNS, rows_of(runs), console)
    console.print(verdict(runs))
    if json_file is not None:
        asked = {"rates": loads, "seconds": seconds, "customers": customers, "seed": seed}
        write_json(json_file, "latency", described, {"asked": asked, "runs": runs})


COLUMNS = ("events/s", "output", "records", "p50", "p90", "p99", "max", "lines/record", "CPU us/event", "idle")
"""What the table shows."""


def rows_of(runs: Sequence[Mapping[str, Any]]) -> Iterator[list[str]]:
    """Write what was measured as rows, two per load."""
    for run in runs:
        for topic in ("alerts", "risk"):
            found = run[topic]
            figures = [f"{found[name] * 1000:.1f}" for name in ("p50_seconds", "p90_seconds", "p99_seconds")]
            yield [
                f"{run['events_per_second']:,.0f}",
                topic,
                f"{found['count']:,}",
                *figures,
                f"{found['max_seconds'] * 1000:.1f}",
                f"{run['lines_per_record']:.1f}",
                f"{run['cpu_microseconds_per_event']:.0f}" if run["cpu_microseconds_per_event"] else "-",
                f"{run['idle_share']:.0%}",
            ]


def verdict(runs: Sequence[Mapping[str, Any]]) -> str:
    """Say in words whether light traffic waits for batches."""
    light = [run["alerts"]["p99_seconds"] for run in runs if run["rate"] <= 1000]
    if not light:
        return "no load of at most 1,000 events/s was asked for"
    met = "met" if max(light) <= TARGET_SECONDS else "missed"
    return f"Up to 1,000 events/s, p99 from event to alert is {max(light) * 1000:.0f} ms (target: at most 100, {met})."


def percentiles(latencies: Sequence[float]) -> dict[str, float]:
    """Sum up sorted latencies in seconds.

    Raises
    ------
    BenchError
        If there are none: nothing was measured.
    """
    if not latencies:
        raise BenchError("no output of an event was read: the worker did not follow, or nothing was alerted")
    last = len(latencies) - 1
    shares = {"p50_seconds": 0.5, "p90_seconds": 0.9, "p99_seconds": 0.99, "max_seconds": 1.0}
    return {"count": len(latencies), **{name: latencies[round(last * share)] for name, share in shares.items()}}


async def _measure(address: str, is_kafka: bool, drafts: Iterator[Draft], rate: int, seconds: float) -> dict[str, Any]:
    """Run one load against a worker of its own, on topics of its own."""
    settings = load_settings(
        bootstrap_servers=address,
        topic_prefix=f"latency.{uuid.uuid4().hex[:8]}.",
        producer_idempotence=is_kafka,
        attributes=ATTRIBUTES,
        web_port=free_port(),
        log_level="warning",
    )
    await create_topics(settings)
    seen = Seen()
    producer = AIOKafkaProducer(**client_options(settings))
    await producer.start()
    try:
        with _worker(settings) as process:
            async with reading(settings, ("alerts", "risk"), seen):
                await _ready(settings, process)
                await _open_lanes(settings, producer, drafts, seen)
                await produce(settings, producer, drafts, rate, _WARM_UP_SECONDS, seen)
                records, sent_before, cpu_before = seen.records, len(seen.sent_at), _cpu_seconds(process.pid)
                began, idle_before = asyncio.get_running_loop().time(), _idle_seconds()
                await produce(settings, producer, drafts, rate, seconds, seen)
                wall = asyncio.get_running_loop().time() - began
                idle = (_idle_seconds() - idle_before) / (wall * (os.cpu_count() or 1))
                sent, cpu = len(seen.sent_at), _cpu_seconds(process.pid) - cpu_before
                await producer.flush()
                await asyncio.sleep(_SETTLE_SECONDS)
                if process.poll() is not None:
                    raise BenchError(f"the worker ended with code {process.returncode}")
    finally:
        await producer.stop()
    times = list(seen.sent_at.values())
    figures = {topic: percentiles(seen.latencies(topic, times[sent_before], times[-1])) for topic in ("alerts", "risk")}
    return {
        "rate": rate,
        "events": sent - sent_before,
        "events_per_second": (sent - sent_before) / wall,
        "lines_per_record": (sent - sent_before) / max(1, seen.records - records),
        "idle_share": idle,
        "cpu_microseconds_per_event": cpu / (sent - sent_before) * 1e6,
        **figures,
    }


def _cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process so far, or 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _idle_seconds() -> float:
    """Return the time that this machine's cores had nothing to do, or 0 where the system does not tell."""
    try:
        fields = Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0].split()
    except OSError:
        return 0.0
    return int(fields[4]) / os.sysconf("SC_CLK_TCK")


async def _open_lanes(settings: Settings, producer: AIOKafkaProducer, drafts: Iterator[Draft], seen: Seen) -> None:
    """Send a few events until an output has come from every partition."""
    for _ in range(60):
        await produce(settings, producer, drafts, 50, 1.0, seen)
        if len({place[0] for place, _ in seen.read_at["risk"]}) == settings.partitions:
            return
    raise BenchError("no output came from some partitions within a minute")


async def _ready(settings: Settings, process: subprocess.Popen[bytes]) -> None:
    """Wait until the worker says it is ready."""
    url = f"http://127.0.0.1:{settings.web_port}/readyz"
    for _ in range(300):
        if process.poll() is not None:
            raise BenchError(f"the worker ended with code {process.returncode} before it was ready")
        with contextlib.suppress(OSError):
            await asyncio.to_thread(lambda: urllib.request.urlopen(url, timeout=2).close())
            return
        await asyncio.sleep(0.2)
    raise BenchError("the worker was not ready within a minute")


@contextlib.contextmanager
def _broker(bootstrap: str | None) -> Iterator[str]:
    """Use the broker that was named, or start one."""
    if bootstrap:
        yield bootstrap
        return
    with EmbeddedBroker() as broker:
        yield broker.bootstrap_servers


@contextlib.contextmanager
def _worker(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker with these settings and the roles that alerts need."""
    given = settings.model_dump(mode="json", include=settings.model_fields_set)
    # Nothing that the caller has set may change what is measured, but the ways of carrying may be tried out.
    environment = dict(os.environ) | {
        f"FORESHOCK_{name.upper()}": ",".join(value) if isinstance(value, list) else str(value)
        for name, value in given.items()
    }
    command = [sys.executable, "-m", "foreshock", "worker", "--roles", "ingest,score,learn,tick"]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield process
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read()[-3000:].decode(errors="replace"))
            raise
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


if __name__ == "__main__":
    main()
