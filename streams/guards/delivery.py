"""Guard: a message that can be delivered at once is delivered without starting tasks.

For every message stock Faust runs the callback and the wait for `suspend_flow` through `Service.wait_first`, which
makes four tasks and cancels three: about 40 of the 62 microseconds that a message costs. Here the callback is
started in place, and only what truly has to wait goes the long way.

When every partition's buffer is full, stock Faust sleeps for a second, in which the agent may run dry. Here it
looks again soon.
"""

from __future__ import annotations

import asyncio
import inspect
import types
from collections.abc import Coroutine, Generator
from typing import Any

from faust.transport.consumer import Consumer

_LOOK_AGAIN_SECONDS = 0.02


class EagerDelivery(Consumer):
    """Runs the delivery of a message in place as far as it goes without waiting."""

    async def wait_first(self, *coros: Any, timeout: Any = None) -> Any:  # noqa: ASYNC109 - mode's
        """Do what `mode.Service.wait_first` does, without tasks when the first coroutine does not wait.

        Returns
        -------
        mode.services.WaitResults or None
            `None` when the first coroutine ended at once; the only caller that gets it ignores it.
        """
        if len(coros) != 2 or timeout is not None or not all(map(inspect.iscoroutine, coros)):
            return await super().wait_first(*coros, timeout=timeout)
        delivery, suspended = coros
        try:
            awaited = delivery.send(None)
        except StopIteration:
            suspended.close()
            return None
        except BaseException:
            suspended.close()
            raise
        return await super().wait_first(_resumed(delivery, awaited), suspended)

    async def _wait_next_records(self, timeout: float) -> Any:  # noqa: ASYNC109 - Faust's
        """Fetch; while every partition waits for room in the agent's buffer, look again soon."""
        active = self._get_active_partitions()
        if self.flow_active and not active and not self.app.client_only:
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            return {}, active
        return await super()._wait_next_records(timeout)


async def _resumed(coroutine: Coroutine[Any, Any, Any], awaited: Any) -> Any:
    """Go on with a coroutine that has been started and now waits for `awaited`."""
    return await _rest(coroutine, awaited)


@types.coroutine
def _rest(coroutine: Coroutine[Any, Any, Any], awaited: Any) -> Generator[Any, Any, Any]:
    """Hand everything to and fro between a started coroutine and the event loop."""
    while True:
        try:
            sent = yield awaited
        except BaseException as error:
            try:
                awaited = coroutine.throw(error)
            except StopIteration as stop:
                return stop.value
        else:
            try:
                awaited = coroutine.send(sent)
            except StopIteration as stop:
                return stop.value
