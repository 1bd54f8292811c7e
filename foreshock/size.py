"""The command `foreshock size`: how much of everything a load needs."""

from __future__ import annotations

from typing import Literal, cast

import click
import orjson

from foreshock.sizing.constants import constants
from foreshock.sizing.estimate import Estimate, Load, estimate

_POSITIVE = click.FloatRange(0, min_open=True)


@click.command("size")
@click.option("--events-per-second", required=True, type=_POSITIVE, help="Events of all kinds, averaged over a day.")
@click.option("--customers", required=True, type=click.IntRange(1), help="Customers of whom something is remembered.")
@click.option("--peak-factor", default=3.0, show_default=True, type=click.FloatRange(1), help="Busiest hour / average.")
@click.option(
    "--utilisation",
    default=0.5,
    show_default=True,
    type=click.FloatRange(0.05, 0.95),
    help="Share of a core in use in the busiest hour; the rest catches up after a crash.",
)
@click.option("--retention-days", default=30.0, show_default=True, type=_POSITIVE, help="Of journal and outputs.")
@click.option("--replication", default=3, show_default=True, type=click.IntRange(1, 9), help="Copies at the brokers.")
@click.option("--message-bytes", default=521.0, show_default=True, type=_POSITIVE, help="Size of an event as JSON.")
@click.option(
    "--worker-memory-gb", default=4.0, show_default=True, type=_POSITIVE, help="Memory that one worker may have."
)
@click.option("--standbys", default=0, show_default=True, type=click.IntRange(0, 8), help="FORESHOCK_STANDBY_REPLICAS.")
@click.option(
    "--store", default="memory", show_default=True, type=click.Choice(["memory", "rocksdb"]), help="FORESHOCK_STORE."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with the constants and their sources.")
def size(
    events_per_second: float,
    customers: int,
    peak_factor: float,
    utilisation: float,
    retention_days: float,
    replication: int,
    message_bytes: float,
    worker_memory_gb: float,
    standbys: int,
    store: str,
    as_json: bool,
) -> None:
    """Say how many partitions and workers, how much memory and disk a load needs, and how long alerts pause.

    Each line says how it was computed, from figures that were measured with `make bench` and its kin; where they stand
    is in foreshock/sizing/constants.toml. Where the estimate leaves what was measured it says so: believe your own
    measurement on your own machines more.

    What to do with the figures: docs/how-to/size-a-cluster.md.
    """
    try:
        found = estimate(
            Load(
                events_per_second,
                customers,
                peak_factor,
                utilisation,
                retention_days,
                replication,
                message_bytes,
                worker_memory_gb,
                standbys,
                cast("Literal['memory', 'rocksdb']", store),
            )
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    click.echo(_as_json(found) if as_json else in_words(found))


def in_words(found: Estimate) -> str:
    """Write an estimate for people."""
    said = []
    for line in found.lines:
        said += [f"{line.name}: {_number(line.value)} {line.unit}".rstrip(), f"    {line.how}"]
    return "\n".join([*said, *(f"not measured: {warning}" for warning in found.warnings)])


def _number(value: float) -> str:
    """Write a number as long as it tells something.

    Examples
    --------
    >>> _number(12.0), _number(0.843), _number(1234.56)
    ('12', '0.84', '1,235')
    """
    if value == int(value) or value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _as_json(found: Estimate) -> bytes:
    """Write an estimate for a program."""
    used = sorted({name for line in found.lines for name in line.constants})
    return orjson.dumps(
        {
            "lines": [line._asdict() for line in found.lines],
            "not_measured": found.warnings,
            "constants": {name: constants()[name]._asdict() for name in used},
        }
    )
