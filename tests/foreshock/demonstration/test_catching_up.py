from __future__ import annotations

import asyncio
from typing import Any, cast

from foreshock.demonstration.feeding import Feeding
from foreshock.demonstration.monitor import Monitor
from foreshock.demonstration.stopping import Stop
from foreshock.demonstration.views import View
from foreshock.demonstration.workers import DemoWorker
from foreshock.simulate.world import World
from streams.settings import load_settings
from tests.support.events import START


class LateMessage:
    """Settled, until the worker's last metrics are asked for: just then a message comes that takes a moment."""

    phase = "feeding"
    is_settled = True
    progress = 0
    readings = 0

    async def refresh(self) -> None:
        self.is_settled = True

    async def read_metrics(self) -> None:
        self.readings += 1
        self.is_settled = self.readings > 1


class Nothing:
    """A worker that goes on, and a view that shows nothing."""

    has_ended = False

    def show(self, figures: Any) -> None:
        """Show nothing."""


async def test_a_message_that_comes_at_the_last_moment_is_waited_for() -> None:
    monitor, nothing = LateMessage(), Nothing()
    watching = asyncio.create_task(asyncio.Event().wait())
    feeding = Feeding(
        load_settings(),
        World(seed=1, customers=1, start_at=START),
        cast(Monitor, monitor),
        cast(DemoWorker, nothing),
        cast("asyncio.Task[None]", watching),
        Stop(),
        cast(View, nothing),
    )

    try:
        async with asyncio.timeout(20.0):
            await feeding.catch_up()
    finally:
        watching.cancel()

    assert monitor.readings == 2
    assert monitor.is_settled
