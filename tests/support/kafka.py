"""A real Apache Kafka in KRaft mode on loopback, from its Maven artifacts: one node here, three in `kafka_cluster`.

`python -m tests.support.kafka fetch [--if-possible]` puts the jars into the checkout's cache.
"""

from __future__ import annotations

import base64
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from tests.support.peers import CHECKOUT, KAFKA_LIBS
from tests.support.ports import free_ports

POM = CHECKOUT / "deploy" / "kafka" / "pom.xml"
# 45 MB: about 10 s on a good line; a slow one must not hold up `make test` for long.
FETCH_SECONDS = 240
# It answers after 3 to 5 s on two idle cores; a busy machine may need many times that.
START_SECONDS = 90
STOP_SECONDS = 30


class KafkaNode:
    """One broker that a test may stop, kill, pause and start again.

    Parameters
    ----------
    folder
        An empty folder of its own, for its settings, data and log.
    settings
        More lines for `server.properties`, which win over ours.
    cluster_id
        Which cluster it belongs to; without it, one of its own.
    """

    def __init__(self, folder: Path, settings: dict[str, str] | None = None, cluster_id: str | None = None) -> None:
        self.folder = folder
        self.port, self.controller_port = free_ports(2)
        self.settings = dict(settings or {})
        """May be added to until the first start."""
        self._cluster_id = cluster_id or new_cluster_id()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """Host and port for clients."""
        return f"127.0.0.1:{self.port}"

    @property
    def is_running(self) -> bool:
        """Whether there is a process; it may be frozen."""
        return self._process is not None

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process else None

    @property
    def log_path(self) -> Path:
        """Where the broker writes what it has to say."""
        return self.folder / "kafka.log"

    def start(self) -> Self:
        """Start it, and return once it answers; the first start formats its data folder.

        Raises
        ------
        RuntimeError
            If it ends or does not answer in time, with the end of its log.
        """
        properties = self.folder / "server.properties"
        if not properties.exists():
            format_storage(self._properties(), self.folder, self._cluster_id)
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [*_JAVA, "-Xmx512m", "kafka.Kafka", str(properties)],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C in the terminal is for pytest, which stops us
            )
        self._wait_until_it_answers()
        return self

    def stop(self) -> None:
        """Ask it to stop, and wait until it has."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it without a word, as a power cut would; `start` brings it back with its data."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        self._signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _properties(self) -> dict[str, str]:
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self.controller_port}",
            "listeners": (f"PLAINTEXT://{self.bootstrap},CONTROLLER://127.0.0.1:{self.controller_port}"),
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "log.dirs": str(self.folder / "data"),
            "offsets.topic.num.partitions": "4",  # the default of 50 only slows the start
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "group.min.session.timeout.ms": "1000",  # tests have no six seconds for a worker to be missed
            "auto.create.topics.enable": "false",  # a topic that we forget to make must show
            "num.partitions": "4",
            **self.settings,
        }

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._running().poll() is not None:
                raise RuntimeError(f"Apache Kafka ended at its start:\n{self._log_end()}")
            if answers(self.port):
                return
            time.sleep(0.1)
        self.kill()
        raise RuntimeError(f"Apache Kafka did not answer within {START_SECONDS} s:\n{self._log_end()}")

    def _log_end(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")[-2_000:]

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("Apache Kafka was not started")
        return self._process

    def _signal(self, number: signal.Signals) -> None:
        self._running().send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGCONT)
        self._process.send_signal(number)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def new_cluster_id() -> str:
    """Make up the identity of a cluster."""
    # An id that began with a hyphen would be taken for an option.
    return base64.urlsafe_b64encode(b"\0" + os.urandom(15)).decode().rstrip("=")


def format_storage(properties: dict[str, str], folder: Path, cluster_id: str) -> None:
    """Write `server.properties` into `folder` and format its `log.dirs`, as before a first start.

    Raises
    ------
    RuntimeError
        If Apache Kafka refuses a property, with its words.
    """
    path = folder / "server.properties"
    path.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))
    done = subprocess.run(
        [*_JAVA, "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(path)],
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    if done.returncode:
        path.unlink()
        raise RuntimeError(f"Apache Kafka refuses its properties:\n{done.stdout}{done.stderr}")


def answers(port: int) -> bool:
    """Whether a Kafka broker on loopback answers an ApiVersions request now."""
    # Size, then API key 18 at version 0, correlation id 1, no client id.
    request = struct.pack(">ihhih", 10, 18, 0, 1, -1)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(request)
            return len(connection.recv(8)) == 8
    except OSError:
        return False


def fetch() -> None:
    """Copy Apache Kafka's jars from Maven into the cache, unless this version is there.

    Raises
    ------
    RuntimeError
        If java or mvn is missing, or Maven fails or takes too long.
    """
    stamp = KAFKA_LIBS / "pom.xml"
    if stamp.exists() and stamp.read_bytes() == POM.read_bytes():
        return
    for program in ("java", "mvn"):
        if not shutil.which(program):
            raise RuntimeError(f"{program} is not on PATH")
    shutil.rmtree(KAFKA_LIBS, ignore_errors=True)
    KAFKA_LIBS.mkdir(parents=True)
    command = [
        "mvn", "--quiet", "--batch-mode", "--file", str(POM),
        # Nothing outside the checkout is touched, not even ~/.m2.
        f"-Dmaven.repo.local={KAFKA_LIBS.parent / 'm2'}",
        "dependency:copy-dependencies", f"-DoutputDirectory={KAFKA_LIBS}",
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"Maven took longer than {FETCH_SECONDS} s") from None
    if done.returncode:
        raise RuntimeError(f"Maven failed: {(done.stdout + done.stderr).strip()[-600:]}")
    shutil.copyfile(POM, stamp)


def main(arguments: list[str]) -> int:
    """Fetch the jars; with `--if-possible`, or where a broker is named, a failure is told and is none."""
    if arguments not in (["fetch"], ["fetch", "--if-possible"]):
        print("usage: python -m tests.support.kafka fetch [--if-possible]", file=sys.stderr)
        return 2
    try:
        fetch()
    except RuntimeError as error:
        print(f"Apache Kafka was not fetched: {error}", file=sys.stderr)
        return 0 if "--if-possible" in arguments or os.environ.get("FORESHOCK_TEST_BOOTSTRAP") else 1
    return 0


_JAVA = [
    "java",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # a short life: quick to start matters more than top speed
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-cp",
    f"{KAFKA_LIBS}/*",
]

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
