"""Standby: the rows of another worker's partitions are kept at hand, so that taking over reads the rest only.

Faust decides who stands by for which partition, and prefers them when a partition needs a new owner. It would read
their changelogs through the consumer and the per-row path that `streams.guards.changelog_load` replaces, and let the
last row win; so here a plain reader of our own follows them, and its rows enter the table like those of a recovery.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.errors import ConfigurationError
from streams.connections import new_reader
from streams.newest import changes_of
from streams.settings import Settings
from streams.tables import BatchTable

log = logging.getLogger(__name__)

_PORTION = 1_000
"""Rows taken at once: about 2 ms of work between two looks at the event loop, which carries records meanwhile."""
_RETRY_SECONDS = 2.0


class Standby:
    """Follows the changelogs of partitions that this worker stands by for.

    Parameters
    ----------
    settings
        Where the brokers are.
    table
        Where rows go.
    changelog
        Full name of the changelog topic.
    """

    def __init__(self, settings: Settings, table: BatchTable, changelog: str) -> None:
        self._settings = settings
        self._table = table
        self._changelog = changelog
        self._changed = asyncio.Event()
        self.rows_read = 0
        """Records read so far."""

    def follow(self, partitions: Iterable[int]) -> None:
        """Follow these partitions and no others from here on; what is known of them already is not read again."""
        wanted = frozenset(partitions)
        if wanted != self._table.followed:
            self._table.followed = wanted
            self._changed.set()
            log.info("standby_follows", extra={"partitions": ",".join(map(str, sorted(wanted)))})

    async def run(self) -> None:
        """Read for ever. A broker that is away is waited for: nobody depends on this until a partition moves here."""
        while True:
            try:
                await self._read()
            except (KafkaError, ConfigurationError, OSError) as error:
                log.warning("standby_waits", extra={"error": repr(error)})
                await asyncio.sleep(_RETRY_SECONDS)

    async def _read(self) -> None:
        """Read with one consumer, until that fails."""
        while not self._table.followed:
            await self._changed.wait()
            self._changed.clear()
        await identified(self._settings, self._table)
        reader = new_reader(self._settings)
        await reader.start()
        try:
            self._changed.set()
            while True:
                if self._changed.is_set():
                    self._changed.clear()
                    await self._begin(reader)
                if not self._table.followed:
                    await self._changed.wait()
                    continue
                for tp, records in (await reader.getmany(timeout_ms=500, max_records=_PORTION)).items():
                    # It may have become ours, or nobody's, while the broker was asked.
                    if tp.partition in self._table.followed:
                        self._table.apply(tp.partition, changes_of(records), records[-1].offset)
                        self.rows_read += len(records)
        finally:
            await reader.stop()

    async def _begin(self, reader: AIOKafkaConsumer) -> None:
        """Read on where the rows of each partition end."""
        followed = sorted(self._table.followed)
        if not followed:
            return
        tps = {partition: TopicPartition(self._changelog, partition) for partition in followed}
        reader.assign(list(tps.values()))
        for partition, tp in tps.items():
            await seek_after(reader, tp, self._table.reached(partition))


async def seek_after(reader: AIOKafkaConsumer, tp: TopicPartition, reached: int | None) -> None:
    """Let a reader go on after an offset, or at the beginning."""
    if reached is None or reached < 0:
        await reader.seek_to_beginning(tp)
    else:
        reader.seek(tp, reached + 1)


async def identified(settings: Settings, table: BatchTable) -> None:
    """Make sure that rows on a disk are known to be of this Kafka, or not."""
    if not table.kept_in.is_identified:
        from streams.topics import cluster_name

        table.kept_in.identify(await cluster_name(settings))
