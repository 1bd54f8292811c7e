"""Supervised workers: real processes that are started again as systemd would, unless a scenario says otherwise."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from pathlib import Path

from streams.exits import RESTARTABLE, ExitCode
from streams.settings import Settings
from tests.support.worker_process import WorkerProcess

RECOVERED = "state_recovered"
"""What a worker logs each time it has read its state back."""
ALL_ROLES = "ingest,score,learn,group,deliver"
"""Everything but the wall clock's ticks: the time of the matrix comes from its events."""

_RESTART_AFTER_SECONDS = 0.5
_OVERDUE_SECONDS = 15.0
"""How long after its own deadline a worker that was asked to stop counts as hung: the machine may be busy."""


class SupervisedWorker:
    """One worker process and its supervisor.

    Parameters
    ----------
    name
        Its name in the scenario, such as `a`.
    settings
        What it is started with.
    folder
        For its log, its sink's file and its mark.
    roles
        What it does.
    fault
        What goes wrong inside it, as `bench.faults.faulted_worker` names it; empty for the plain product.
    note
        Told of everything that happens.
    """

    def __init__(
        self, name: str, settings: Settings, folder: Path, roles: str, fault: str, note: Callable[[str], None]
    ) -> None:
        self.name = name
        self.exits: list[int] = []
        """Codes with which it ended without being told to."""
        self.hung = False
        """Whether it did not stop when asked to."""
        self.alerts_file = folder / f"alerts-{name}.jsonl"
        self.disk = folder / f"state-{name}"
        """Where it keeps rows, if it keeps them on a disk."""
        self._deadline = settings.stop_deadline_seconds + _OVERDUE_SECONDS
        self._mark = folder / f"mark-{name}"
        self._note = note
        self._wanted = False
        self._ready = RECOVERED if "score" in roles else "worker_started"
        self._starts_before = 0
        self._process = WorkerProcess(
            settings.model_copy(
                update={"jsonl_path": self.alerts_file, "sinks": ("jsonl",), "store_directory": self.disk}
            ),
            folder / f"{name}.log",
            module="bench.faults.faulted_worker" if fault else "foreshock",
            roles=roles,
            arguments=() if fault else ("worker",),
            FAULT=fault,
            FAULT_MARK=str(self._mark),
        )

    @property
    def died(self) -> bool:
        """Whether it ended in a way that no start cures."""
        return any(code >= 0 and code not in RESTARTABLE for code in self.exits)

    @property
    def log(self) -> str:
        """Everything it has said."""
        return self._process.said()

    def start(self) -> None:
        """Start it, and keep it running from here on."""
        self._note(f"{self.name} starts")
        self._starts_before = self.log.count(self._ready)
        self._process.start()
        self._wanted = True

    async def kill(self) -> None:
        """End it without a word; it stays down until it is started."""
        self._wanted = False
        self._note(f"{self.name} is killed")
        if self._process.exit_code is None:
            await asyncio.to_thread(self._process.kill)

    async def stop(self) -> int | None:
        """Ask it to stop and wait; return its code, or `None` if it has to be killed in the end."""
        if not self.is_running:
            self._wanted = False
            return self._process.exit_code
        self._wanted = False
        asked_at = time.monotonic()
        self._process.signal(signal.SIGTERM)
        while self._process.exit_code is None and time.monotonic() < asked_at + self._deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        code = self._process.exit_code
        self._note(f"{self.name} stops with {code} after {time.monotonic() - asked_at:.1f} s")
        if code is None:
            self.hung = True
            await self.kill()
        elif code not in (ExitCode.STOPPED, -signal.SIGTERM):  # the latter before it could hear a signal
            self.exits.append(code)
        return code

    def freeze(self) -> None:
        """Stop it in its tracks; it does not know."""
        self._note(f"{self.name} freezes")
        self._process.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._note(f"{self.name} thaws")
        self._process.signal(signal.SIGCONT)

    @property
    def is_running(self) -> bool:
        """Whether there is a process; it may be frozen."""
        return self._process.exit_code is None and self._wanted

    async def has_said(self, text: str, times: int = 1, timeout_seconds: float = 60.0) -> bool:
        """Wait until it has logged something so often; tell whether it did in time."""
        deadline = time.monotonic() + timeout_seconds
        while self.log.count(text) < times:
            if time.monotonic() > deadline or self.died:
                return False
            await asyncio.sleep(0.1)
        return True

    async def works(self) -> None:
        """Wait until it does its work, after a start."""
        await self.has_said(self._ready, self._starts_before + 1)

    async def is_harmed(self) -> None:
        """Wait until what is to go wrong inside it has begun to."""
        while not self._mark.exists():  # noqa: ASYNC110 - a file says nothing
            await asyncio.sleep(0.05)

    def recoveries(self) -> int:
        """How often it has read its state back."""
        return self.log.count(RECOVERED)

    async def supervise(self) -> None:
        """Start it again whenever it ends by itself, for a reason that this cures."""
        while True:
            await asyncio.sleep(0.1)
            code = self._process.exit_code
            if not self._wanted or code is None:
                continue
            self.exits.append(code)
            self._note(f"{self.name} ended with {code}")
            if code in RESTARTABLE or code < 0:
                await asyncio.sleep(_RESTART_AFTER_SECONDS)
                if self._wanted:
                    self.start()
            else:
                self._wanted = False
