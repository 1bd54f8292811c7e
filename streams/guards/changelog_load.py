"""Guard: recovery reads the whole changelog, quickly, or the worker ends.

Stock Faust waits for each row by itself (about 10,000 rows a second), asks the broker for the end of the changelog
(the embedded broker answers one batch short), and after a time-out goes on as if recovery had succeeded. Here a
fence record is written first: it is acknowledged with its offset, so everything written before is below it on any
broker. Rows up to the fence are then read in large portions by a plain consumer, and Faust's own recovery finds
nothing left to do, or the little that another worker wrote since. What this worker has in memory or on its disk
already, because it wrote it, read it before or stood by, is not read again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from aiokafka import TopicPartition
from faust.tables.recovery import Recovery
from faust.types import TP

from streams.connections import new_reader
from streams.newest import FENCE_KEY, changes_of
from streams.outbox import Record, send_records
from streams.standby import identified, seek_after

if TYPE_CHECKING:
    from streams.guards.app import GuardedApp

_PORTION = 5_000
"""Rows taken from the reader at once: about 10 ms of work between two looks at the event loop."""


class LoadedChangelog(Recovery):
    """Loads the changelog up to a fence before Faust's own recovery looks at it."""

    app: GuardedApp

    async def on_start(self) -> None:
        """Let the standby run beside."""
        await super().on_start()
        if self.app.settings.standby_replicas:
            self.add_future(self.app.standby.run())

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Take the partitions that we stand by for out of Faust's hands."""
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)
        if generation_id == self.app.consumer_generation_id:
            self.app.standby.follow({tp.partition for tp in self.standby_tps - self.active_tps})
            self.standby_tps.clear()
            self.standbys_for_table.clear()
            self.standby_offsets.clear()

    async def _build_highwaters(self, consumer: Any, tps: set[TP], destination: Any, title: str) -> None:
        """Load first, then let Faust compare what is left."""
        if title == "active" and tps:
            await self._load(sorted(tps))
            self.app.lanes.progress.end()
        await super()._build_highwaters(consumer, tps, destination, title)

    async def _wait(self, coro: Any, timeout: Any = None) -> None:  # noqa: ASYNC109 - Faust's
        """Wait without Faust's time-out, after which it would go on with half the state; `streams.watchdog` looks."""
        await super()._wait(coro)

    async def _load(self, tps: list[TP]) -> None:
        """Read every record below a fence of our own that has not been read."""
        table, progress = self.app.states, self.app.lanes.progress
        await identified(self.app.settings, table)
        fences = {tp: await self._fence(tp) for tp in tps}
        for tp, fence in fences.items():
            reached = table.reached(tp.partition)
            if reached is not None and reached >= fence:
                table.begin_anew(tp.partition, f"it reaches beyond the end of {tp.topic}, which was created anew")
        reader = new_reader(self.app.settings)
        await reader.start()
        try:
            assigned = {TopicPartition(*tp): tp for tp in tps}
            reader.assign(list(assigned))
            for kafka_tp, tp in assigned.items():
                await seek_after(reader, kafka_tp, table.reached(tp.partition))
            progress.begin({tp.partition: (await reader.position(k), fences[tp]) for k, tp in assigned.items()})
            open_tps = set(assigned)
            while open_tps:
                portions = await reader.getmany(*open_tps, timeout_ms=500, max_records=_PORTION)
                for kafka_tp, records in portions.items():
                    partition = assigned[kafka_tp].partition
                    table.apply(partition, changes_of(records), records[-1].offset)
                    progress.read(partition, len(records), records[-1].offset + 1)
                open_tps = await self._still_below(reader, open_tps, {k: fences[assigned[k]] for k in open_tps})
        finally:
            progress.is_loading = False
            await reader.stop()
        for tp, fence in fences.items():
            self.active_offsets[tp] = fence

    async def _fence(self, tp: TP) -> int:
        """Write a record that marks the end, and return its offset."""
        offset = await send_records(self.app.outlet, tp.topic, tp.partition, [Record(FENCE_KEY, b"[]")])
        assert offset is not None  # noqa: S101 - one record was sent
        return offset

    async def _still_below(
        self, reader: Any, tps: Iterable[TopicPartition], fences: dict[TopicPartition, int]
    ) -> set[TopicPartition]:
        """Return the partitions whose fence has not been read yet."""
        return {tp for tp in tps if await reader.position(tp) <= fences[tp]}
