"""Three nodes of Apache Kafka on loopback: every partition has three copies, and two must have a record."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from tests.support.kafka import KafkaNode, new_cluster_id

NODES = 3
_COPIES = {
    "default.replication.factor": str(NODES),
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": str(NODES),
    "transaction.state.log.replication.factor": str(NODES),
    "transaction.state.log.min.isr": "2",
    "share.coordinator.state.topic.replication.factor": str(NODES),
    "share.coordinator.state.topic.min.isr": "2",
    # How soon a copy that has stopped reading no longer counts as in sync: 30 s by default.
    "replica.lag.time.max.ms": "3000",
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
}


class KafkaCluster:
    """A cluster whose first node also holds the metadata; the others may be stopped, killed and paused.

    Parameters
    ----------
    folder
        An empty folder of its own.
    settings
        More lines for every node's `server.properties`.
    """

    def __init__(self, folder: Path, settings: dict[str, str] | None = None) -> None:
        cluster_id = new_cluster_id()
        self.nodes = [
            KafkaNode(folder / str(number), {**_COPIES, **(settings or {})}, cluster_id)
            for number in range(1, NODES + 1)
        ]
        """In the order of their ids, 1 to 3."""
        first, *others = self.nodes
        for number, node in enumerate(others, start=2):
            node.settings |= {
                "process.roles": "broker",
                "node.id": str(number),
                "controller.quorum.voters": f"1@127.0.0.1:{first.controller_port}",
                "listeners": f"PLAINTEXT://{node.bootstrap}",
            }

    @property
    def bootstrap(self) -> str:
        """Hosts and ports for clients."""
        return ",".join(node.bootstrap for node in self.nodes)

    def start(self) -> Self:
        """Start every node that does not run."""
        for node in self.nodes:
            if not node.is_running:
                node.folder.mkdir(parents=True, exist_ok=True)
                node.start()
        return self

    def kill(self) -> None:
        """End all nodes without a word."""
        for node in reversed(self.nodes):
            node.kill()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.kill()
            raise

    def __exit__(self, *_: object) -> None:
        self.kill()
