"""Hand-over: a rebalance waits until the work under way is committed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from aiokafka import ConsumerRebalanceListener, TopicPartition


class HandOver(ConsumerRebalanceListener):  # type: ignore[misc]
    """Makes the consumer group wait for the holder of `busy`, and counts assignments."""

    def __init__(self) -> None:
        self.busy = asyncio.Lock()
        """Held while records are on their way and not committed."""
        self.is_asked_for = asyncio.Event()
        """Set while a rebalance waits for the holder: whoever only waits should let go."""
        self.generation = 0
        """Grows with every assignment: what was remembered about a partition is then worth nothing."""
        self.assigned: frozenset[TopicPartition] = frozenset()
        """What this worker owns."""
        self.is_settled = False
        """Whether the group has said what this worker owns; false before the first time and while it rebalances."""

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Wait for the work under way."""
        self.is_settled = False
        self.is_asked_for.set()
        try:
            async with self.busy:
                self.assigned = frozenset()
        finally:
            self.is_asked_for.clear()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Take note of the new assignment."""
        self.generation += 1
        self.assigned = frozenset(assigned)
        self.is_settled = True
