"""The worker: one process that plays its roles until it is told to stop, or ends itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.errors import ConfigurationError
from streams.agents.deliver import RISK, run_deliver
from streams.agents.ingest import Ingest, run_ingest
from streams.agents.learn import run_learn
from streams.agents.tick import run_tick
from streams.app import create_app
from streams.connections import BrokerUnavailableError, new_producer
from streams.exits import ExitCode, die
from streams.guards.app import GuardedApp
from streams.logs import set_up_logging
from streams.memory import spare_collector
from streams.settings import Settings
from streams.topics import check_topics
from streams.views import create_web, start_web
from streams.watchdog import Watchdog, end_after, until
from streams.wiring import Parts, wire

log = logging.getLogger(__name__)

_GRACE_SECONDS = 3.0
"""How long roles may take to finish what they hold before they are cancelled; a portion takes milliseconds."""


class Worker:
    """Plays the roles of its settings.

    Making one opens no connection.

    Parameters
    ----------
    settings
        Everything it needs to know.
    parts
        What `streams.wiring.wire` made of the settings; given by tests.
    """

    def __init__(self, settings: Settings, parts: Parts | None = None) -> None:
        self.settings = settings
        self.parts = parts or wire(settings)
        self.stop = asyncio.Event()
        self.web_port: int | None = None
        """Port of the pages once they are served."""
        self._app: GuardedApp | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> ExitCode:
        """Work until `stop` is set, and return what the process should end with.

        Raises
        ------
        ConfigurationError
            If a topic or the web address is not usable.
        """
        await check_topics(self.settings)
        async with self._outlet() as outlet, self._web():
            self._start_roles(outlet)
            code = await self._until_over()
            if code is ExitCode.STOPPED:
                await self._stop_roles()
            else:
                # No orderly stop: it would flush and commit for a worker that cannot tell what it has delivered.
                self._cancel_roles()
            return code

    def readiness(self) -> dict[str, bool]:
        """Say per role whether it does its work."""
        parts = {role: not task.done() for role, task in self._tasks.items()}
        if self._app is not None:
            app = self._app
            parts["score"] = app.started and not app.rebalancing and not app.in_recovery
        return parts

    @contextlib.asynccontextmanager
    async def _outlet(self) -> AsyncIterator[AIOKafkaProducer]:
        """Open the producer that all roles share."""
        outlet = new_producer(self.settings)
        try:
            await outlet.start()
        except KafkaError as error:
            await outlet.stop()
            raise BrokerUnavailableError(
                f"cannot write to {self.settings.bootstrap_servers} ({error!r}). With the embedded broker set "
                "FORESHOCK_PRODUCER_IDEMPOTENCE=false"
            ) from error
        try:
            yield outlet
        finally:
            # A broker that is gone would keep us here; what was not acknowledged is still in the journal.
            with contextlib.suppress(TimeoutError, KafkaError):
                await asyncio.wait_for(outlet.stop(), _GRACE_SECONDS)

    @contextlib.asynccontextmanager
    async def _web(self) -> AsyncIterator[None]:
        """Serve the pages."""
        pages = create_web(self.parts.registry, self.readiness)
        runner, self.web_port = await start_web(pages, self.settings.web_host, self.settings.web_port)
        log.info("web_listens", extra={"host": self.settings.web_host, "port": self.web_port})
        try:
            yield
        finally:
            await runner.cleanup()

    def _start_roles(self, outlet: AIOKafkaProducer) -> None:
        """Start a task per role; deliver has one per sink."""
        settings, parts, metrics = self.settings, self.parts, self.parts.metrics
        starters: dict[str, Callable[[], list[tuple[str, Coroutine[Any, Any, None]]]]] = {
            "ingest": lambda: [
                (
                    "ingest",
                    run_ingest(settings, Ingest(settings, parts.intake, metrics), outlet, metrics, self.stop),
                )
            ],
            "score": lambda: [("score", self._score(outlet))],
            "learn": lambda: [("learn", run_learn(settings, parts.new_learner, outlet, metrics, self.stop))],
            "tick": lambda: [("tick", run_tick(settings, outlet, self.stop))],
            "deliver": lambda: (
                [
                    (f"deliver.{sink.name}", run_deliver(settings, sink, outlet, metrics, self.stop))
                    for sink in parts.sinks
                ]
                + [
                    (f"deliver.{sink.name}", run_deliver(settings, sink, outlet, metrics, self.stop, RISK))
                    for sink in parts.risk_sinks
                ]
            ),
        }
        for role in settings.roles:
            for name, work in starters[role]():
                self._tasks[name] = asyncio.create_task(work, name=name)
        log.info("worker_started", extra={"roles": ",".join(settings.roles)})

    async def _score(self, outlet: AIOKafkaProducer) -> None:
        """Run the Faust app until it stops or crashes, with the watchdog beside it."""
        app = self._app = create_app(self.settings, self.parts.core, outlet, self.parts.metrics)
        watchdog = Watchdog(lambda: _recovery_progress(app), self.settings.stuck_after_seconds)
        watchdog.start()
        try:
            await app.start()
            await until(lambda: self.stop.is_set() or app.crashed or app.should_stop)
            if app.crashed:
                raise RuntimeError(f"Faust crashed: {app.crash_reason!r}") from app.crash_reason
            await app.lanes.drain(_GRACE_SECONDS)
            await app.stop()
        finally:
            watchdog.stop()

    async def _until_over(self) -> ExitCode:
        """Wait until somebody asks to stop, or a role ends by itself, which none should."""
        asked = asyncio.create_task(self.stop.wait(), name="stop")
        await asyncio.wait([asked, *self._tasks.values()], return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if self.stop.is_set():
            log.info("worker_stops")
            return ExitCode.STOPPED
        code = ExitCode.INFRASTRUCTURE
        for name, task in self._tasks.items():
            if task.done():
                error = task.exception()
                log.critical("role_ended", extra={"role": name, "error": repr(error)})
                if isinstance(error, ConfigurationError) and not error.retriable:
                    code = ExitCode.CONFIGURATION
        return code

    async def _stop_roles(self) -> None:
        """Let every role finish what it holds, then cancel what is left."""
        self.stop.set()
        tasks = list(self._tasks.values())
        score = self._tasks.get("score")
        # Scoring has its own, longer way to an end; the stop deadline of the process bounds it.
        await asyncio.wait([task for task in tasks if task is not score] or tasks, timeout=_GRACE_SECONDS)
        for task in tasks:
            if task is not score:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _cancel_roles(self) -> None:
        """Drop everything that every role holds."""
        for task in self._tasks.values():
            task.cancel()


def run_worker(settings: Settings, parts: Parts | None = None) -> int:
    """Run a worker in this process until a signal stops it; return the exit code.

    SIGTERM and SIGINT stop it in order, within the stop deadline. Any other end ends the process here and now.

    Parameters
    ----------
    settings
        Everything the worker needs to know.
    parts
        What the settings describe, if somebody has made it already.
    """
    set_up_logging(settings)
    try:
        code = asyncio.run(_run(settings, parts))
    except (BrokerUnavailableError, KafkaError) as error:
        die("broker_unavailable", error=str(error))
    except ConfigurationError as error:
        die("configuration_unusable", ExitCode.CONFIGURATION, error=str(error))
    if code is not ExitCode.STOPPED:
        # Faust's threads may still run; nothing of them is waited for.
        die("worker_ended", code)
    return int(code)


async def _run(settings: Settings, parts: Parts | None) -> ExitCode:
    """Run with signals attached."""
    worker = Worker(settings, parts)
    spare_collector()

    def stop() -> None:
        if not worker.stop.is_set():
            # From here on, because even the way to the first record waits for the broker.
            end_after(settings.stop_deadline_seconds)
        worker.stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    return await worker.run()


def _recovery_progress(app: GuardedApp) -> tuple[int, int, int] | None:
    """Return what changes while a recovery gets on; `None` while there is none."""
    if not app.in_recovery:
        return None
    offsets = app.tables.recovery.active_offsets  # type: ignore[attr-defined]
    return app.consumer_generation_id, app.lanes.loaded_rows, sum(offset or 0 for offset in offsets.values())
