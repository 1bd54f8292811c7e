"""Carrying states over: from the changelog of one journal into that of the next, and looking that all arrived.

The new journal is made last. While it is not there workers refuse the new settings, and once it is there they refuse
the old ones: a migration that ends half-way has changed nothing, and is run again from its beginning.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from aiokafka import AIOKafkaProducer

from foreshock.alerting.silencing import read_silences, standing
from foreshock.broker.commanding import now_in_seconds
from foreshock.broker.reaching import in_plain_words
from foreshock.broker.reading import Span, TopicReader, open_topic
from foreshock.migrating.rest import Ends, ends_of, everything_is_scored, nobody_works, nothing_has_moved
from foreshock.migrating.rows import Tally, is_known, portions, rows_of
from models.partition import (
    RESERVED,
    PartitionState,
    decode_partition,
    decode_snapshot,
    encode_partition,
    encode_snapshot,
    engine_key,
    snapshot_key,
)
from models.pseudonym import partition_of
from models.repartitioning import repartitioned
from schemas.errors import ConfigurationError
from schemas.snapshots import ModelWeights
from schemas.types import NOWHERE
from streams.connections import new_producer
from streams.outbox import Record, send_records
from streams.settings import OF_A_GENERATION, Settings
from streams.snapshots import tell_partitions
from streams.topics import CHANGELOG, check_topics, create, partition_counts, plan_topics

_RESERVED = RESERVED.encode()
_TRIES = 40

Tell = Callable[[str, int, int], None]
"""Hears about progress: what is done, how many records more, of how many."""


class UnlikeError(ConfigurationError):
    """What was written is not what was read."""

    remedy = "Keep everybody else off the new topics, and run the migration again."


@dataclass(slots=True)
class Carried:
    """What a migration has done, or would do."""

    before: Settings
    """Settings of the journal that states come from."""
    after: Settings
    """Settings of the journal that they go to."""
    moved: list[Counter[int]]
    """Per new partition, how many known customers come to it from each old one."""
    tallies: list[Tally]
    """Per new partition, what the rows of its customers add up to."""
    forgotten: int = 0
    """Customers of whom only the small row of the forgotten is left; it is carried over too."""
    kept: dict[int, PartitionState] = field(default_factory=dict)
    """What the old partitions remember of themselves."""
    weights: ModelWeights | None = None
    """The active snapshot."""
    written: bool = False
    """Whether the new journal is there."""

    @property
    def customers(self) -> int:
        """How many known customers there are."""
        return sum(sum(sources.values()) for sources in self.moved)


async def migrate(
    settings: Settings, partitions: int, *, dry_run: bool = False, all_stopped: bool = False, tell: Tell | None = None
) -> Carried:
    """Give the states of a journal to a new one with another number of partitions.

    Parameters
    ----------
    settings
        Those that workers have had.
    partitions
        How many partitions the new journal gets.
    dry_run
        Only look and count.
    all_stopped
        Do not ask the broker whether workers are still there.
    tell
        Hears about progress.

    Raises
    ------
    NotAtRestError
        If somebody works, or something is left to score.
    ConfigurationError
        If the topics are not as the settings say, a row cannot be read, or partitions disagree about the model.
    UnlikeError
        If in the end the new changelog does not hold what the old one does.
    BrokerUnavailableError
        If no broker answers.
    """
    after = settings.model_copy(
        update={"partitions": partitions, "journal_generation": settings.journal_generation + 1}
    )
    if partitions == settings.partitions:
        raise ConfigurationError(f"the journal has {partitions} partitions already: choose another --partitions")
    tell = tell or (lambda *_: None)
    async with in_plain_words(settings):
        await check_topics(settings)
        if not all_stopped:
            await nobody_works(settings)
        ends = await ends_of(settings)
        await everything_is_scored(settings, ends)
        carried = Carried(settings, after, [Counter() for _ in range(partitions)], [Tally() for _ in range(partitions)])
        if dry_run:
            await _carry(carried, ends, None, tell)
            repartitioned(carried.kept, carried.moved, after.epoch)
            return carried
        await _make_room(after, tell)
        producer = new_producer(settings)
        try:
            await producer.start()
            await _carry(carried, ends, producer, tell)
            await _write_own_rows(carried, producer)
        finally:
            await producer.stop()
        await _verify(carried, tell)
        if not all_stopped:
            await nobody_works(settings)
        await nothing_has_moved(settings, ends)
        await create(after, [plan for plan in plan_topics(after) if plan.short == "journal"])
        await _until_there(after, "journal")
        carried.written = True
        await _repeat_silences(settings, after)
    return carried


async def _repeat_silences(before: Settings, after: Settings) -> None:
    """Say in the new journal which silences hold, for those who list them; partitions know them already."""
    silences = standing(await read_silences(before), now_in_seconds())
    if silences:
        producer = new_producer(after)
        try:
            await producer.start()
            for silence in silences:
                await tell_partitions(after, silence, producer)
        finally:
            await producer.stop()


async def _make_room(after: Settings, tell: Tell) -> None:
    """Make the new changelog, or remove every row that an earlier attempt has left in it."""
    found = (await partition_counts(after)).get(name := after.topic(CHANGELOG))
    if found is None:
        await create(after, [plan for plan in plan_topics(after) if plan.short in OF_A_GENERATION - {"journal"}])
        return await _until_there(after, CHANGELOG)
    if found != after.partitions:
        raise ConfigurationError(
            f"{name} has {found} partitions, of a migration that did not end: go on with --partitions {found}, or "
            "delete this topic, which nobody uses yet"
        )
    producer = new_producer(after)
    try:
        await producer.start()
        async with open_topic(after, CHANGELOG) as reader:
            for partition, span in enumerate(await reader.spans()):
                rows = await rows_of(reader, partition, span, after.epoch, _counting(tell, "earlier attempt", span))
                await send_records(producer, name, partition, [Record(key, None) for key in list(rows)])
    finally:
        await producer.stop()


async def _until_there(after: Settings, name: str) -> None:
    """Wait until the broker itself lists a topic that it has just made."""
    for _ in range(_TRIES):
        if after.topic(name) in await partition_counts(after):
            return
        await asyncio.sleep(0.25)
    raise ConfigurationError(f"the broker has made {after.topic(name)} and does not list it: run this again")


async def _carry(carried: Carried, ends: Ends, producer: AIOKafkaProducer | None, tell: Tell) -> None:
    """Read every row of the old changelog, and write it where it belongs now."""
    before = carried.before
    async with open_topic(before, CHANGELOG) as reader:
        for partition, span in enumerate(ends.changelog):
            rows = await rows_of(reader, partition, span, before.epoch, _counting(tell, "carrying states", span))
            own = rows.own()
            if (engine := own.get(engine_key(partition).encode())) is not None:
                carried.kept[partition] = decode_partition(engine)
            if (snapshot := own.get(snapshot_key(partition).encode())) is not None:
                weights = decode_snapshot(snapshot)
                if carried.weights is None or weights.number > carried.weights.number:
                    carried.weights = weights
            async for portion in portions(rows):
                spread = _spread(carried, reader, partition, portion)
                if producer is not None:
                    for target, records in spread.items():
                        await send_records(producer, carried.after.topic(CHANGELOG), target, records)


def _spread(
    carried: Carried, reader: TopicReader, partition: int, portion: Iterable[tuple[bytes, bytes]]
) -> Mapping[int, list[Record]]:
    """Say where each customer of a portion belongs now, and count them."""
    before, count = carried.before.partitions, carried.after.partitions
    spread: dict[int, list[Record]] = {}
    for key, row in portion:
        if key.startswith(_RESERVED):
            continue
        name = key.decode()
        if partition_of(name, before) != partition:
            raise ConfigurationError(
                f"the row with the key {name!r:.80} stands in partition {partition} of {reader.topic} and belongs to "
                f"{partition_of(name, before)}: no version of Foreshock wrote it there. Write a record with that key "
                "and no value to the partition where it stands, and run this again"
            )
        target = partition_of(name, count)
        if is_known(reader.topic, partition, key, row):
            carried.moved[target][partition] += 1
        else:
            carried.forgotten += 1
        carried.tallies[target].add(key, row)
        spread.setdefault(target, []).append(Record(key, row))
    return spread


def _own_rows(carried: Carried) -> list[dict[bytes, bytes]]:
    """Return what each new partition remembers of itself, the row with the position last as a worker writes it."""
    after, found = carried.after, []
    for number, state in enumerate(repartitioned(carried.kept, carried.moved, after.epoch)):
        rows = {engine_key(number).encode(): encode_partition(state)}
        if carried.weights is not None:
            snapshot = encode_snapshot(after.epoch, NOWHERE, carried.weights)
            rows = {snapshot_key(number).encode(): snapshot} | rows
        found.append(rows)
    return found


async def _write_own_rows(carried: Carried, producer: AIOKafkaProducer) -> None:
    """Write what the new partitions remember of themselves, behind the rows of their customers."""
    for number, rows in enumerate(_own_rows(carried)):
        records = [Record(key, row) for key, row in rows.items()]
        await send_records(producer, carried.after.topic(CHANGELOG), number, records)


async def _verify(carried: Carried, tell: Tell) -> None:
    """Read the new changelog as a worker will, and compare it with what was read from the old one."""
    after = carried.after
    own = _own_rows(carried)
    async with open_topic(after, CHANGELOG) as reader:
        for partition, span in enumerate(await reader.spans()):
            rows = await rows_of(reader, partition, span, after.epoch, _counting(tell, "looking at them", span))
            tally = Tally()
            for key, row in rows.items():
                if not key.startswith(_RESERVED):
                    tally.add(key, row)
            if tally != carried.tallies[partition] or rows.own() != (own[partition] if own else {}):
                raise UnlikeError(
                    f"partition {partition} of {reader.topic} holds {tally.rows} customers and should hold "
                    f"{carried.tallies[partition].rows}, each as they were: somebody else writes there. The new "
                    "journal was not made; run this again"
                )


def _counting(tell: Tell, what: str, span: Span) -> Callable[[int], None]:
    """Make what tells about progress in one partition."""
    return lambda count: tell(what, count, span.offsets)
