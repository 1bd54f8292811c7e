"""Who had the machine's cores while something was measured."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Shares:
    """How the time of all cores was shared out, each in 0 to 1; zeros where the system does not tell."""

    idle: float
    """Nobody had anything to do."""

    elsewhere: float
    """Taken by processes that were not named: who measures beside them measures them too."""


class CoreWatch:
    """Measures from its making on.

    Parameters
    ----------
    pids
        Processes that belong to the measurement, beside this one.
    """

    def __init__(self, pids: Sequence[int]) -> None:
        self._pids = (os.getpid(), *pids)
        self._began = time.monotonic()
        self._idle = _idle_seconds()
        self._ours = self._our_seconds()

    def shares(self) -> Shares:
        """Say how the time since the beginning was shared out."""
        whole = (time.monotonic() - self._began) * (os.cpu_count() or 1)
        idle = (_idle_seconds() - self._idle) / whole
        ours = (self._our_seconds() - self._ours) / whole
        # The system counts in hundredths of a second, so what is left may be a little below nothing.
        return Shares(idle, max(0.0, 1.0 - idle - ours))

    def _our_seconds(self) -> float:
        """Add up the CPU time of the processes that belong here."""
        return sum(cpu_seconds(pid) for pid in self._pids)


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process so far, or 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _idle_seconds() -> float:
    """Return the time that this machine's cores had nothing to do, or 0 where the system does not tell."""
    try:
        fields = Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0].split()
    except OSError:
        return 0.0
    return int(fields[4]) / os.sysconf("SC_CLK_TCK")
