"""Supervise: start a worker again when it ends over the infrastructure, as systemd or Kubernetes would.

Part of the product, because a worker that can no longer tell what it has delivered ends itself on purpose: the
journal replays, and positions and derived ids make that harmless.
"""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType

from streams.exits import RESTARTABLE

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BackOff:
    """How long to wait before a worker is started again, in seconds."""

    first: float = 1.0
    """After the first failure."""
    longest: float = 30.0
    """At most, however often it has failed."""
    calm_after: float = 60.0
    """A worker that lived so long had recovered: counting starts over."""

    def wait(self, failures: int) -> float:
        """Return the wait after so many failures in a row (>= 1).

        Examples
        --------
        >>> [BackOff().wait(n) for n in (1, 2, 3, 9)]
        [1.0, 2.0, 4.0, 30.0]
        """
        return min(self.first * 2.0 ** min(failures - 1, 10), self.longest)


class Supervisor:
    """Runs one command until it ends for a reason that starting again does not cure.

    Parameters
    ----------
    command
        Program and arguments of the worker.
    back_off
        How long to wait between starts.
    on_restart
        Called with the exit code each time the worker is about to be started again.
    start
        Starts one process; a caller can give it another environment, or another place for its output.
    """

    def __init__(
        self,
        command: Sequence[str],
        back_off: BackOff | None = None,
        on_restart: Callable[[int], None] | None = None,
        start: Callable[[list[str]], subprocess.Popen[bytes]] = subprocess.Popen,
    ) -> None:
        self._command = list(command)
        self._back_off = back_off or BackOff()
        self._on_restart = on_restart
        self._start = start
        self._process: subprocess.Popen[bytes] | None = None
        # A plain flag: an Event's lock could be held by the very code that a signal handler interrupts.
        self._stopping = False
        self.restarts = 0
        """How often the worker was started again."""

    @property
    def pid(self) -> int | None:
        """Process id of the worker while it runs."""
        return self._process.pid if self._process else None

    def run(self) -> int:
        """Run the worker, again and again; return the exit code that ended it for good.

        A worker that a signal killed is started again too: the kernel does that when memory is short.
        """
        failures = 0
        while True:
            started_at = time.monotonic()
            self._process = self._start(self._command)
            if self._stopping:
                self._process.terminate()
            code = self._process.wait()
            if self._stopping or not (code in RESTARTABLE or code < 0):
                return code
            failures = 1 if time.monotonic() - started_at > self._back_off.calm_after else failures + 1
            wait = self._back_off.wait(failures)
            log.warning("worker_restarts", extra={"exit_code": code, "wait_seconds": wait, "failures": failures})
            if self._stopped_within(wait):
                return code
            self.restarts += 1
            if self._on_restart:
                self._on_restart(code)

    def stop(self) -> None:
        """Ask the worker to stop and do not start it again; `run` then returns."""
        self._stopping = True
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def _stopped_within(self, seconds: float) -> bool:
        """Wait, and tell whether somebody asked to stop meanwhile."""
        deadline = time.monotonic() + seconds
        while not self._stopping and time.monotonic() < deadline:
            time.sleep(0.05)
        return self._stopping


def supervise(arguments: Sequence[str], back_off: BackOff | None = None) -> int:
    """Run `python -m foreshock` with these arguments under supervision, and pass signals on.

    Returns
    -------
    int
        Exit code of the last worker.
    """
    supervisor = Supervisor([sys.executable, "-m", "foreshock", *arguments], back_off)

    def forward(_number: int, _frame: FrameType | None) -> None:
        supervisor.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, forward)
    return supervisor.run()
