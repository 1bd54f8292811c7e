"""The estimate: partitions, workers, memory, disk and times for a load, each with how it was come by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Literal, NamedTuple

from foreshock.sizing.constants import constants, value

_DAY = 86_400
_EVENTS_OF_OUTPUTS = 30_000
_MANY = 10_000
"""Customers per worker up to which an event costs no more."""
_MOST_MEASURED = 1_000_000
_MOST_MIGRATED = 100_000
_SPARE_PARTITIONS = 2
"""Partitions per worker, so that the number of workers can double without a migration."""
_STEP = 12
"""Partitions come by the dozen: 1, 2, 3, 4, 6 and 12 workers share them fairly."""
_COMPACTION = 2.0
"""Copies of a row in a compacted topic that has not been cleaned yet. Assumed: it was not measured."""
_SOURCE_DAYS = 7
MOST_PARTITIONS = 1_024


@dataclass(frozen=True, slots=True)
class Load:
    """What comes, and what is asked for."""

    events_per_second: float
    """On average over a day."""
    customers: int
    peak_factor: float = 3.0
    """The busiest hour over the average."""
    utilisation: float = 0.5
    """Share of a core that may be in use in the busiest hour."""
    retention_days: float = 30.0
    replication: int = 3
    message_bytes: float = 521.0
    worker_memory_gb: float = 4.0
    """Memory that a worker may have, in 10^9 bytes."""
    standbys: int = 0
    store: Literal["memory", "rocksdb"] = "memory"


class Line(NamedTuple):
    """One figure."""

    name: str
    value: float
    unit: str
    how: str
    """How it was computed."""
    constants: tuple[str, ...] = ()
    """Names of the measured constants in it."""


class Estimate(NamedTuple):
    """What a load needs."""

    lines: list[Line]
    warnings: list[str]
    """What was not measured, or not shown."""


def estimate(load: Load) -> Estimate:
    """Say what a load needs.

    Raises
    ------
    ValueError
        If a worker's memory does not hold a worker, or the load needs more workers than there can be partitions.
    """
    workers = _workers(load)
    if _SPARE_PARTITIONS * workers > MOST_PARTITIONS:
        raise ValueError(f"{workers} workers need more than {MOST_PARTITIONS} partitions: split the installation")
    lines = [*_carrying(load, workers), *_memory(load, workers), *_kafka(load), *_times(load, workers)]
    return Estimate(lines, list(_warnings(load, workers)))


def _cpu_of_score(load: Load) -> float:
    """Return CPU seconds per event; by many customers it takes more."""
    factor = value("million_customers") if load.customers > _MANY else 1.0
    return value("score_cpu") * factor / 1e6


def _bytes_per_customer(load: Load) -> float:
    """Return what a customer takes of a worker's memory, standbys included."""
    name = "customer_in_memory" if load.store == "memory" else "customer_beside_disk"
    return value(name) * (1 + load.standbys)


def _workers(load: Load) -> int:
    """Return how many scorers there must be, by processor and by memory."""
    room = load.worker_memory_gb * 1e9 - value("worker_memory")
    if room <= 0:
        raise ValueError(
            f"a worker needs {value('worker_memory') / 1e9:.2f} GB before its first customer, and may have "
            f"{load.worker_memory_gb:g}"
        )
    peak = load.events_per_second * load.peak_factor
    by_cpu = ceil(peak * _cpu_of_score(load) / load.utilisation)
    by_memory = ceil(load.customers * _bytes_per_customer(load) / room)
    return max(1, by_cpu, by_memory, 1 + load.standbys)


def _carrying(load: Load, workers: int) -> Iterator[Line]:
    """Count partitions, workers and learner."""
    peak = load.events_per_second * load.peak_factor
    yield Line("peak", peak, "events/s", f"{load.events_per_second:g} events/s x {load.peak_factor:g}")
    factor = f" x {value('million_customers'):g} for many customers" if load.customers > _MANY else ""
    yield Line(
        "score workers",
        workers,
        "",
        f"the larger of: {peak:g} events/s x {value('score_cpu'):g} us{factor} / {load.utilisation:g} of a core; "
        f"{load.customers:,} customers x {_bytes_per_customer(load):,.0f} bytes / "
        f"({load.worker_memory_gb:g} GB - {value('worker_memory') / 1e9:.2f} GB)",
        ("score_cpu", "million_customers", "customer_in_memory", "customer_beside_disk", "worker_memory"),
    )
    partitions = min(MOST_PARTITIONS, _STEP * ceil(workers * _SPARE_PARTITIONS / _STEP))
    yield Line("partitions", partitions, "", f"{_SPARE_PARTITIONS} per score worker, by the dozen")
    other = value("all_roles_cpu") - value("score_cpu")
    cores = peak * other / 1e6 / load.utilisation
    yield Line(
        "other cores",
        cores,
        "cores",
        f"ingest, learn and tick: {peak:g} events/s x ({value('all_roles_cpu'):g} - {value('score_cpu'):g}) us / "
        f"{load.utilisation:g}",
        ("all_roles_cpu", "score_cpu"),
    )
    yield Line(
        "learner capacity",
        value("learner") * load.utilisation,
        "examples/s",
        f"one learner: {value('learner'):,.0f} examples/s x {load.utilisation:g}; how many an event gives "
        "hangs on its labels; one is assumed",
        ("learner",),
    )


def _memory(load: Load, workers: int) -> Iterator[Line]:
    """Add up what a worker keeps."""
    each = ceil(load.customers / workers)
    memory = value("worker_memory") + each * _bytes_per_customer(load)
    name = "customer_in_memory" if load.store == "memory" else "customer_beside_disk"
    copies = f" x {1 + load.standbys} with standbys" if load.standbys else ""
    yield Line(
        "memory per score worker",
        memory / 1e9,
        "GB",
        f"{value('worker_memory') / 1e9:.2f} GB + {each:,} customers x {value(name):g} bytes{copies}",
        ("worker_memory", name),
    )
    if load.store == "rocksdb":
        disk = each * value("row") * _COMPACTION * (1 + load.standbys)
        yield Line(
            "disk per score worker",
            disk / 1e9,
            "GB",
            f"{each:,} customers x {value('row'):,.0f} bytes x {_COMPACTION:g} until merged (assumed){copies}",
            ("row",),
        )


def _kafka(load: Load) -> Iterator[Line]:
    """Add up what the brokers keep, without compression."""
    eps, days, copies = load.events_per_second, load.retention_days, load.replication
    parts = {
        "source topics": (eps * load.message_bytes * _SOURCE_DAYS * _DAY, f"{_SOURCE_DAYS} days"),
        "journal": (eps * load.message_bytes * days * _DAY, f"{days:g} days"),
    }
    for name, (whole, how) in parts.items():
        yield Line(
            f"Kafka disk, {name}",
            whole * copies / 1e9,
            "GB",
            f"{eps:g} events/s x {load.message_bytes:g} bytes x {how} x {copies} copies",
        )
    outputs = value("outputs") / _EVENTS_OF_OUTPUTS
    yield Line(
        "Kafka disk, outputs",
        eps * outputs * days * _DAY * copies / 1e9,
        "GB",
        f"{eps:g} events/s x {outputs:,.0f} bytes x {days:g} days x {copies} copies: at most, because risk "
        "and rows are compacted",
        ("outputs",),
    )
    yield Line(
        "Kafka disk, states",
        load.customers * value("row") * _COMPACTION * copies / 1e9,
        "GB",
        f"{load.customers:,} customers x {value('row'):,.0f} bytes x {_COMPACTION:g} until compacted (assumed) x "
        f"{copies} copies",
        ("row",),
    )
    yield Line("journal retention", days * 24, "hours", "FORESHOCK_JOURNAL_RETENTION_HOURS")


def _times(load: Load, workers: int) -> Iterator[Line]:
    """Say how long alerts pause."""
    each = ceil(load.customers / workers)
    reads = load.store == "memory" and not load.standbys
    reading = each / value("recovery") if reads else 0.0
    how = f" + {each:,} customers / {value('recovery'):,.0f} per second" if reads else ", rows are at hand"
    yield Line(
        "pause after a crash",
        value("crash") + reading,
        "s",
        f"{value('crash'):g} s until the worker is back (sessions of 6 s){how}",
        ("crash", "recovery"),
    )
    yield Line(
        "pause when workers come and go",
        value("join") + reading,
        "s",
        f"{value('join'):g} s to hand over{how}",
        ("join", "recovery"),
    )
    moving = load.customers * value("migration_cpu") / 1e6
    yield Line(
        "pause for other partitions",
        value("join") + moving + reading,
        "s",
        f"`foreshock migrate` on a free core: {value('join'):g} s to stop + {load.customers:,} customers x "
        f"{value('migration_cpu'):g} us of CPU{how}",
        ("join", "migration_cpu", "recovery"),
    )


def _warnings(load: Load, workers: int) -> Iterator[str]:
    """Say where the estimate leaves what was measured."""
    peak = load.events_per_second * load.peak_factor
    if workers > 1:
        yield (
            f"that {workers} workers do {workers} times the work of one was not shown: two on two busy cores did "
            f"{value('two_workers'):g} times ({constants()['two_workers'].source}). Give each a core of its own, and "
            "measure with `python -m bench team`"
        )
    if peak / workers > value("rate"):
        yield f"{peak / workers:,.0f} events/s per worker: at most {value('rate'):,.0f} were measured"
    if load.customers > _MOST_MIGRATED:
        yield f"a migration of {load.customers:,} customers: at most {_MOST_MIGRATED:,} were timed"
    if load.customers / workers > _MOST_MEASURED:
        yield f"{load.customers / workers:,.0f} customers per worker: at most {_MOST_MEASURED:,} were measured"
    if load.message_bytes > 2 * value("event"):
        yield (
            f"events of {load.message_bytes:g} bytes: those measured had {value('event'):g}, and longer texts take "
            "more CPU too, which is not in here"
        )
    if peak > value("learner") * load.utilisation:
        yield "one learner may not follow if every event gives an example, and there is one learner only"
    if load.replication > 1:
        yield "all was measured with one broker and one copy: writing to several takes longer, which is not in here"
    if load.standbys or load.store == "rocksdb":
        yield "pauses with standbys or RocksDB are taken as if nothing had to be read; what came last is"
