"""Guard: no commit goes beyond what is settled.

Faust acknowledges an event in a `finally`: also when its agent raised, was cancelled, or the event was skipped in
a rebalance; with `concurrency` above one it commits past events still under way (faust-streaming issue 606); and
its flush before a commit waits for batches without looking whether they failed. All its ways to a commit end in
`ThreadDelegateConsumer._commit`, so that is where the cap sits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from faust.transport.consumer import ThreadDelegateConsumer
from faust.types import TP

if TYPE_CHECKING:
    from streams.guards.app import GuardedApp


class CappedCommits(ThreadDelegateConsumer):
    """Commits the ledger's offsets, never Faust's own."""

    app: GuardedApp

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Commit as far as the ledger allows; tell Faust that it went as far as it wanted."""
        ledger = self.app.ledger
        if ledger.failed:
            return False
        allowed = ledger.cap(offsets)
        if not allowed:
            return True
        done = await super()._commit(allowed)
        if done:
            ledger.committed(allowed)
        return done

    async def commit_settled(self) -> None:
        """Commit what has settled since Faust's own last commit was lowered."""
        ours = {tp for tp in self.assignment() if tp.topic == self.app.ledger.topic}
        behind = self.app.ledger.uncommitted()
        offsets = {tp: behind[tp.partition] for tp in ours if tp.partition in behind}
        if offsets:
            await self._commit(offsets)
