"""One run of the demo: what is started, in which order, and how it ends."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from foreshock.demonstration.feeding import Feeding
from foreshock.demonstration.figures import Figures
from foreshock.demonstration.monitor import Monitor
from foreshock.demonstration.plan import START_AT, TERMS, Plan, environment_of, worker_settings
from foreshock.demonstration.stopping import Stop
from foreshock.demonstration.topics import demo_topics
from foreshock.demonstration.verdict import Losses, losses
from foreshock.demonstration.views import View
from foreshock.demonstration.watching import watch
from foreshock.demonstration.workers import DemoWorker, port_for_pages
from foreshock.simulate.company import organisation_toml
from foreshock.simulate.world import World
from streams.broker import EmbeddedBroker
from streams.settings import Settings, load_settings


class StoppedEarlyError(Exception):
    """Somebody stopped the demo before anything was fed."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended."""

    monitor: Monitor
    """What was fed, found and measured."""
    figures: Figures
    """The last moment."""
    lost: Losses
    """What does not agree."""
    seconds: float
    """How long feeding and catching up took."""
    worker_log: str
    """The end of the worker's log; empty if it had nothing to say."""


async def run(plan: Plan, view: View) -> Ended:
    """Run the demo. Whatever it started is gone when this returns or raises.

    Parameters
    ----------
    plan
        What to do.
    view
        Where to show it.

    Raises
    ------
    StoppedEarlyError
        If a signal came before anything was fed.
    ConfigurationError
        If the embedded broker is not installed, no broker answers, or the worker refuses to start.
    aiokafka.errors.KafkaError
        If the broker is lost.
    """
    stop = Stop()
    async with AsyncExitStack() as stack:
        stack.enter_context(stop.listening())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="foreshock-demo-")))
        log_path = folder / "worker.log"
        stack.enter_context(_logging_to(log_path))
        bootstrap = plan.broker
        if bootstrap is None:
            view.step("broker")
            broker = await stack.enter_async_context(EmbeddedBroker(log_path=folder / "broker.log"))
            bootstrap = broker.bootstrap_servers
        organisation = folder / "organisation.toml"
        organisation.write_text(organisation_toml(TERMS), encoding="utf-8")
        wanted = worker_settings(plan, bootstrap, port_for_pages(plan.web_port), organisation)
        settings = load_settings(**wanted)
        _go_on(stop)
        view.step("topics", f"{bootstrap}, {settings.topic_prefix}*")
        partitions = await stack.enter_async_context(demo_topics(settings, remove=plan.broker is not None))
        _go_on(stop)
        view.step("worker", f"http://{settings.web_host}:{settings.web_port}")
        worker = DemoWorker(environment_of(wanted), settings.web_port, log_path)
        worker.start()
        stack.push_async_callback(worker.stop, stop.urged)
        stack.callback(view.step, "stopping")
        await worker.until_ready(stop.asked.is_set)
        _go_on(stop)
        world = World(seed=plan.seed, customers=plan.customers, start_at=START_AT)
        monitor = Monitor(plan, settings, world, lambda: worker.restarts)
        watching = await stack.enter_async_context(_watching(settings, monitor, partitions))
        stack.callback(view.close)
        feeding = Feeding(settings, world, monitor, worker, watching, stop, view)
        await feeding.feed(plan.speed, plan.feed_seconds)
        await feeding.catch_up()
        monitor.judge()
        holes = monitor.metrics.count("foreshock_skipped_positions_total", "score")
        ended = Ended(
            monitor=monitor,
            figures=monitor.figures(),
            lost=losses(monitor.fed, monitor.found, monitor.key_of, holes),
            seconds=monitor.elapsed_seconds,
            worker_log=worker.last_words(),
        )
    return ended


def _go_on(stop: Stop) -> None:
    """Raise if somebody asked for the end."""
    if stop.asked.is_set():
        raise StoppedEarlyError


@asynccontextmanager
async def _watching(
    settings: Settings, monitor: Monitor, partitions: dict[str, int]
) -> AsyncIterator[asyncio.Task[None]]:
    """Watch the topics for the time of a block."""
    topics = {name: count for name, count in partitions.items() if name in monitor.found.readers()}
    task = asyncio.create_task(watch(settings, monitor.found, topics), name="watching")
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@contextmanager
def _logging_to(path: Path) -> Iterator[None]:
    """Send what libraries log in this process to a file: the screen is taken."""
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s demo %(name)s %(message)s", "%H:%M:%S"))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()
