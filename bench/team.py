"""Workers that share the partitions of one run, watched from outside."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from tempfile import TemporaryFile
from typing import IO

import orjson

from bench.carriers.job import BenchError, Job, clean_environment
from bench.report import CHECKOUT

_EVERY_SECONDS = 0.02
_STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Sample:
    """How far a worker was at a moment."""

    at: float
    """On the monotonic clock, which all processes of a machine share; seconds."""

    cpu: float
    """CPU time of the process so far, seconds."""

    taken_in: int
    """Events that it has put into the journal."""

    applied: int
    """Events that it has taken through the core."""


class Member:
    """One worker process.

    Parameters
    ----------
    job
        What the team works on.
    log
        Takes what the worker says of errors.
    """

    def __init__(self, job: Job, log: IO[bytes]) -> None:
        command = [sys.executable, "-m", "bench.carriers.member", orjson.dumps(asdict(job)).decode()]
        self._log = log
        self._process = subprocess.Popen(
            command, cwd=CHECKOUT, env=clean_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        )
        self.samples: list[Sample] = [Sample(time.monotonic(), 0.0, 0, 0)]
        """What it has said so far, the newest last."""
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def last(self) -> Sample:
        """How far it is."""
        return self.samples[-1]

    def order(self, word: str) -> None:
        """Tell it to `hold` its ingest, or to `go` on."""
        assert self._process.stdin is not None  # noqa: S101 - it has a pipe
        self._process.stdin.write(word.encode() + b"\n")
        self._process.stdin.flush()

    def check(self) -> None:
        """Raise if it has ended."""
        if self._process.poll() is not None:
            self._log.seek(0)
            said = self._log.read().decode(errors="replace")[-3000:]
            raise BenchError(f"a worker ended with code {self._process.returncode}. It said:\n{said}")

    def stop(self) -> None:
        """End it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join(_STOP_SECONDS)

    def _listen(self) -> None:
        """Keep what it says."""
        assert self._process.stdout is not None  # noqa: S101 - it has a pipe
        with self._process.stdout as said:
            for line in said:
                self.samples.append(Sample(**orjson.loads(line)))


class Team:
    """All workers of a run.

    Parameters
    ----------
    members
        The workers.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = members

    @property
    def applied(self) -> int:
        """Events that all of them have taken through the core."""
        return sum(member.last.applied for member in self.members)

    def order(self, word: str) -> None:
        """Tell all of them."""
        for member in self.members:
            member.order(word)

    def wait(self, applied: int, timeout_seconds: float) -> None:
        """Wait until all of them together have taken so many events through the core.

        Raises
        ------
        BenchError
            If one ends, or it takes too long.
        """
        deadline = time.monotonic() + timeout_seconds
        while self.applied < applied:
            for member in self.members:
                member.check()
            if time.monotonic() > deadline:
                raise BenchError(f"{self.applied} of {applied} events were applied after {timeout_seconds:g} s")
            time.sleep(_EVERY_SECONDS)


@contextmanager
def team_of(size: int, job: Job) -> Iterator[Team]:
    """Start workers, and end them with the block."""
    with ExitStack() as stack:
        members = []
        for _ in range(size):
            member = Member(job, stack.enter_context(TemporaryFile()))
            stack.callback(member.stop)
            members.append(member)
        yield Team(members)
