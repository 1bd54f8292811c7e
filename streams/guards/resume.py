"""Guard: partitions resume only once the queues that will hold their messages have been cleared.

At the end of a recovery, stock Faust resumes fetching, then seeks, then calls `flow_control.resume()`, which
clears every queue: what was fetched in between vanishes, and the hole is committed as if it were compaction
(faust-streaming issue 596; up to 195 of 16,000 messages lost per rebalance). Here the resumption is held back
until `resume_flow()`, the first call after the queues were cleared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from faust.tables.recovery import Recovery
from faust.types import TP


class DeferredResume(Recovery):
    """Resumes partitions after the queues are cleared, not before."""

    async def on_recovery_completed(self, generation_id: int = 0) -> None:
        """Finish a recovery, holding partitions back until the flow resumes."""
        with _held_back(self.app.consumer):
            await super().on_recovery_completed(generation_id)

    async def _resume_streams(self, generation_id: int = 0) -> None:
        """Finish a rebalance without recovery, in the same way."""
        with _held_back(self.app.consumer):
            await super()._resume_streams(generation_id)


@contextmanager
def _held_back(consumer: Any) -> Iterator[None]:
    """Collect calls of `resume_partitions` on this consumer and make them when `resume_flow` is called."""
    held: list[set[TP]] = []
    resume_partitions, resume_flow = consumer.resume_partitions, consumer.resume_flow

    def undo() -> None:
        consumer.__dict__.pop("resume_partitions", None)
        consumer.__dict__.pop("resume_flow", None)

    def hold(tps: Iterable[TP]) -> None:
        held.append(set(tps))

    def release() -> None:
        undo()
        for tps in held:
            resume_partitions(tps)
        held.clear()
        resume_flow()

    consumer.resume_partitions, consumer.resume_flow = hold, release
    try:
        yield
    finally:
        undo()
