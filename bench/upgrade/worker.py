"""A worker that changes its version: one name, one process at a time."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.upgrade.version import Version
from streams.exits import ExitCode
from tests.support.ports import free_port

_READY_SECONDS = 180.0
_STOP_SECONDS = 45.0
_LOOK_SECONDS = 0.1


class UpgradeError(RuntimeError):
    """A worker did not do what an upgrade needs of it."""


class ChangingWorker:
    """One worker.

    Parameters
    ----------
    name
        Its name.
    roles
        What it does, with commas.
    variables
        Its settings, without what is its own.
    folder
        For its log and its sink's file.
    note
        Told of everything that happens.
    """

    def __init__(
        self, name: str, roles: str, variables: Mapping[str, str], folder: Path, note: Callable[[str], None]
    ) -> None:
        self.name = name
        self.alerts_file = folder / f"alerts-{name}.jsonl"
        self._log = folder / f"{name}.log"
        self._roles = roles
        self._variables = dict(variables) | {"FORESHOCK_JSONL_PATH": str(self.alerts_file)}
        self._note = note
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._version = ""

    def start(self, version: Version) -> None:
        """Start it in a version."""
        self._port = free_port()
        own = {"FORESHOCK_WEB_PORT": str(self._port)}
        with self._log.open("ab") as log:
            log.write(f"--- {version.name} ---\n".encode())
            log.flush()
            self._process = subprocess.Popen(
                version.command("worker", "--roles", self._roles),
                cwd=version.checkout,
                env=version.environment(**self._variables, **own),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._version = version.name

    async def ready(self) -> None:
        """Wait until it says that it is.

        Raises
        ------
        UpgradeError
            If it ends, or takes too long.
        """
        began = time.monotonic()
        while not await asyncio.to_thread(self._is_ready):
            self.check()
            if time.monotonic() > began + _READY_SECONDS:
                raise UpgradeError(f"{self.name} in {self._version} was not ready within {_READY_SECONDS:g} s")
            await asyncio.sleep(_LOOK_SECONDS)
        self._note(f"{self.name} runs {self._version}, ready after {time.monotonic() - began:.1f} s")

    async def is_refused(self, because: str, seconds: float) -> bool:
        """Tell whether it ends for a reason of the configuration, at its start or within so long after it was ready.

        Raises
        ------
        UpgradeError
            If it ends otherwise.
        """
        with contextlib.suppress(UpgradeError):
            await self.ready()
            await self.ends(seconds)
        if self._running().poll() == ExitCode.CONFIGURATION and because in self.said():
            return True
        self.check()
        return False

    async def stop(self) -> None:
        """Ask it to stop, and wait until it has.

        Raises
        ------
        UpgradeError
            If it does not, or ends otherwise than in order.
        """
        self.check()
        began = time.monotonic()
        self._running().send_signal(signal.SIGTERM)
        code = await self.ends(_STOP_SECONDS)
        self._note(f"{self.name} stopped {self._version} after {time.monotonic() - began:.1f} s")
        if code != ExitCode.STOPPED:
            raise UpgradeError(f"{self.name} in {self._version} was to stop, and ended with {code}\n{self._end()}")

    async def ends(self, seconds: float) -> int | None:
        """Wait until it has ended; return its code, or `None` if it runs on after so long."""
        deadline = time.monotonic() + seconds
        while (code := self._running().poll()) is None and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_SECONDS)
        return code

    def said(self) -> str:
        """Everything that it has said in its present version."""
        return self._log.read_text(encoding="utf-8", errors="replace").rpartition("\n--- ")[2]

    def check(self) -> None:
        """Raise if it has ended.

        Raises
        ------
        UpgradeError
            With the end of what it said.
        """
        if (code := self._running().poll()) is not None:
            raise UpgradeError(f"{self.name} in {self._version} ended by itself with {code}\n{self._end()}")

    def kill(self) -> None:
        """End it, if it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _is_ready(self) -> bool:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{self._port}/readyz", timeout=2).close()
            return True
        return False

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None  # noqa: S101 - `start` comes first
        return self._process

    def _end(self) -> str:
        return self.said()[-3000:]
