"""The command `foreshock topics`: what is on the broker, made and shown."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from foreshock.broker.reaching import in_plain_words
from foreshock.broker.reading import Span, open_topic
from foreshock.broker.topic_state import TopicState, topic_states
from foreshock.journal_dump import dump_header, dump_record
from schemas.catalogue import TOPICS
from schemas.errors import ConfigurationError
from streams.settings import Settings, load_settings
from streams.topics import CHANGELOG, GROUPS, check_topics, create_topics, plan_topics


class _Own(NamedTuple):
    """A topic that only workers read."""

    key: str
    written_by: str
    about: str


_OURS = {
    GROUPS: _Own("group", "group", "What is remembered of each group of customers, from which a worker recovers."),
    CHANGELOG: _Own("customer key", "score", "The state of each customer, from which a worker recovers (compacted)."),
}

_HOUR_MILLISECONDS = 3_600_000


@click.group("topics")
def topics() -> None:
    """Create, list and dump the topics on the broker.

    Which topics there are, and what is on each: docs/reference/topics.md.
    """


@topics.command()
def create() -> None:
    """Create the topics that are not there yet.

    Partitions, retention and compaction come from the settings. Topics that are there already are never changed, so
    this can be run again at any time; one that has another number of partitions than the settings say is an error.
    """
    settings = load_settings()
    created = set(asyncio.run(_create(settings)))
    for plan in plan_topics(settings):
        done = "created" if plan.name in created else "is there"
        click.echo(f"{done}  {plan.name} ({_in_words(plan.partitions, plan.configs)})")
    click.echo(f"{len(created)} topics created at {settings.bootstrap_servers}")


@topics.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per topic.")
def list_topics(as_json: bool) -> None:
    """List the topics, what is on each, and whether the broker has it."""
    settings = load_settings()
    states = asyncio.run(topic_states(settings))
    if as_json:
        for state in states:
            click.echo(orjson.dumps(_as_dict(state)))
        return
    for state in states:
        written_by, about = _contract(state.short)
        if state.partitions is None:
            facts = "missing: run `foreshock topics create`"
        else:
            facts = _in_words(state.partitions, state.configs)
        click.echo(f"{state.plan.name}  {facts}; written by {written_by}\n    {about}")


@topics.command()
@click.argument("name", type=click.Choice([*TOPICS, *_OURS]))
def show(name: str) -> None:
    """Show one topic: its settings, and how many records each partition holds."""
    settings = load_settings()
    state, spans = asyncio.run(_spans(settings, name))
    written_by, about = _contract(name)
    click.echo(f"{state.plan.name}: {about}")
    click.echo(f"written by {written_by}; record key: {TOPICS[name].key if name in TOPICS else _OURS[name].key}")
    for key, value in sorted(state.configs.items()):
        click.echo(f"{key} = {value}")
    for partition, span in enumerate(spans):
        click.echo(f"partition {partition}: {span.offsets:,} offsets, from {span.first} to before {span.end}")


@topics.command()
@click.option("--output", default="-", metavar="FILE", help="Where the dump goes; - is standard output (the default).")
def dump(output: str) -> None:
    """Write the journal to a file that `foreshock replay` reads.

    The dump holds every record up to the moment it began: first a header, then one record per line, partition by
    partition, with the messages exactly as the journal has them. They are pseudonymous and redacted already.
    """
    asyncio.run(_dump(load_settings(), output))


async def _create(settings: Settings) -> list[str]:
    """Create what is missing, then compare all with the settings."""
    async with in_plain_words(settings):
        created = await create_topics(settings)
        await check_topics(settings)
    return created


async def _spans(settings: Settings, name: str) -> tuple[TopicState, list[Span]]:
    """Ask for one topic's settings and offsets."""
    (state,) = await topic_states(settings, name)
    async with open_topic(settings, name) as reader:
        return state, await reader.spans()


async def _dump(settings: Settings, output: str) -> None:
    """Write every record that the journal holds now."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    records = messages = 0
    async with open_topic(settings, "journal") as reader:
        spans = await reader.spans()
        # Only now, so that an older dump survives a broker that does not answer.
        with (
            _opened(output) as file,
            Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress,
        ):
            task = progress.add_task("journal records", total=sum(span.offsets for span in spans))
            file.write(dump_header(reader.partitions, settings.epoch) + b"\n")
            for partition, span in enumerate(spans):
                async for record in reader.records(partition, span):
                    value = record.value or b""
                    file.write(dump_record(partition, record.offset, value) + b"\n")
                    records += 1
                    messages += value.count(b"\n") + 1
                    progress.advance(task)
            file.flush()
    console.print(f"{records:,} records with {messages:,} messages of {reader.topic}", highlight=False, soft_wrap=True)


@contextmanager
def _opened(output: str) -> Iterator[IO[bytes]]:
    """Open a file to write, or standard output for `-`."""
    if output == "-":
        yield sys.stdout.buffer
        return
    try:
        file = Path(output).open("wb")  # noqa: SIM115 - closed below; only opening it may fail with our words
    except OSError as error:
        raise ConfigurationError(f"{output}: cannot be written: {error.strerror}") from error
    with file:
        yield file


def _contract(short: str) -> tuple[str, str]:
    """Return who writes a topic and what is on it."""
    if short in TOPICS:
        return TOPICS[short].written_by, TOPICS[short].about
    return _OURS[short].written_by, _OURS[short].about


def _in_words(partitions: int, configs: Mapping[str, str]) -> str:
    """Say how a topic is made.

    Examples
    --------
    >>> _in_words(1, {"cleanup.policy": "compact"})
    '1 partition, latest record per key'
    """
    return f"{partitions} partition{'s' if partitions != 1 else ''}, {_kept(configs)}"


def _kept(configs: Mapping[str, str]) -> str:
    """Say how long records stay.

    Examples
    --------
    >>> _kept({"cleanup.policy": "delete", "retention.ms": "604800000"})
    '7 days'
    """
    if "compact" in configs.get("cleanup.policy", ""):
        return "latest record per key"
    if "retention.ms" not in configs:
        return "as long as the broker keeps by default"
    milliseconds = int(configs["retention.ms"])
    if milliseconds < 0:
        return "for ever"
    hours = milliseconds / _HOUR_MILLISECONDS
    return f"{hours / 24:g} days" if hours >= 48 else f"{hours:g} hours"


def _as_dict(state: TopicState) -> dict[str, object]:
    """Describe a topic for a program."""
    written_by, about = _contract(state.short)
    return {
        "topic": state.plan.name,
        "exists": state.partitions is not None,
        "partitions": state.partitions,
        "partitions_wanted": state.plan.partitions,
        "configs": dict(state.configs),
        "written_by": written_by,
        "about": about,
    }
