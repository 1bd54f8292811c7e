"""The probe: whether the broker answers somebody who has nothing to do with the worker's own connections."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streams.claims import End
from streams.connections import new_reader
from streams.settings import Settings


class BrokerProbe:
    """Asks the leaders of partitions where these begin and end, on a connection of its own.

    Belongs to one event loop.

    Parameters
    ----------
    settings
        Where the brokers are.
    timeout_seconds
        How long an answer may take.
    """

    def __init__(self, settings: Settings, timeout_seconds: float) -> None:
        self._settings = settings
        self._timeout_seconds = timeout_seconds
        self._reader: AIOKafkaConsumer | None = None

    async def ask(self, tps: Collection[TopicPartition]) -> dict[TopicPartition, End] | None:
        """Return begin and end of each partition, or `None` if a leader does not answer.

        Without partitions the brokers are asked for their list of topics.
        """
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._ask(list(tps))
        except (KafkaError, TimeoutError, OSError):
            await self.close()
            return None

    async def has_all_replicas(self, tps: Collection[TopicPartition]) -> bool:
        """Tell whether every replica of these partitions is in sync; while some are not, writes may have to wait."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                reader = await self._started()
                await reader._client.force_metadata_update()
        except (KafkaError, TimeoutError, OSError):
            await self.close()
            return False
        known = reader._client.cluster._partitions
        found = [known[tp.topic][tp.partition] for tp in tps if tp.partition in known.get(tp.topic, {})]
        return all(len(partition.isr) >= len(partition.replicas) for partition in found)

    async def close(self) -> None:
        """Let go of the connection."""
        reader, self._reader = self._reader, None
        if reader is not None:
            with contextlib.suppress(KafkaError, TimeoutError, OSError):
                await asyncio.wait_for(reader.stop(), self._timeout_seconds)

    async def _started(self) -> AIOKafkaConsumer:
        """Connect, unless that is done."""
        if self._reader is None:
            reader = new_reader(self._settings)
            try:
                await reader.start()
            except BaseException:
                await reader.stop()
                raise
            self._reader = reader
        return self._reader

    async def _ask(self, tps: list[TopicPartition]) -> dict[TopicPartition, End]:
        """Ask, however long it takes."""
        reader = await self._started()
        if not tps:
            await reader._client.fetch_all_metadata()
            return {}
        latest = await reader.end_offsets(tps)
        earliest = await reader.beginning_offsets(tps)
        return {tp: End(earliest[tp], latest[tp]) for tp in tps}
