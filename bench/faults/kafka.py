"""Apache Kafka in the matrix: one node with several listeners, and three nodes."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from bench.faults.brokers import Ability, Broker
from bench.faults.proxy import Proxy
from tests.support.kafka import KafkaNode
from tests.support.kafka_cluster import NODES, KafkaCluster
from tests.support.peers import KAFKA_LIBS
from tests.support.ports import free_ports


class Kafka(Broker):
    """One node of Apache Kafka, with a second listener behind a network that can be cut, and a third one with TLS.

    Parameters
    ----------
    folder
        For its settings, data and log.
    """

    name = "kafka"
    abilities: frozenset[Ability] = frozenset({"freeze", "kill", "refuse", "cut", "doors", "secure", "delete"})
    settings: ClassVar[Mapping[str, Any]] = {**Broker.sessions}

    def __init__(self, folder: Path) -> None:
        self._node = KafkaNode(folder)
        self._behind, self._proxied, self._secure = free_ports(3)

    @property
    def bootstrap(self) -> str:
        """Where it is."""
        return self._node.bootstrap

    def door(self, name: str) -> dict[str, Any]:
        """Return what a worker's settings need to come in by a certain listener."""
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
