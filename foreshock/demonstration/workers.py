"""The demo's worker: a process of its own, started again by the supervisor when it ends over the infrastructure."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from foreshock.demonstration.metrics import fetch
from schemas.errors import ConfigurationError
from streams.broker import free_port
from streams.supervise import Supervisor

_GRACE_SECONDS = 25.0
"""Longer than the worker's own deadline for stopping."""

_LOG_LINES = 5


class DemoWorker:
    """A supervised worker in a session of its own, so that Ctrl-C in the terminal reaches only the demo.

    Parameters
    ----------
    environment
        Variables of the process, settings among them.
    port
        Where its pages are.
    log_path
        Where its output goes.
    """

    def __init__(self, environment: Mapping[str, str], port: int, log_path: Path) -> None:
        self._port = port
        self._log_path = log_path
        self._environment = dict(environment)
        self._supervisor: Supervisor | None = None
        self._task: asyncio.Task[int] | None = None

    @property
    def restarts(self) -> int:
        """How often it was started again."""
        return self._supervisor.restarts if self._supervisor else 0

    @property
    def has_ended(self) -> bool:
        """Whether it ended for good, which it should not before it is told to."""
        return self._task is not None and self._task.done()

    def start(self) -> None:
        """Start it, and return at once."""
        # The supervisor's thread starts processes later too: the handle stays open as long as it may.
        log = self._log_path.open("ab")

        def start(command: list[str]) -> subprocess.Popen[bytes]:
            return subprocess.Popen(  # noqa: S603 - our own program
                command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

        self._supervisor = Supervisor([sys.executable, "-m", "foreshock", "worker"], start=start)

        async def run(supervisor: Supervisor) -> int:
            with log:
                return await asyncio.to_thread(supervisor.run)

        self._task = asyncio.create_task(run(self._supervisor), name="worker")

    async def until_ready(self, give_up: Callable[[], bool]) -> None:
        """Wait until every role does its work, or somebody gives up.

        Raises
        ------
        ConfigurationError
            If it ended for good; the text has the end of its log.
        """
        while not give_up():
            if self.has_ended:
                raise ConfigurationError(f"the worker ended while it was starting:\n{self.last_words()}")
            page = await fetch(self._port, "/readyz")
            if page is not None and page[0] == 200:
                return
            await asyncio.sleep(0.1)

    async def stop(self, urged: asyncio.Event) -> None:
        """Stop it in order; end it if it takes too long, or somebody urges."""
        if self._supervisor is None or self._task is None:
            return
        self._supervisor.stop()
        urging = asyncio.create_task(urged.wait())
        await asyncio.wait([self._task, urging], timeout=_GRACE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        urging.cancel()
        if not self.has_ended and self._supervisor.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self._supervisor.pid, signal.SIGKILL)
            await self._task

    def last_words(self) -> str:
        """Return the end of its log."""
        with suppress(OSError):
            return "\n".join(self._log_path.read_text("utf-8", "replace").splitlines()[-_LOG_LINES:])
        return ""


def port_for_pages(wanted: int) -> int:
    """Return the wanted port if it is free, else another one that is."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return free_port()
        port: int = probe.getsockname()[1]
        return port
