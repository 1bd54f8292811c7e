"""The brokers of the matrix: what each of them can be made to suffer, behind one face."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from bench.faults.proxy import Proxy
from bench.report import embedded_broker_name
from streams.broker import EmbeddedBroker
from streams.settings import Settings
from streams.topics import plan_topics
from tests.support.kafka import KafkaNode
from tests.support.kafka_cluster import NODES, KafkaCluster
from tests.support.peers import KAFKA_LIBS
from tests.support.ports import free_ports

Ability = Literal["freeze", "kill", "refuse", "cut", "secure", "nodes", "delete"]
"""`freeze`: it can be stopped with open connections. `kill`: it comes back with its data. `refuse`: a topic can be told
to take no batches. `cut`: there is a network to it that can be cut. `secure`: it has a listener with TLS. `nodes`: it
has several. `delete`: topics go."""


class Broker:
    """What a scenario may do to a broker; each kind overrides what it can.

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
    # Sessions as short as brokers take, because they bound how long each scenario lasts.
    sessions: ClassVar[Mapping[str, Any]] = {"session_timeout_seconds": 3.0, "heartbeat_seconds": 0.5}

    @property
    def bootstrap(self) -> str:
        """Where it is."""
        raise NotImplementedError

    @property
    def described(self) -> str:
        """Name and version, for the report."""
        raise NotImplementedError

    async def ensure(self) -> None:
        """See to it that it runs and is in order."""

    async def end(self) -> None:
        """Stop it for good."""

    def freeze(self) -> None:
        """Stop it with open connections."""
        raise NotImplementedError

    def thaw(self) -> None:
        """Let it go on."""
        raise NotImplementedError

    async def kill(self) -> None:
        """End it without a word."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Ask it to stop, and wait until it has."""
        raise NotImplementedError

    async def revive(self) -> None:
        """Start it again, with its data."""
        raise NotImplementedError

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
    """The embedded broker, a new one for each scenario: it keeps all it ever had in memory."""

    name = "embedded"
    abilities: frozenset[Ability] = frozenset({"freeze"})
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
        self._broker = EmbeddedBroker()
        await asyncio.to_thread(self._broker.start)

    async def end(self) -> None:
        """Stop it."""
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


class Kafka(Broker):
    """One node of Apache Kafka, with a second listener behind a network that can be cut, and a third one with TLS.

    Parameters
    ----------
    folder
        For its settings, data and log.
    """

    name = "kafka"
    abilities: frozenset[Ability] = frozenset({"freeze", "kill", "refuse", "cut", "secure", "delete"})
    settings: ClassVar[Mapping[str, Any]] = {**Broker.sessions}

    def __init__(self, folder: Path) -> None:
        self._node = KafkaNode(folder)
        self._behind, self._proxied, self._secure = free_ports(3)
        self.network: Proxy | None = None
        """The network that can be cut, while the broker is there."""

    @property
    def bootstrap(self) -> str:
        """Where it is."""
        return self._node.bootstrap

    def door(self, name: str) -> dict[str, Any]:
        """Return what a worker's settings need to come in by a certain listener.

        Parameters
        ----------
        name
            `front`, `cuttable` (behind the network that can be cut) or `secure`.
        """
        doors: dict[str, dict[str, Any]] = {
            "front": {},
            "cuttable": {"bootstrap_servers": f"127.0.0.1:{self._proxied}"},
            "secure": {
                "bootstrap_servers": f"127.0.0.1:{self._secure}",
                "security_protocol": "SSL",
                "ssl_ca_file": self._node.folder / "certificate.pem",
            },
        }
        return doors[name]

    def _set_up(self) -> None:
        """Describe the listeners, and make a certificate."""
        folder = self._node.folder
        folder.mkdir(parents=True, exist_ok=True)
        behind, secure = f"BEHIND://127.0.0.1:{self._behind}", f"SECURE://127.0.0.1:{self._secure}"
        front, controller = f"PLAINTEXT://{self.bootstrap}", f"CONTROLLER://127.0.0.1:{self._node.controller_port}"
        self._node.settings |= {
            "listeners": f"{front},{behind},{secure},{controller}",
            "advertised.listeners": f"{front},BEHIND://127.0.0.1:{self._proxied},{secure}",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,BEHIND:PLAINTEXT,SECURE:SSL",
            "inter.broker.listener.name": "PLAINTEXT",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(make_certificate(folder)),
        }

    @property
    def described(self) -> str:
        """Name and version."""
        return f"Apache Kafka {kafka_version()}, one node"

    async def ensure(self) -> None:
        """Start it unless it runs."""
        if self.network is None:
            await asyncio.to_thread(self._set_up)
            self.network = Proxy(self._proxied, self._behind)
            await self.network.start()
        self.network.mend()
        if self._node.is_running:
            self._node.resume()
        else:
            await self.revive()

    async def end(self) -> None:
        """End it, and the network to it."""
        if self.network is not None:
            await self.network.stop()
            self.network = None
        await self.kill()

    def freeze(self) -> None:
        """Stop it with open connections."""
        self._node.pause()

    def thaw(self) -> None:
        """Let it go on."""
        self._node.resume()

    async def kill(self) -> None:
        """End it without a word."""
        await asyncio.to_thread(self._node.kill)

    async def stop(self) -> None:
        """Ask it to stop, and wait until it has."""
        await asyncio.to_thread(self._node.stop)

    async def revive(self) -> None:
        """Start it again, with its data."""
        await asyncio.to_thread(self._node.start)


class Cluster(Broker):
    """Three nodes of Apache Kafka; nodes 2 and 3 may be ended, node 1 holds the metadata.

    Parameters
    ----------
    folder
        For settings, data and logs.
    """

    name = "cluster"
    abilities: frozenset[Ability] = frozenset({"refuse", "nodes", "delete"})
    settings: ClassVar[Mapping[str, Any]] = {**Broker.sessions, "replication_factor": NODES}

    def __init__(self, folder: Path) -> None:
        self._cluster = KafkaCluster(folder)

    @property
    def bootstrap(self) -> str:
        """Where its nodes are."""
        return self._cluster.bootstrap

    @property
    def described(self) -> str:
        """Name and version."""
        return f"Apache Kafka {kafka_version()}, {NODES} nodes, 2 of {NODES} copies in sync"

    async def ensure(self) -> None:
        """Start the nodes that do not run."""
        await asyncio.to_thread(self._cluster.start)

    async def end(self) -> None:
        """End all nodes."""
        await asyncio.to_thread(self._cluster.kill)

    async def kill_node(self, number: int) -> None:
        """End node 2 or 3 without a word."""
        await asyncio.to_thread(self._cluster.nodes[number - 1].kill)

    async def revive_node(self, number: int) -> None:
        """Start a node again."""
        await asyncio.to_thread(self._cluster.nodes[number - 1].start)


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


def make_broker(kind: str, folder: Path) -> Broker:
    """Make a broker of a kind; it does not run yet. `FORESHOCK_TEST_BOOTSTRAP` stands for `kafka` if it is set.

    Parameters
    ----------
    kind
        `embedded`, `kafka` or `cluster`.
    folder
        Where Apache Kafka keeps what it needs.

    Raises
    ------
    KeyError
        If there is no such kind.
    """
    named = os.environ.get("FORESHOCK_TEST_BOOTSTRAP")
    if kind == "kafka" and named:
        return Named(named)
    makers: dict[str, Callable[[], Broker]] = {
        "embedded": Embedded,
        "kafka": lambda: Kafka(folder / "kafka"),
        "cluster": lambda: Cluster(folder / "cluster"),
    }
    return makers[kind]()


def make_certificate(folder: Path) -> Path:
    """Make a key and a certificate for this machine, and return the file with both; `certificate.pem` has one only."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "7", *subject]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    both = folder / "keystore.pem"
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both


def kafka_version() -> str:
    """Tell the version of Apache Kafka's jars in the cache."""
    jars = sorted(KAFKA_LIBS.glob("kafka_2.13-*.jar"))
    return jars[-1].stem.removeprefix("kafka_2.13-") if jars else "missing"
