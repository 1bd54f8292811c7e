"""The brokers of the matrix: what each of them can be made to suffer, behind one face."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar, Literal

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from bench.faults.proxy import Proxy
from bench.report import embedded_broker_name
from streams.broker import EmbeddedBroker
from streams.settings import Settings
from streams.topics import plan_topics
from tests.support.ports import free_ports

Ability = Literal["freeze", "kill", "refuse", "cut", "doors", "secure", "nodes", "delete"]
"""`freeze`: it can be stopped with open connections. `kill`: it comes back with its data. `refuse`: a topic can be told
to take no batches. `cut`: there is a network to it that can be cut. `doors`: another way in is not cut with it.
`secure`: it has a listener with TLS. `nodes`: it has several. `delete`: topics go."""


class Broker(ABC):
    """What a scenario may do to a broker; each kind overrides what it can.

    A scenario names the abilities that it needs, and is not played on a broker that lacks one: what a kind cannot do
    is an error of the scenario.

    Attributes
    ----------
    name
        As on the command line.
    abilities
        What else than carrying records it can do.
    settings
        What it needs of a worker's settings.
    """

    name = ""
    abilities: frozenset[Ability] = frozenset()
    settings: ClassVar[Mapping[str, Any]] = {}
    network: Proxy | None = None
    """The network that can be cut, while the broker is there."""
    # Sessions as short as brokers take, because they bound how long each scenario lasts.
    sessions: ClassVar[Mapping[str, Any]] = {"session_timeout_seconds": 3.0, "heartbeat_seconds": 0.5}

    @property
    @abstractmethod
    def bootstrap(self) -> str:
        """Where it is."""

    @property
    @abstractmethod
    def described(self) -> str:
        """Name and version, for the report."""

    @abstractmethod
    async def ensure(self) -> None:
        """See to it that it runs and is in order."""

    @abstractmethod
    async def end(self) -> None:
        """Stop it for good."""

    def door(self, name: str) -> dict[str, Any]:
        """Return what a worker's settings need to come in by a certain listener.

        Parameters
        ----------
        name
            `front`, `cuttable` (behind the network that can be cut) or `secure`.
        """
        return {}

    def freeze(self) -> None:
        """Stop it with open connections."""
        raise self._unable("freeze")

    def thaw(self) -> None:
        """Let it go on."""
        raise self._unable("freeze")

    async def kill(self) -> None:
        """End it without a word."""
        raise self._unable("kill")

    async def stop(self) -> None:
        """Ask it to stop, and wait until it has."""
        raise self._unable("kill")

    async def revive(self) -> None:
        """Start it again, with its data."""
        raise self._unable("kill")

    async def configure(self, topic: str, **configs: str) -> None:
        """Set configurations of a topic (full name); what is not named goes back to its default.

        Raises
        ------
        aiokafka.errors.KafkaError
            If the broker does not answer.
        """
        dotted = {name.replace("_", "."): value for name, value in configs.items()}
        async with self.admin() as admin:
            await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=dotted)])

    def _unable(self, ability: Ability) -> TypeError:
        """Say which ability a scenario has forgotten to name."""
        return TypeError(f"{self.described} has not the ability {ability!r}: the scenario must name it")

    async def forget(self, settings: Settings) -> None:
        """Delete the topics of a run: a broker that comes back would have to look through all of them."""
        if "delete" in self.abilities:
            with contextlib.suppress(KafkaError):  # a scenario that failed may have left it in any state
                async with self.admin() as admin:
                    await admin.delete_topics([plan.name for plan in plan_topics(settings)])

    @contextlib.asynccontextmanager
    async def admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        """Open a connection for administration."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()


class Embedded(Broker):
    """The embedded broker, a new one for each scenario: it keeps all it ever had in memory.

    Everybody comes to it by the network that can be cut, the harness too.
    """

    name = "embedded"
    abilities: frozenset[Ability] = frozenset({"freeze", "cut"})
    settings: ClassVar[Mapping[str, Any]] = {"producer_idempotence": False, **Broker.sessions}

    def __init__(self) -> None:
        self._broker: EmbeddedBroker | None = None

    @property
    def bootstrap(self) -> str:
        """Where it is."""
        return self._running().bootstrap_servers

    @property
    def described(self) -> str:
        """Name and version."""
        return embedded_broker_name()

    async def ensure(self) -> None:
        """Start a new one."""
        await self.end()
        port, proxied = free_ports(2)
        self.network = Proxy(proxied, port)
        await self.network.start()
        self._broker = EmbeddedBroker(port, advertised_port=proxied)
        await asyncio.to_thread(self._broker.start)

    async def end(self) -> None:
        """Stop it, and the network to it."""
        if self.network is not None:
            await self.network.stop()
            self.network = None
        if self._broker is not None:
            await asyncio.to_thread(self._broker.kill)
            self._broker = None

    def freeze(self) -> None:
        """Stop it with open connections."""
        os.kill(self._pid(), signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self._pid(), signal.SIGCONT)

    def _running(self) -> EmbeddedBroker:
        assert self._broker is not None  # noqa: S101 - `ensure` comes first
        return self._broker

    def _pid(self) -> int:
        pid = self._running().pid
        assert pid is not None  # noqa: S101 - it runs
        return pid


class Named(Broker):
    """A broker that somebody else runs: nothing can be done to it but change topics.

    Parameters
    ----------
    bootstrap
        Where it is.
    """

    name = "kafka"
    abilities: frozenset[Ability] = frozenset({"refuse", "delete"})
    # What Apache Kafka takes as shortest unless it is told otherwise.
    settings: ClassVar[Mapping[str, Any]] = {"session_timeout_seconds": 6.0, "heartbeat_seconds": 1.0}

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap

    @property
    def bootstrap(self) -> str:
        """Where it is."""
        return self._bootstrap

    @property
    def described(self) -> str:
        """All that is known."""
        return f"Kafka at {self._bootstrap}"

    async def ensure(self) -> None:
        """Take it as it is: it is somebody else's to start."""

    async def end(self) -> None:
        """Leave it running."""
