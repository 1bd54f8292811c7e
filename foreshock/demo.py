"""`foreshock demo`: the whole main job on this machine, with an insurer whose truth is known."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import click
from aiokafka.errors import KafkaError
from rich.console import Console

from foreshock import options
from foreshock.demonstration.closing import closing
from foreshock.demonstration.plan import Plan
from foreshock.demonstration.run import StoppedEarlyError, run
from foreshock.demonstration.verdict import checks
from foreshock.demonstration.views import view_for
from foreshock.demonstration.words import Language, Words
from foreshock.options import Duration

_EPILOG = """
\b
Examples:
  foreshock demo                        for three minutes, or until Ctrl-C
  foreshock demo --for 60s              ends by itself; what `make demo ARGS="--for 60s"` runs
  foreshock demo --lang zh --customers 5000
  foreshock demo --broker 127.0.0.1:9092

Kafka topics, Faust agents, learning, alerts and metrics are the real ones; only the insurer is made up. It sends
calls, claims, surveys and complaints at 200,000 times life's speed, some of them twice, late or broken. Because it
knows who is unhappy, every alert can be judged.

Exit code 0 means that events flowed, examples were learned, snapshots switched, alerts were raised and nothing was
lost; the summary shows what each of these rests on.
"""

_FOR_HELP = "End after so long; starting comes on top, and the embedded broker keeps everything in memory."

_INTERRUPTED = 130
"""What a shell expects of a command that Ctrl-C ended."""

_OK, _FAILED = 0, 1

_LOG_WIDTH = 140
"""Of the summary where there is no terminal; as wide as logs are shown."""

# Left of the given time for the worker to catch up: it is hardly ever more than a second behind.
_LEFT_SECONDS = 4.0


@click.command("demo", epilog=_EPILOG)
@click.option("--for", "limit", type=Duration(), default="3m", show_default=True, metavar="60s", help=_FOR_HELP)
@click.option("--customers", default=3000, show_default=True, type=click.IntRange(1, 1_000_000), help="How many.")
@click.option(
    "--speed",
    default=200_000.0,
    show_default=True,
    type=click.FloatRange(1, 10_000_000),
    help="Times life's speed; less on a slow machine.",
)
@click.option("--seed", default=7, show_default=True, help="Where all chance comes from.")
@options.language_or_both
@click.option(
    "--web-port",
    default=8088,
    show_default=True,
    type=click.IntRange(0, 65_535),
    help="Of metrics and health; if it is taken, a free one.",
)
@click.option(
    "--broker", metavar="HOST:PORT", help="Use this Kafka; its topics foreshock-demo.* are removed at the end."
)
@click.pass_context
def demo(
    ctx: click.Context,
    limit: timedelta,
    customers: int,
    speed: float,
    seed: int,
    language: Language,
    web_port: int,
    broker: str | None,
) -> None:
    """Run the whole main job on this machine, with a made-up insurer, and watch it."""
    words = Words(language)
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _LOG_WIDTH
    plan = Plan(
        customers=customers,
        speed=speed,
        seed=seed,
        feed_seconds=_feeding_seconds(limit.total_seconds()),
        broker=broker,
        web_port=web_port,
    )
    try:
        ended = asyncio.run(run(plan, view_for(console, words)))
    except StoppedEarlyError:
        click.echo(words("stopped early"), err=True)
        ctx.exit(_INTERRUPTED)
    except KafkaError as error:
        raise click.ClickException(f"the broker was lost ({error!r})") from error
    verdict = checks(ended.monitor.fed, ended.monitor.found, ended.lost)
    console.print(closing(ended, verdict, words))
    ctx.exit(_OK if all(check.is_ok for check in verdict) else _FAILED)


def _feeding_seconds(limit: float) -> float:
    """Say how much of a time is for feeding."""
    return max(limit - _LEFT_SECONDS, limit / 2)
