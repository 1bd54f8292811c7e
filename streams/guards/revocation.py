"""Guard: what is settled when partitions go is committed before they are gone.

Stock Faust forgets acknowledged offsets in `Consumer.on_partitions_revoked` before any commit, so whoever takes
over reads them again. Here the worker stops taking records, lets those under way settle, commits, and only then
hands over. What could not settle in time is dropped: memory holds acknowledged rows only, so nothing is ahead of
the changelog, and the next owner finds the record uncommitted in the journal.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiokafka.errors import KafkaError
from faust.types import TP

from streams.guards.commits import CappedCommits

if TYPE_CHECKING:
    from streams.guards.app import GuardedApp

DRAIN_SECONDS = 3.0
"""How long records under way may take to settle: ten round trips on a slow broker, and well below any session."""


class SettledRevocation(CappedCommits):
    """Settles and commits before partitions are handed over."""

    app: GuardedApp

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Settle, commit, then let Faust hand over."""
        self.app.flow_control.suspend()
        # If the group has already put us out, others own the partitions and a commit would be refused.
        if self._is_member():
            await self.app.lanes.drain(DRAIN_SECONDS)
            try:
                await asyncio.wait_for(self.commit_settled(), DRAIN_SECONDS)
            except (KafkaError, TimeoutError) as error:
                self.log.warning("commit_on_revoke_failed: %r", error)
        self.app.lanes.reset()
        await super().on_partitions_revoked(revoked)
        # Records that were in an agent's hands while Faust waited for it may have opened a lane again.
        self.app.lanes.reset()

    def _is_member(self) -> bool:
        """Tell whether the group still counts us in."""
        consumer: Any = getattr(self._thread, "_consumer", None)
        return consumer is not None and bool(consumer._coordinator.member_id)

    async def perform_seek(self) -> None:
        """Start every lane anew: reading goes on from committed offsets."""
        await super().perform_seek()
        self.app.lanes.reset()
        self.app.lanes.starts_at = {
            tp.partition: offset or 0 for tp, offset in self._read_offset.items() if tp.topic == self.app.ledger.topic
        }
