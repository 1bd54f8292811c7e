"""Restoring: what a folder holds, put back on topics that are empty.

Rows of states and groups, and snapshots, say how far they follow from the journal, the observations and the examples,
by offset. So these three get their records back at the same offsets, with records that say nothing where some are
missing; the others in their order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from aiokafka import AIOKafkaProducer

from foreshock.broker.reaching import in_plain_words
from foreshock.broker.reading import Span, TopicReader, open_topic
from foreshock.keeping.folder import Backup, BackupError, Kept, digest_of, file_of, read_list, reading
from foreshock.keeping.saving import ORDER, Advance
from schemas.errors import ConfigurationError
from streams.connections import new_producer
from streams.outbox import Record, send_records
from streams.settings import Settings
from streams.topics import create, partition_counts, plan_topics

_SAME_OFFSETS = frozenset({"journal", "examples", "observations"})
_NOTHING = Record(None, None)
_PORTION = 2_000
_TRIES = 40


async def restore(settings: Settings, folder: Path, advance: Advance = lambda *_: None) -> Backup:
    """Put a backup back, with every topic created that is missing; one that ended half-way goes on where it was.

    Raises
    ------
    BackupError
        If the folder is no whole backup, was made with other settings, or a topic holds something else.
    ConfigurationError
        If the broker refuses something.
    BrokerUnavailableError
        If no broker answers.
    """
    backup = read_list(folder)
    _check_settings(settings, backup)
    for name, kept in backup.topics.items():
        if digest_of(file_of(folder, name)) != kept.sha256:
            raise BackupError(f"{file_of(folder, name)} was changed after it was written: restore from another backup")
    async with in_plain_words(settings):
        await _topics_are_there(settings, backup)
        for name in ORDER:
            await _no_more_than(settings, name, folder)
        producer = new_producer(settings)
        try:
            await producer.start()
            # The journal first: what follows from it is never there without it.
            for name in reversed(ORDER):
                await _restore_topic(settings, name, folder, producer, advance)
        finally:
            await producer.stop()
        for name in ORDER:
            if not await _no_more_than(settings, name, folder):
                raise BackupError(f"{settings.topic(name)} does not hold all of the backup: run this again")
    return backup


def _check_settings(settings: Settings, backup: Backup) -> None:
    """Make sure that the settings are those of whoever made the backup."""
    wanted = {
        "partitions": (settings.partitions, backup.partitions),
        "journal_generation": (settings.journal_generation, backup.generation),
        "journal_epoch": (settings.journal_epoch, backup.epoch),
    }
    for name, (found, kept) in wanted.items():
        if found != kept:
            raise BackupError(f"the backup was made with FORESHOCK_{name.upper()}={kept}, not {found}: set that first")


async def _topics_are_there(settings: Settings, backup: Backup) -> None:
    """Create what is missing, outputs with as many partitions as they had."""
    found = await partition_counts(settings)
    missing = [plan for plan in plan_topics(settings) if plan.name not in found]
    counts = {plan.short: backup.topics[plan.short].partitions for plan in missing if plan.short in backup.topics}
    resized = [replace(plan, partitions=counts.get(plan.short, plan.partitions)) for plan in missing]
    await create(settings, resized)
    for _ in range(_TRIES):
        if {plan.name for plan in missing} <= (found := await partition_counts(settings)).keys():
            break
        await asyncio.sleep(0.25)
    for name, kept in backup.topics.items():
        if found[settings.topic(name)] != kept.partitions:
            raise BackupError(
                f"{settings.topic(name)} has {found[settings.topic(name)]} partitions and had {kept.partitions} when "
                "the backup was made: delete it and run this again"
            )


async def _no_more_than(settings: Settings, name: str, folder: Path) -> bool:
    """Make sure that a topic holds nothing but the beginning of its backup, and tell whether it holds all of it."""
    is_whole = True
    async with open_topic(settings, name) as reader:
        spans = await reader.spans()
        known = set()
        for partition, records in _by_partition(name, folder):
            known.add(partition)
            is_whole &= await _begins(reader, partition, spans[partition], records)
        if any(span.end and partition not in known for partition, span in enumerate(spans)):
            raise _foreign(reader.topic)
    return is_whole


async def _begins(reader: TopicReader, partition: int, span: Span, records: Iterator[Record]) -> bool:
    """Compare what is there with the beginning of what should be; tell whether that is all."""
    if span.first:
        raise _foreign(reader.topic)
    async for found in reader.records(partition, span):
        wanted = next(records, None)
        if wanted is None or (found.key, found.value) != (wanted.key, wanted.value):
            raise _foreign(reader.topic)
    return next(records, None) is None


def _foreign(topic: str) -> BackupError:
    """Say that somebody has used a topic."""
    return BackupError(
        f"{topic} holds something else than the backup: a backup is put back on empty topics only, before any worker "
        "runs. Delete the topic, or choose another FORESHOCK_TOPIC_PREFIX"
    )


async def _restore_topic(
    settings: Settings, name: str, folder: Path, producer: AIOKafkaProducer, advance: Advance
) -> None:
    """Write what is missing of a topic."""
    async with open_topic(settings, name) as reader:
        ends = [span.end for span in await reader.spans()]
    for partition, records in _by_partition(name, folder):
        portion: list[Record] = []
        for place, record in enumerate(records):
            if place < ends[partition]:
                continue
            portion.append(record)
            if len(portion) == _PORTION:
                await send_records(producer, settings.topic(name), partition, portion)
                advance(name, len(portion), 0)
                portion = []
        await send_records(producer, settings.topic(name), partition, portion)
        advance(name, len(portion), 0)


def _by_partition(name: str, folder: Path) -> Iterator[tuple[int, Iterator[Record]]]:
    """Yield the records of each partition, each at the offset that it will have there."""
    placed = _filled if name in _SAME_OFFSETS else _in_their_order
    for partition, kept in groupby(reading(file_of(folder, name)), key=lambda each: each.partition):
        yield partition, placed(kept)


def _in_their_order(kept: Iterable[Kept]) -> Iterator[Record]:
    """Leave out the offsets."""
    return map(attrgetter("record"), kept)


def _filled(kept: Iterable[Kept]) -> Iterator[Record]:
    """Put records that say nothing where some are missing."""
    offset = 0
    for each in kept:
        if each.offset < offset:
            raise ConfigurationError("the records of a backup are not in the order of their offsets")
        for _ in range(offset, each.offset):
            yield _NOTHING
        yield each.record
        offset = each.offset + 1
