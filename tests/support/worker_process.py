"""Workers as processes: started, stopped, killed, frozen and thawed by tests."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from streams.settings import Settings
from tests.support.peers import CHECKOUT

REAL = "tests.support.real_worker"
COUNTING = "tests.support.counting_worker"


class WorkerProcess:
    """One worker, restarted by the test itself.

    Parameters
    ----------
    settings
        Handed over as environment variables.
    log
        File for what it says.
    environment
        More variables.
    module
        What to run.
    arguments
        What to hand it on the command line.
    """

    def __init__(
        self,
        settings: Settings,
        log: Path,
        module: str = REAL,
        roles: str = "score",
        arguments: tuple[str, ...] = (),
        **environment: str,
    ) -> None:
        given = settings.model_dump(mode="json", include=settings.model_fields_set)
        self._environment = {
            **os.environ,
            **{f"FORESHOCK_{name.upper()}": _as_variable(value) for name, value in given.items()},
            "FORESHOCK_ROLES": roles,
            **environment,
        }
        self._command = [sys.executable, "-m", module, *arguments]
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> WorkerProcess:
        """Start it."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=CHECKOUT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self

    @property
    def exit_code(self) -> int | None:
        """How it ended, or `None` while it runs."""
        return self._process.poll() if self._process else None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self, timeout_seconds: float = 60.0) -> int:
        """Wait until it has ended and return how."""
        assert self._process is not None
        return self._process.wait(timeout_seconds)

    def kill(self) -> None:
        """End it as the kernel would when memory is short."""
        self.signal(signal.SIGKILL)
        self.wait()

    def said(self) -> str:
        """Everything it has logged."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    async def has_said(self, text: str, times: int = 1, timeout_seconds: float = 120.0) -> None:
        """Wait until it has logged something so often."""
        deadline = time.monotonic() + timeout_seconds
        while self.said().count(text) < times:
            assert time.monotonic() < deadline, f"the worker never said {text!r}:\n{self.said()[-3000:]}"
            await asyncio.sleep(0.05)

    def __enter__(self) -> WorkerProcess:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def _as_variable(value: object) -> str:
    """Write a setting as the environment has it: lists are separated by commas."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
