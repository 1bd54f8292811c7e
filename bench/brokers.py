"""The broker that a bench runs against: Apache Kafka started for it, the embedded one, or one that is there already."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.report import embedded_broker_name
from streams.broker import EmbeddedBroker
from tests.support.kafka import KafkaNode
from tests.support.peers import KAFKA_LIBS

BrokerKind = Literal["kafka", "embedded"]


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker that answers."""

    bootstrap: str
    """Host and port for clients."""

    takes_idempotence: bool
    """Whether it takes idempotent producers."""

    pid: int | None = None
    """Its process, where it was started here."""

    data: Path | None = None
    """Where it keeps its topics, where that can be looked at."""


@dataclass(frozen=True, slots=True)
class Brokers:
    """Gives a part of the bench its broker.

    Parameters
    ----------
    kind
        `kafka` starts one node of Apache Kafka from the jars of `make test-kafka`, `embedded` the broker of the demo.
    bootstrap
        A Kafka that runs already, instead.
    """

    kind: BrokerKind
    bootstrap: str | None = None

    @property
    def is_embedded(self) -> bool:
        """Whether it is the embedded one, which keeps everything in memory."""
        return self.bootstrap is None and self.kind == "embedded"

    @property
    def name(self) -> str:
        """What to call it in a report."""
        if self.bootstrap:
            return f"Kafka at {self.bootstrap}"
        return (
            embedded_broker_name() if self.is_embedded else f"Apache Kafka {_kafka_version()}, one node in KRaft mode"
        )

    @contextmanager
    def running(self) -> Iterator[Broker]:
        """Start a broker with nothing on it, and end it with the block; one that was there stays.

        Raises
        ------
        RuntimeError
            If Apache Kafka does not start.
        ConfigurationError
            If the embedded broker is not installed or does not start.
        """
        if self.bootstrap:
            yield Broker(self.bootstrap, takes_idempotence=True)
        elif self.is_embedded:
            with EmbeddedBroker() as embedded:
                yield Broker(embedded.bootstrap_servers, takes_idempotence=False, pid=embedded.pid)
        else:
            with (
                tempfile.TemporaryDirectory(prefix="foreshock-kafka-") as folder,
                KafkaNode(Path(folder)) as node,
            ):
                yield Broker(node.bootstrap, takes_idempotence=True, pid=node.pid, data=Path(folder) / "data")


def default_kind() -> BrokerKind:
    """Choose Apache Kafka where its jars and a Java are, else the embedded broker."""
    return "kafka" if (KAFKA_LIBS / "pom.xml").exists() and shutil.which("java") else "embedded"


def _kafka_version() -> str:
    """Read the version that is fetched from the name of its jar."""
    return next((jar.stem.rpartition("-")[2] for jar in KAFKA_LIBS.glob("kafka_2.13-*.jar")), "")
