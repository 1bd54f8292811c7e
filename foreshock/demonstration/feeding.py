"""Feeding: the insurer sends, the worker works, and in the end the worker is left to catch up."""

from __future__ import annotations

import asyncio
import time

from foreshock.demonstration.monitor import Monitor
from foreshock.demonstration.patience import PatientClock
from foreshock.demonstration.stopping import Stop
from foreshock.demonstration.views import View
from foreshock.demonstration.workers import DemoWorker
from foreshock.simulate.feed import feed
from foreshock.simulate.world import World
from schemas.errors import ForeshockError
from streams.settings import Settings

_REDRAW_SECONDS = 0.5

# How long the worker may take to catch up. A machine that is busy with something else takes its time, so what counts
# is that it gets on.
_STANDSTILL_SECONDS = 20.0
_LONGEST_CATCHING_UP_SECONDS = 180.0

_CALM_SECONDS = 1.0
"""Settled for so long, the learner has had its say too."""


class WorkerEndedError(ForeshockError):
    """The worker ended for good while it was fed; its log says why."""

    remedy = "Read the log of the worker, which the text names."


class Feeding:
    """Feeds a world to a worker and shows what comes of it.

    Parameters
    ----------
    settings
        Of the worker.
    world
        What is fed.
    monitor
        Takes note of everything.
    worker
        Who works.
    watching
        Reads the topics.
    stop
        Knows whether somebody asked for the end.
    view
        Where it is shown.
    """

    def __init__(
        self,
        settings: Settings,
        world: World,
        monitor: Monitor,
        worker: DemoWorker,
        watching: asyncio.Task[None],
        stop: Stop,
        view: View,
    ) -> None:
        self._settings = settings
        self._world = world
        self._monitor = monitor
        self._worker = worker
        self._watching = watching
        self._stop = stop
        self._view = view

    async def feed(self, speed: float, seconds: float) -> None:
        """Feed until the time is over or somebody asks for the end; everything sent is acknowledged then.

        Parameters
        ----------
        speed
            Times life's speed.
        seconds
            How long.

        Raises
        ------
        WorkerEndedError
            If the worker ended for good.
        aiokafka.errors.KafkaError
            If the broker is lost.
        """
        settings, monitor, enough = self._settings, self._monitor, asyncio.Event()
        sending = asyncio.create_task(
            feed(
                self._world,
                settings.bootstrap_servers,
                settings.topic_prefix,
                speed,
                enough,
                monitor.fed.take,
                PatientClock(lambda: monitor.behind),
                monitor.staff.answers,
            ),
            name="feeding",
        )
        try:
            while not (sending.done() or self._stop.asked.is_set() or monitor.elapsed_seconds >= seconds):
                await self._redraw()
        finally:
            enough.set()
            await sending

    async def catch_up(self) -> None:
        """Wait until the worker has settled everything, stands still, or takes far too long; or somebody urges.

        Its metrics are read last. Nothing is awaited after that, so what is judged next is what was settled.
        """
        monitor = self._monitor
        monitor.phase = "catching_up"
        began = changed_at = time.monotonic()
        settled_since: float | None = None
        progress = monitor.progress
        while not self._stop.urged.is_set():
            await self._redraw()
            now = time.monotonic()
            if monitor.progress != progress:
                progress, changed_at = monitor.progress, now
            settled_since = (settled_since or now) if monitor.is_settled else None
            is_calm = settled_since is not None and now - settled_since >= _CALM_SECONDS
            is_over = now - changed_at > _STANDSTILL_SECONDS or now - began > _LONGEST_CATCHING_UP_SECONDS
            if is_calm or is_over:
                await monitor.read_metrics()
                if monitor.is_settled or is_over:
                    return

    async def _redraw(self) -> None:
        """Show the newest figures after a moment; raise what went wrong meanwhile."""
        await asyncio.wait([self._watching], timeout=_REDRAW_SECONDS)
        if self._watching.done():
            self._watching.result()
        if self._worker.has_ended:
            raise WorkerEndedError(f"the worker ended for good:\n{self._worker.last_words()}")
        self._view.show(await self._monitor.refresh())
