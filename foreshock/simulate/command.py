"""`foreshock simulate`: events of an insurer with known truth, to a file or to Kafka."""

from __future__ import annotations

import asyncio
import gzip
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, cast

import click
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from foreshock.options import Duration
from foreshock.simulate.emission import Emission
from foreshock.simulate.feed import feed
from foreshock.simulate.pace import Pace
from foreshock.simulate.parameters import Rates
from foreshock.simulate.world import World
from schemas.errors import ConfigurationError

_EPILOG = """
\b
Examples:
  foreshock simulate --customers 2000 --days 60 --output events.jsonl --truth truth.jsonl
  foreshock replay events.jsonl --alerts alerts.jsonl
  foreshock simulate --bootstrap 127.0.0.1:9092 --speed 1000 --for 60s
  foreshock simulate --days 240 --change-day 120 --output events.jsonl --truth truth.jsonl
  foreshock simulate --output week.jsonl --days 7 --clean --rate complaining_share=0.16 --rate silent_share=0.61

The same options give the same bytes. The insurer has fields of its own, which whoever reads the events declares:
FORESHOCK_ATTRIBUTES=member_level,sales_channel,tenure_years
"""

_MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"])

_CHANGE_HELP = "From this day on, complaints come mostly from claims, and no longer from contacts."
_SPEED_HELP = "Times life's speed.  [default: file: no limit; Kafka: 1000]"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_INTERRUPTED = 130
"""What a shell expects of a command that Ctrl-C ended."""


@click.command("simulate", epilog=_EPILOG)
@click.option("--customers", default=2000, show_default=True, type=click.IntRange(1), help="How many there are.")
@click.option("--days", type=click.FloatRange(0, min_open=True), help="Days to simulate.  [default: 30; Kafka: no end]")
@click.option("--seed", default=7, show_default=True, help="Where all chance comes from.")
@click.option("--start", default="2026-01-05", show_default=True, type=_MOMENT, help="When the simulation begins.")
@click.option("--rate", "rates", multiple=True, metavar="NAME=VALUE", help="Change one rate of the insurer.")
@click.option("--change-day", type=click.FloatRange(0), metavar="N", help=_CHANGE_HELP)
@click.option("--clean", is_flag=True, help="No duplicates, delays or broken bytes.")
@click.option("--output", metavar="FILE", help="Write JSON Lines here (.gz is packed); - is standard output.")
@click.option("--truth", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write the truth here.")
@click.option("--bootstrap", metavar="HOST:PORT", help="Send to the source topics of this Kafka broker.")
@click.option("--prefix", default="foreshock.", show_default=True, help="What stands before the names of topics.")
@click.option(
    "--speed",
    type=click.FloatRange(0, min_open=True),
    help=_SPEED_HELP,
)
@click.option("--for", "limit", type=Duration(), metavar="60s", help="Stop after so much time on the clock.")
@click.pass_context
def simulate(
    ctx: click.Context,
    customers: int,
    days: float | None,
    seed: int,
    start: datetime,
    rates: tuple[str, ...],
    change_day: float | None,
    clean: bool,
    output: str | None,
    truth: Path | None,
    bootstrap: str | None,
    prefix: str,
    speed: float | None,
    limit: timedelta | None,
) -> None:
    """Write the events of a made-up insurer.

    Most unhappy customers (69 %) say nothing, some (23 %) grumble, a few (8 %) complain, days after they became
    unhappy. The truth file tells who, since when and why, so that alerts can be judged.
    """
    if (output is None) == (bootstrap is None):
        raise click.UsageError("say where to: either --output FILE or --bootstrap HOST:PORT")
    told = _rates(rates)
    world = World(
        seed=seed,
        customers=customers,
        start_at=start if start.tzinfo else start.replace(tzinfo=UTC),
        days=days if days is not None or bootstrap else 30.0,
        rates=told.clean() if clean else told,
        change_day=change_day,
    )
    stop = _Stop(limit)
    with _progress(world) as show:
        if bootstrap:
            asyncio.run(_to_kafka(world, bootstrap, prefix, speed or 1000.0, stop, show))
        else:
            _to_file(world, str(output), Pace(speed, time.monotonic), stop, show)
    if truth:
        truth.write_text("".join(f"{line}\n" for line in world.truth.lines()), encoding="utf-8")
    if stop.interrupted:
        ctx.exit(_INTERRUPTED)


class _Stop:
    """Knows when it is time to stop: after a limit, or on Ctrl-C."""

    def __init__(self, limit: timedelta | None) -> None:
        self.interrupted = False
        self.seconds = None if limit is None else limit.total_seconds()
        self._began = time.monotonic()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take Ctrl-C and SIGTERM as a request, so that no line is cut in half."""

        def request(*_: object) -> None:
            self.interrupted = True

        before = {number: signal.signal(number, request) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def is_due(self) -> bool:
        """Tell whether it is time."""
        return self.interrupted or (self.seconds is not None and time.monotonic() - self._began >= self.seconds)


def _rates(changes: tuple[str, ...]) -> Rates:
    """Read the changes of rates.

    Raises
    ------
    BadParameter
        If a name is unknown, a value is no number, or the world cannot be.
    """
    names = [field.name for field in fields(Rates)]
    read: dict[str, float] = {}
    for change in changes:
        name, _, value = change.partition("=")
        if name not in names:
            raise click.BadParameter(f"{name!r} is no rate; there are {', '.join(names)}", param_hint="--rate")
        try:
            read[name] = float(value)
        except ValueError:
            raise click.BadParameter(f"{change!r}: {value!r} is no number", param_hint="--rate") from None
    try:
        return replace(Rates(), **read)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--rate") from None


@contextmanager
def _progress(world: World) -> Iterator[Callable[[Emission], None]]:
    """Show on standard error how far the simulation is."""
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("simulating")
        count = 0

        def show(emission: Emission) -> None:
            nonlocal count
            count += 1
            if count % 500 == 0:
                complaints = len(world.truth.complaints)
                at = f"{emission.arrives_at:%Y-%m-%d %H:%M}"
                progress.update(task, description=f"{at}  {count:,} records, {complaints:,} complaints")

        yield show
        progress.update(task, description=f"{count:,} records, {len(world.truth.complaints):,} complaints")


def _to_file(world: World, output: str, pace: Pace, stop: _Stop, show: Callable[[Emission], None]) -> None:
    """Write every record as one line."""
    with _opened(output) as file, stop.listening():
        for emission in world.events():
            while (wait := pace.wait_seconds(emission.arrives_at)) and not stop.is_due():
                file.flush()
                time.sleep(min(wait, 0.1))
            if stop.is_due():
                break
            file.write(emission.value + b"\n")
            show(emission)


def _opened(output: str) -> AbstractContextManager[BinaryIO]:
    """Open what is written to."""
    if output == "-":
        return nullcontext(sys.stdout.buffer)
    return cast(BinaryIO, gzip.open(output, "wb")) if output.endswith(".gz") else open(output, "wb")


async def _to_kafka(
    world: World, bootstrap: str, prefix: str, speed: float, stop: _Stop, show: Callable[[Emission], None]
) -> None:
    """Send every record to its topic.

    Raises
    ------
    ConfigurationError
        If no broker answers, or it refuses a record.
    """
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def interrupt() -> None:
        stop.interrupted = True
        ended.set()

    for number in _SIGNALS:
        loop.add_signal_handler(number, interrupt)
    if stop.seconds is not None:
        loop.call_later(stop.seconds, ended.set)
    try:
        await feed(world, bootstrap, prefix, speed, ended, show)
    except KafkaError as error:
        raise ConfigurationError(
            f"the broker at {bootstrap} did not take the events ({error!r}): start it, or correct --bootstrap; "
            "`foreshock topics create` makes the topics"
        ) from error
