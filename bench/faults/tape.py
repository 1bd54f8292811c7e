"""The tape: everything on a run's topics, read on and on, and whether it is the end of the matter."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterable
from pathlib import Path

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from bench.faults.truth import UndisturbedGrouper, UndisturbedLearner
from models.partition import engine_key
from models.rows import row_position
from schemas.catalogue import SOURCE_TOPICS
from streams.connections import new_reader
from streams.settings import Settings
from streams.topics import CHANGELOG, plan_topics

EVENT_ID = re.compile(rb'"event_id"\s*:\s*"([^"\\]*)"')

AlertName = tuple[str, int]
"""Id and sequence of an alert's transition: what a second one is dropped by."""


class Tape:
    """Records of all topics of a run, by short name, in the order of each partition.

    Parameters
    ----------
    settings
        Where they are.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._short = {plan.name: plan.name.removeprefix(settings.topic_prefix) for plan in plan_topics(settings)}
        self._reader: AIOKafkaConsumer | None = None
        self.records: dict[str, list[ConsumerRecord]] = {name: [] for name in self._short.values()}
        self.heard_at = time.monotonic()
        """When something new was last read."""
        self.accounted: set[bytes] = set()
        """Ids of events that are in the journal."""
        self.refused: set[tuple[str, int, int]] = set()
        """Topic, partition and offset of every dead letter."""
        self._learner = UndisturbedLearner(settings)
        self._grouper = UndisturbedGrouper(settings)
        self._lines: set[tuple[str, int, int, int | None]] = set()
        self.journal_ends: dict[int, int] = {}
        """Last offset of each journal partition."""
        self.through: dict[int, int] = {}
        """Journal offset that each partition's engine has reached, by the changelog."""

    async def start(self) -> None:
        """Begin at the beginning of every partition."""
        reader = new_reader(self._settings)
        await reader.start()
        tps = [
            TopicPartition(plan.name, partition)
            for plan in plan_topics(self._settings)
            for partition in range(plan.partitions)
        ]
        reader.assign(tps)
        await reader.seek_to_beginning(*tps)
        self._reader = reader

    async def stop(self) -> None:
        """Let go of the broker; what was read stays."""
        if self._reader is not None:
            await self._reader.stop()
            self._reader = None

    async def read_on(self) -> None:
        """Take what has come since the last call."""
        assert self._reader is not None  # noqa: S101 - `start` comes first
        try:
            fetched = await self._reader.getmany(timeout_ms=300)
        except KafkaError:  # a broker that suffers: it is asked again
            await asyncio.sleep(0.5)
            return
        for tp, found in fetched.items():
            name = self._short[tp.topic]
            self.records[name].extend(found)
            self._take_note(name, found)
        if fetched:
            self.heard_at = time.monotonic()

    async def read_to_the_end(self, quiet_seconds: float = 1.5) -> None:
        """Read until nothing comes any more, and nothing is left by the broker's word; nobody may be writing."""
        self.heard_at = time.monotonic()
        while time.monotonic() < self.heard_at + quiet_seconds or await self.is_behind():
            await self.read_on()

    async def is_behind(self) -> bool:
        """Ask the broker whether it has more than was read. The embedded one may have a batch more than it says."""
        assert self._reader is not None  # noqa: S101 - `start` comes first
        try:
            ends = await self._reader.end_offsets(self._reader.assignment())
            return any([await self._reader.position(tp) < end for tp, end in ends.items()])
        except KafkaError:  # a broker that suffers: it is asked again
            return True

    def unaccounted(self) -> list[ConsumerRecord]:
        """Return the records of source topics that are neither in the journal nor dead letters."""
        return [record for record in self.sources() if not self._is_accounted(record)]

    @property
    def refused_lines(self) -> int:
        """How many lines of the journal are among the dead letters."""
        journal = self._settings.topic("journal")
        return sum(topic == journal for topic, *_ in self._lines)

    def sources(self) -> Iterable[ConsumerRecord]:
        """Return all records of source topics."""
        return (record for name in SOURCE_TOPICS for record in self.records[name])

    def progress(self) -> tuple[int, int, int]:
        """Return what changes while events get on: events accounted for, dead letters, and offsets in the states."""
        return len(self.accounted), len(self.refused), sum(self.through.values())

    @property
    def due(self) -> dict[bytes, bytes]:
        """Snapshots that a learner owes for the examples so far, by record key, as JSON; `learn_on` adds to them."""
        return self._learner.snapshots

    async def learn_on(self) -> None:
        """Learn, and count for groups, what has come since the last call, as the workers of the run must have."""
        await asyncio.to_thread(self._learner.learn_on, self.records["examples"])
        await asyncio.to_thread(self._grouper.count_on, self.records["observations"])

    def owes_snapshot(self) -> bool:
        """Say whether a snapshot is missing; the last one may still be in the learner's head."""
        return bool(set(list(self.due)[:-1]) - {record.key for record in self.records["snapshots"]})

    def owes_aggregate(self) -> bool:
        """Say whether an alert about many is missing of the observations that were counted."""
        return bool(self._grouper.aggregates - set(map(aggregate_name, self.records["aggregates"])))

    def is_through(self) -> bool:
        """Say whether every event is accounted for, every journal record in the states, and nothing owed."""
        reached = all(self.through.get(partition, -1) >= end for partition, end in self.journal_ends.items())
        return reached and not self.owes_snapshot() and not self.owes_aggregate() and not self.unaccounted()

    def undelivered(self, files: Iterable[Path]) -> set[AlertName]:
        """Return alerts on the topic that are in none of the sinks' files, nor dead letters."""
        delivered: set[AlertName] = set()
        for file in files:
            if file.exists():
                delivered.update(filter(None, map(_name_of, file.read_bytes().splitlines())))
        alerts = self._settings.topic("alerts")
        return {
            name
            for record in self.records["alerts"]
            if (alerts, record.partition, record.offset) not in self.refused
            and (name := alert_name(record.value or b"")) not in delivered
        }

    def _is_accounted(self, record: ConsumerRecord) -> bool:
        if (record.topic, record.partition, record.offset) in self.refused:
            return True
        found = EVENT_ID.search(record.value or b"")
        return found is not None and found[1] in self.accounted

    def _take_note(self, name: str, found: Iterable[ConsumerRecord]) -> None:
        """Note what decides whether everything has gone through."""
        match name:
            case "journal":
                for record in found:
                    self.accounted.update(EVENT_ID.findall(record.value or b""))
                    self.journal_ends[record.partition] = record.offset
            case "dead-letters":
                for record in found:
                    letter = orjson.loads(record.value)
                    self.refused.add((letter["topic"], letter["partition"], letter["offset"]))
                    self._lines.add((letter["topic"], letter["partition"], letter["offset"], letter.get("line")))
            case _ if name == CHANGELOG:
                for record in found:
                    if record.value and record.key == engine_key(record.partition).encode():
                        epoch, position = row_position(record.value)
                        if epoch == self._settings.journal_epoch:
                            before = self.through.get(record.partition, -1)
                            self.through[record.partition] = max(before, position.offset)


def alert_name(value: bytes) -> AlertName:
    """Read what identifies an alert's transition."""
    alert = orjson.loads(value)
    return alert["alert_id"], alert.get("sequence", 0)


def aggregate_name(record: ConsumerRecord) -> str:
    """Read what identifies the transition of an alert about many."""
    found = orjson.loads(record.value)
    return f"{found['aggregate_id']}/{found['sequence']}"


def _name_of(line: bytes) -> AlertName | None:
    """Read a line of a sink's file; one that a crash cut short is nothing."""
    try:
        return alert_name(line)
    except (orjson.JSONDecodeError, KeyError):
        return None
