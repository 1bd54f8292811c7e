"""Guard: a partition where nothing was committed yet is read from its beginning, not from wherever reading stands.

After a rebalance stock Faust seeks to committed offsets and leaves partitions without one where they are. But a
fetch that was under way during the rebalance may have moved them: its records are dropped because the generation
changed, and with nothing to seek to they are never read again. A worker that freezes before its first commit loses
everything up to there (seen with two workers, one of them frozen: 60 of 60 records of two partitions).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from faust.transport.consumer import ThreadDelegateConsumer

if TYPE_CHECKING:
    from streams.guards.app import GuardedApp


class SeekToBeginning(ThreadDelegateConsumer):
    """Seeks every partition of the journal, with or without a committed offset."""

    app: GuardedApp

    async def perform_seek(self) -> None:
        """Seek to committed offsets, and to the beginning where there are none."""
        await super().perform_seek()
        journal = {tp for tp in self.assignment() if tp.topic == self.app.ledger.topic}
        # Zero counts as nothing too: aiokafka seeks to positive offsets only.
        uncommitted = {tp for tp in journal if not self._read_offset[tp]}
        if uncommitted:
            earliest = await self.earliest_offsets(*uncommitted)
            await self.seek_wait({tp: earliest.get(tp) or 0 for tp in uncommitted})
