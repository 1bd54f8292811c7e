"""A consumer that can be stopped at any time; aiokafka's own may end whoever stops it.

A fetch that failed waits a moment before it is tried again. `AIOKafkaConsumer.stop()` cancels it in that moment, waits
for it, and takes the cancellation for its own (aiokafka 0.14, `Fetcher.close`): whoever stops the consumer ends as if
cancelled, and connections stay open. A broker that is slow to answer is enough.
"""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer


class StoppableConsumer(AIOKafkaConsumer):  # type: ignore[misc] # aiokafka has no types
    """A consumer whose end concerns nobody else."""

    async def stop(self) -> None:
        """Stop, and let go of the broker.

        Raises
        ------
        asyncio.CancelledError
            If whoever stops it was cancelled.
        """
        try:
            await super().stop()
        except asyncio.CancelledError:
            waiting = list(self._fetcher._pending_tasks) if self._fetcher is not None else []
            for each in waiting:
                each.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            await self._client.close()
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
