"""One command of ours as a process of its own: how long it took, and what it took."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

from bench.carriers.job import BenchError
from bench.report import CHECKOUT
from streams.settings import Settings

_TOLD_BYTES = 3000
"""Of what a command that failed has said so much is shown."""
_LOOK_SECONDS = 0.05


class Took(NamedTuple):
    """What one run of a command took."""

    seconds: float
    """On the clock, the start of the interpreter included."""

    cpu_seconds: float
    """User and system time of the process."""

    largest_bytes: int
    """The most memory that it has held, but for its last moment; 0 where the system does not tell."""

    said: bytes
    """What it wrote to standard output."""

    def each(self, name: str, count: int, unit: str) -> dict[str, float]:
        """Name what it took for so many rows or records, for a file."""
        return {
            f"{name}_seconds": self.seconds,
            f"{name}_{unit}": float(count),
            f"{name}_{unit}_per_second": count / self.seconds,
            f"{name}_cpu_microseconds_each": self.cpu_seconds / count * 1e6,
            f"{name}_largest_bytes": float(self.largest_bytes),
        }


def timed(settings: Settings, *arguments: str) -> Took:
    """Run `foreshock` with arguments.

    Parameters
    ----------
    settings
        What it is told by its environment.
    *arguments
        The command and its options.

    Raises
    ------
    BenchError
        If it ends with another code than 0; says what it said.
    """
    with TemporaryFile() as out, TemporaryFile() as errors:
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "foreshock", *arguments],
            cwd=CHECKOUT,
            env=environment_of(settings),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
        )
        largest = 0
        while (ended := os.wait4(process.pid, os.WNOHANG))[0] == 0:
            largest = max(largest, _largest_bytes(process.pid))
            time.sleep(_LOOK_SECONDS)
        seconds = time.monotonic() - began
        _, status, used = ended
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said = out.read()
        if process.returncode:
            errors.seek(0)
            told = (said + errors.read())[-_TOLD_BYTES:].decode(errors="replace")
            raise BenchError(f"foreshock {' '.join(arguments)} ended with code {process.returncode}. It said:\n{told}")
    return Took(seconds, used.ru_utime + used.ru_stime, largest, said)


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment that tells a process what was set in settings."""
    given = settings.model_dump(mode="json", include=settings.model_fields_set)
    # Nothing that the caller has set may change what is measured, but the ways of carrying may be tried out.
    return dict(os.environ) | {
        f"FORESHOCK_{name.upper()}": ",".join(value) if isinstance(value, list) else str(value)
        for name, value in given.items()
    }


def _largest_bytes(pid: int) -> int:
    """Return the most memory that a process has held: `wait4` would count what this one held when it forked."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


def disk_bytes(data: Path, topic: str) -> int:
    """Add up what a broker keeps of a topic (full name) below its data folder."""
    return sum(file.stat().st_blocks * 512 for folder in _folders(data, topic) for file in folder.iterdir())


def _folders(data: Path, topic: str) -> list[Path]:
    """Return the folder of each partition."""
    return [folder for folder in data.glob(f"{topic}-*") if folder.name.removeprefix(f"{topic}-").isdigit()]
