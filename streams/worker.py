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
from sinks.abilities import Receiver
from streams.agents.deliver import run_deliver
from streams.agents.group import run_group
from streams.agents.ingest import Ingest, run_ingest
from streams.agents.learn import run_learn
from streams.agents.tick import run_tick
from streams.app import create_app
from streams.connections import BrokerUnavailableError, new_producer
from streams.delivery.feeds import AGGREGATES, ALERTS, RISK, SUPPRESSIONS, Feed, M
from streams.duty import Duty
from streams.exits import ExitCode, die
from streams.guards.app import GuardedApp
from streams.holes import Holes
from streams.logs import set_up_logging
from streams.memory import retire_often, spare_collector
from streams.oversight import Oversight
from streams.settings import Role, Settings
from streams.topics import check_topics
from streams.turns import share_interpreter
from streams.watchdog import end_after, until
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
        self.holes = Holes(self.parts.metrics)
        """Positions that were never seen."""
        self.oversight = Oversight(settings, self.parts.registry, self.parts.metrics, self.holes)
        """Serves the pages and watches, in a thread of its own."""
        self.on_failure: Callable[[ExitCode], None] = lambda _: None
        """Called as soon as a role has ended by itself; in a process of its own it ends that."""
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
            self.oversight.watch()
            code = await self._until_over()
            # From here on the stop deadline bounds everything.
            self.oversight.rest()
            if code is ExitCode.STOPPED:
                await self._stop_roles()
            else:
                # No orderly stop: it would flush and commit for a worker that cannot tell what it has delivered, and
                # tasks of Faust that do not mind being cancelled would keep a process alive that does nothing.
                self.on_failure(code)
                self._cancel_roles()
            return code

    @property
    def web_port(self) -> int | None:
        """Port of the pages once they are served."""
        return self.oversight.web_port

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
        """Serve the pages, from a thread that answers also while this event loop is held."""
        await self.oversight.start()
        try:
            yield
        finally:
            await self.oversight.stop()

    def _start_roles(self, outlet: AIOKafkaProducer) -> None:
        """Start a task per role; deliver has one per sink."""
        settings, parts, metrics = self.settings, self.parts, self.parts.metrics
        stop, holes, duty = self.stop, self.holes, self._duty
        starters: dict[str, Callable[[], list[tuple[str, Coroutine[Any, Any, None]]]]] = {
            "ingest": lambda: [
                (
                    "ingest",
                    run_ingest(
                        settings,
                        Ingest(settings, parts.intake, metrics),
                        outlet,
                        metrics,
                        stop,
                        duty("ingest"),
                        holes,
                    ),
                )
            ],
            "score": lambda: [("score", self._score(outlet))],
            "learn": lambda: [
                ("learn", run_learn(settings, parts.new_learner, outlet, metrics, stop, duty("learn"), holes))
            ],
            "group": lambda: [
                ("group", run_group(settings, parts.new_grouper, outlet, metrics, stop, duty("group"), holes))
            ],
            "tick": lambda: [("tick", run_tick(settings, outlet, stop, duty=duty("tick")))],
            "deliver": lambda: [
                *(self._delivery(ALERTS, sink, outlet) for sink in parts.sinks),
                *(self._delivery(RISK, sink, outlet) for sink in parts.risk_sinks),
                *(self._delivery(SUPPRESSIONS, sink, outlet) for sink in parts.suppression_sinks),
                *(self._delivery(AGGREGATES, sink, outlet) for sink in parts.aggregate_sinks),
            ],
        }
        for role in settings.roles:
            for name, work in starters[role]():
                self._tasks[name] = asyncio.create_task(work, name=name)
        log.info("worker_started", extra={"roles": ",".join(settings.roles)})

    def _delivery(
        self, feed: Feed[M], sink: Receiver[M], outlet: AIOKafkaProducer
    ) -> tuple[str, Coroutine[Any, Any, None]]:
        """Return the task of one sink, and its name."""
        name = f"deliver.{sink.name}"
        duty = self._duty("deliver", name)
        return name, run_deliver(
            self.settings, sink, outlet, self.parts.metrics, self.stop, feed, duty=duty, holes=self.holes
        )

    def _duty(self, role: Role, name: str | None = None) -> Duty:
        """Make the duty of a role and let it be watched."""
        duty = Duty(role, name)
        self.oversight.duties.append(duty)
        return duty

    async def _score(self, outlet: AIOKafkaProducer) -> None:
        """Run the Faust app until it stops or crashes."""
        app = self._app = create_app(self.settings, self.parts.core, outlet, self.parts.metrics, self.holes)
        # Faust makes its recovery when somebody first looks, for the loop of whoever does: that must not be oversight.
        _ = app.tables.recovery  # type: ignore[attr-defined]
        self.oversight.app = app
        try:
            await app.start()
            await until(lambda: self.stop.is_set() or app.crashed or app.should_stop)
            if app.crashed:
                raise RuntimeError(f"Faust crashed: {app.crash_reason!r}") from app.crash_reason
            await app.lanes.drain(_GRACE_SECONDS)
            await app.stop()
            # With a backlog, records came in until now. What has not settled in time is read again from the journal.
            await app.lanes.drain(_GRACE_SECONDS)
        finally:
            app.lanes.reset()  # or a writer would meet a closed producer, and end the process as if it had failed

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
    worker.on_failure = lambda code: die("worker_ended", code)
    spare_collector()
    share_interpreter()
    collecting = asyncio.create_task(retire_often(), name="collector")

    def stop() -> None:
        if not worker.stop.is_set():
            # From here on, because even the way to the first record waits for the broker.
            end_after(settings.stop_deadline_seconds)
        worker.stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        return await worker.run()
    finally:
        collecting.cancel()
