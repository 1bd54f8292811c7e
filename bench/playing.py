"""Worker processes for a bench: each plays the roles it is given, with the settings of production."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from bench.carriers.job import BenchError
from bench.cores import cpu_seconds
from bench.report import CHECKOUT
from bench.timed import environment_of
from streams.exits import ExitCode
from streams.settings import Settings
from tests.support.ports import free_port

_READY_SECONDS = 180.0
_TRY_SECONDS = 0.2
_STOP_SECONDS = 30
_TOLD_CHARACTERS = 3000
"""Of the log of a worker that failed so much is shown."""


@dataclass(frozen=True, slots=True)
class Player:
    """One worker process."""

    roles: str
    """What it does, with commas."""

    port: int
    """Where it answers."""

    process: subprocess.Popen[bytes]
    """The process."""

    def check(self) -> None:
        """Raise if it has ended.

        Raises
        ------
        BenchError
            With its code.
        """
        if self.process.poll() is not None:
            raise BenchError(f"the worker ({self.roles}) ended with code {self.process.returncode}")

    async def ready(self, seconds: float = _READY_SECONDS) -> None:
        """Wait until it says that it is ready.

        Raises
        ------
        BenchError
            If it ended, or is not ready within so many seconds.
        """
        url = f"http://127.0.0.1:{self.port}/readyz"
        for _ in range(int(seconds / _TRY_SECONDS)):
            self.check()
            with contextlib.suppress(OSError):
                await asyncio.to_thread(lambda: urllib.request.urlopen(url, timeout=2).close())
                return
            await asyncio.sleep(_TRY_SECONDS)
        raise BenchError(f"the worker ({self.roles}) was not ready within {seconds:g} s")

    def stop(self) -> float:
        """Ask it to stop, and return how long that took in seconds.

        Raises
        ------
        BenchError
            If it ended otherwise than in order.
        """
        began = time.monotonic()
        _stop(self.process)
        if self.process.returncode != ExitCode.STOPPED:
            raise BenchError(f"the worker ({self.roles}) was to stop and ended with code {self.process.returncode}")
        return time.monotonic() - began


@contextlib.contextmanager
def playing(settings: Settings, casts: Sequence[str]) -> Iterator[list[Player]]:
    """Run one worker process per cast of roles while the block runs; what they said is shown if it fails.

    Parameters
    ----------
    settings
        What the workers are to be told; of its own the bench's environment says nothing to them that this changes.
    casts
        Roles of each worker, with commas.
    """
    environment = environment_of(settings)
    with contextlib.ExitStack() as stack:
        players = []
        for roles in casts:
            log, port = stack.enter_context(tempfile.TemporaryFile()), free_port()
            process = subprocess.Popen(
                [sys.executable, "-m", "foreshock", "worker", "--roles", roles],
                cwd=CHECKOUT,
                env=environment | {"FORESHOCK_WEB_PORT": str(port)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            stack.callback(_stop, process)
            stack.push(lambda kind, *_, log=log: _tell(log) if kind else None)
            players.append(Player(roles, port, process))
        yield players


def cpu_seconds_of(players: Sequence[Player]) -> float:
    """Add up the CPU time of workers."""
    return sum(cpu_seconds(player.process.pid) for player in players)


def _tell(log: IO[bytes]) -> None:
    """Show the end of what a worker said."""
    log.seek(0)
    sys.stderr.write(log.read()[-_TOLD_CHARACTERS:].decode(errors="replace"))


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a worker in order, or at all."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
