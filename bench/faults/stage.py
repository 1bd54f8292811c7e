"""The stage: broker, workers and feeder of one run, as the function of a scenario sees them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from bench.faults.brokers import Broker
from bench.faults.feeder import Feeder
from bench.faults.kafka import Cluster
from bench.faults.proxy import Proxy
from bench.faults.scenario import Cast
from bench.faults.truth import Truth
from bench.faults.workers import SupervisedWorker
from streams.connections import new_producer
from streams.outbox import Record, send_records
from streams.settings import Settings
from streams.topics import create_topics

_PATIENCE_SECONDS = 60.0
"""How long is waited for something that a fault must bring about."""


class Stage:
    """Everything that a scenario may touch.

    Parameters
    ----------
    settings
        The workers' settings.
    broker
        Where the topics are.
    feeder
        Feeds while the scenario plays.
    folder
        For logs and files.
    random
        For scenarios that leave something to chance.
    on_note
        Told of everything that happens, for whoever watches.
    """

    def __init__(
        self,
        settings: Settings,
        broker: Broker,
        feeder: Feeder,
        folder: Path,
        random: Random,
        on_note: Callable[[str], None],
    ) -> None:
        self.settings = settings
        self.broker = broker
        self.feeder = feeder
        self.folder = folder
        self.workers: dict[str, SupervisedWorker] = {}
        self.random = random
        self.notes: list[str] = []
        self.surprises: list[str] = []
        self.before: Truth | None = None
        """What was there before the journal began; a scenario that makes a journal anew sets it."""
        self.journal_since = 0.0
        """When the journal began, in seconds since 1970, if it is not the first."""
        self._on_note = on_note
        self._started_at = time.monotonic()
        self._supervising: list[asyncio.Task[None]] = []

    @property
    def network(self) -> Proxy:
        """The network to the broker, if there is one that can be cut."""
        network = self.broker.network
        assert network is not None  # noqa: S101 - it is there while the broker is
        return network

    @property
    def cluster(self) -> Cluster:
        """The broker, if it is a cluster."""
        assert isinstance(self.broker, Cluster)  # noqa: S101 - the scenario says what it needs
        return self.broker

    def note(self, text: str) -> None:
        """Remember what happens now."""
        self.notes.append(f"{time.monotonic() - self._started_at:6.1f} s  {text}")
        self._on_note(text)

    def expect(self, is_so: bool, otherwise: str) -> None:
        """Note a surprise, which makes the verdict a failure, unless something is as it should be."""
        if not is_so:
            self.note(f"surprise: {otherwise}")
            self.surprises.append(otherwise)

    def worker(self, name: str) -> SupervisedWorker:
        """Return a worker by name."""
        return self.workers[name]

    def start(self, name: str, cast: Cast | None = None) -> SupervisedWorker:
        """Let a worker join."""
        found = cast or Cast()
        changes = self.broker.door(found.door)
        settings = self.settings.model_copy(update=changes)
        worker = SupervisedWorker(name, settings, self.folder, found.roles, found.fault, self.note)
        self.workers[name] = worker
        worker.start()
        self._supervising.append(asyncio.create_task(worker.supervise(), name=f"supervise-{name}"))
        return worker

    async def restart(self, name: str) -> None:
        """Start a worker again, and wait until it has worked for a moment: the next fault is to find it at work."""
        worker = self.worker(name)
        worker.start()
        await worker.works()
        await asyncio.sleep(0.5)

    async def fed(self, share: float) -> None:
        """Wait until this share of the events is at the broker."""
        while self.feeder.share < share:  # noqa: ASYNC110 - the feeder announces nothing
            await asyncio.sleep(0.02)

    async def frozen_broker(self, seconds: float) -> None:
        """Freeze the broker for so long."""
        self.broker.freeze()
        self.note("broker freezes")
        try:
            await asyncio.sleep(seconds)
        finally:
            self.broker.thaw()
            self.note("broker thaws")

    async def refusing(self, topic: str, seconds: float, **usual: str) -> None:
        """Have the broker refuse every batch on a topic (short name) for so long, and until somebody has felt it."""
        name, before = self.settings.topic(topic), self._refusals_felt()
        await self.broker.configure(name, max_message_bytes="300", **usual)
        self.note(f"{topic} refuses")
        try:
            await asyncio.sleep(seconds)
            felt = await self.comes(lambda: self._refusals_felt() > before)
        finally:
            await self.broker.configure(name, **usual)
        self.note(f"{topic} takes batches again")
        self.expect(felt, f"nobody has written to {topic}")

    def _refusals_felt(self) -> int:
        """How often workers have said that a batch was refused."""
        return sum(worker.log.count("MessageSizeTooLarge") for worker in self.workers.values())

    async def swallowing(self, topic: str, seconds: float) -> None:
        """Let no write to a topic (short name) reach the broker for so long, and until one was on its way."""
        network = self.network
        before = network.swallowed
        network.swallow(self.settings.topic(topic))
        self.note(f"writes to {topic} are swallowed")
        try:
            felt = await self.comes(lambda: network.swallowed > before)
            await asyncio.sleep(seconds)
        finally:
            network.mend()
        self.note(f"writes to {topic} arrive again")
        self.expect(felt, f"nobody has written to {topic}")

    async def comes(self, is_so: Callable[[], bool], timeout_seconds: float = _PATIENCE_SECONDS) -> bool:
        """Wait until something is so; tell whether it came about."""
        deadline = time.monotonic() + timeout_seconds
        while not is_so() and time.monotonic() < deadline:  # noqa: ASYNC110 - a log and a network say nothing
            await asyncio.sleep(0.1)
        return is_so()

    async def stop_workers(self) -> None:
        """Ask every worker to stop, all at once, and wait for them."""
        await asyncio.gather(*(worker.stop() for worker in self.workers.values()))

    async def close(self) -> None:
        """Leave nothing running."""
        for task in self._supervising:
            task.cancel()
        for worker in self.workers.values():
            await worker.kill()

    async def write(self, topic: str, partition: int, *values: bytes | None) -> None:
        """Write records to a topic (short name), as somebody who should not."""
        producer = new_producer(self.settings)
        await producer.start()
        try:
            await send_records(producer, self.settings.topic(topic), partition, [Record(None, v) for v in values])
        finally:
            await producer.stop()

    async def prepare(self) -> None:
        """Create the topics, with times that are the broker's where it can tell them."""
        await create_topics(self.settings)
        if "refuse" in self.broker.abilities:
            await self.broker.configure(self.settings.topic("risk"), **RISK_CONFIGS)


RISK_CONFIGS = {
    "cleanup_policy": "compact",
    "min_compaction_lag_ms": "3600000",
    "message_timestamp_type": "LogAppendTime",
}
"""Configuration of the topic of beliefs: its times say when the broker took a record, so silence can be told."""
