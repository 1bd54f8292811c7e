"""The play: two workers of a former version, replaced one by one while events flow, a step back, and what is left."""

from __future__ import annotations

import asyncio
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.faults.feeder import ATTRIBUTES
from bench.faults.tape import Tape
from bench.upgrade.insurer import feeding
from bench.upgrade.version import Version
from bench.upgrade.worker import ChangingWorker, UpgradeError
from streams.exits import ExitCode
from streams.settings import Settings, load_settings

PARTITIONS = 3
WORKERS = ("a", "b")
ROLES = "ingest,score,tick,deliver"
"""What each of them does: what both versions know."""
LEARN = "learn"
"""What a worker beside them does, or they too: a former scorer refuses the models of a later learner."""

_PARAMS = """# Snapshots often enough that models change hands in a short run.
[params.learning]
snapshot_examples = 150
"""
_SESSION_SECONDS = 90.0
"""Longer than a start takes, so that the partitions of a worker with a name wait for it."""
_PATIENCE_SECONDS = 180.0
_QUIET_SECONDS = 3.0
_REFUSED = "a later version of Foreshock has written it"


@dataclass(slots=True)
class Played:
    """What came of it."""

    settings: Settings
    """Of the workers, as this version understands them."""
    tape: Tape
    """Everything that is at the broker in the end."""
    alert_files: Sequence[Path]
    """Where alerts were delivered to."""
    step_back: str = ""
    """What a worker of the former version did after the new one had run: `refused` or `went on`."""
    notes: list[str] = field(default_factory=list)
    """What was done, and when."""


class Play:
    """One rolling upgrade.

    Parameters
    ----------
    former, today
        Versions to upgrade from and to.
    bootstrap
        Broker.
    folder
        For logs and files.
    takes_idempotence
        Whether the broker takes idempotent producers.
    phase_seconds
        How long events flow between two steps.
    rate
        Events per second, about.
    is_named
        Whether workers have names that outlive a restart (`FORESHOCK_INSTANCE_ID`).
    learns_apart
        Whether a worker of its own learns, which waits until all others are replaced, as docs/how-to/upgrade.md says.
    on_note
        Told of everything that happens.
    """

    def __init__(
        self,
        former: Version,
        today: Version,
        bootstrap: str,
        folder: Path,
        *,
        takes_idempotence: bool,
        phase_seconds: float,
        rate: float,
        is_named: bool,
        learns_apart: bool,
        on_note: Callable[[str], None],
    ) -> None:
        self.former = former
        self.today = today
        self._folder = folder
        self._phase_seconds = phase_seconds
        self._rate = rate
        self._on_note = on_note
        self._began = time.monotonic()
        self._variables = _variables(bootstrap, folder)
        if not takes_idempotence:
            self._variables["FORESHOCK_PRODUCER_IDEMPOTENCE"] = "false"
        roles = ROLES if learns_apart else f"{ROLES},{LEARN}"
        self._workers = [self._worker(name, roles, is_named) for name in WORKERS]
        self._learners = [self._worker("learner", LEARN, is_named)] if learns_apart else []
        files = [worker.alerts_file for worker in self._workers]
        settings = _settings(self._variables)
        self.played = Played(settings, Tape(settings), files)

    async def run(self) -> Played:
        """Play it.

        Raises
        ------
        UpgradeError
            If a worker, a command or the insurer fails, or something never goes through.
        """
        tape = self.played.tape
        try:
            await self._tell(self.former, "topics", "create")
            await self._start(self._workers + self._learners, self.former)
            with feeding(self.former, self._variables, self._rate, self._folder / "insurer.log"):
                await self._flow(f"both run {self.former.name}")
                await self._tell(self.today, "topics", "create")
                await self._tell(self.today, "check")
                await self._stop(self._learners)
                await self._replace(self._workers[0])
                await self._flow(f"{self.former.name} and {self.today.name} side by side")
                await self._replace(self._workers[1])
                await self._start(self._learners, self.today)
                await self._flow(f"both run {self.today.name}")
                await self._stop(self._learners)
                await self._step_back(self._workers[1])
                await self._start(self._learners, self.today)
            await tape.start()
            await self._gone_through()
            await self._stop(self._workers + self._learners)
            await tape.read_to_the_end()
        finally:
            for worker in self._workers + self._learners:
                worker.kill()
            await tape.stop()
        return self.played

    async def _start(self, workers: Sequence[ChangingWorker], version: Version) -> None:
        """Start workers, all at once."""
        for worker in workers:
            worker.start(version)
        for worker in workers:
            await worker.ready()

    async def _stop(self, workers: Sequence[ChangingWorker]) -> None:
        """Stop workers, all at once."""
        await asyncio.gather(*(worker.stop() for worker in workers))

    async def _replace(self, worker: ChangingWorker) -> None:
        """Stop a worker, and start it in today's version."""
        await worker.stop()
        worker.start(self.today)
        await worker.ready()

    async def _step_back(self, worker: ChangingWorker) -> None:
        """Start a worker in the former version once more; it does its work, or it refuses and is started in today's."""
        await worker.stop()
        worker.start(self.former)
        if not await worker.is_refused(_REFUSED, self._phase_seconds):
            self.played.step_back = "went on"
            return await self._replace(worker)
        self.played.step_back = "refused"
        self._note(f"{worker.name} refuses to run {self.former.name} again, with code {ExitCode.CONFIGURATION}")
        worker.start(self.today)
        await worker.ready()
        await self._flow(f"both run {self.today.name} again")

    async def _flow(self, what: str) -> None:
        """Let events flow, and see that everybody works."""
        self._note(what)
        ends_at = time.monotonic() + self._phase_seconds
        while time.monotonic() < ends_at:
            for worker in self._workers:
                worker.check()
            await asyncio.sleep(0.2)

    async def _gone_through(self) -> None:
        """Wait until every event is in the states and every alert delivered."""
        tape, reached = self.played.tape, (-1, -1, -1)
        moved_at = time.monotonic()
        while True:
            await tape.read_on()
            for worker in self._workers:
                worker.check()
            now, progress = time.monotonic(), tape.progress()
            if progress != reached:
                reached, moved_at = progress, now
            if now > tape.heard_at + _QUIET_SECONDS and self._is_through() and not await tape.is_behind():
                return self._note("everything has gone through")
            if now > moved_at + _PATIENCE_SECONDS:
                missing = len(tape.unaccounted())
                raise UpgradeError(f"nothing moves any more, and something is missing: {missing} events not journalled")

    def _is_through(self) -> bool:
        """Whether nothing of what was read is on its way."""
        tape = self.played.tape
        is_scored = all(tape.through.get(number, -1) >= end for number, end in tape.journal_ends.items())
        return is_scored and not tape.unaccounted() and not tape.undelivered(self.played.alert_files)

    async def _tell(self, version: Version, *arguments: str) -> None:
        """Run a command of a version."""
        done = await asyncio.to_thread(
            subprocess.run,
            version.command(*arguments),
            cwd=version.checkout,
            env=version.environment(**self._variables),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise UpgradeError(f"foreshock {' '.join(arguments)} of {version.name} failed:\n{done.stdout}{done.stderr}")
        self._note(f"foreshock {' '.join(arguments)} of {version.name}")

    def _worker(self, name: str, roles: str, is_named: bool) -> ChangingWorker:
        own = {"FORESHOCK_INSTANCE_ID": name} if is_named else {}
        return ChangingWorker(name, roles, self._variables | own, self._folder, self._note)

    def _note(self, text: str) -> None:
        """Remember what happens now."""
        note = f"{time.monotonic() - self._began:6.1f} s  {text}"
        self.played.notes.append(note)
        self._on_note(note)


def _variables(bootstrap: str, folder: Path) -> dict[str, str]:
    """Return what every worker is told, in words that every version knows."""
    params = folder / "params.toml"
    params.write_text(_PARAMS, encoding="utf-8")
    return {
        "FORESHOCK_BOOTSTRAP_SERVERS": bootstrap,
        "FORESHOCK_TOPIC_PREFIX": f"upgrade-{uuid.uuid4().hex[:8]}.",
        "FORESHOCK_PARTITIONS": str(PARTITIONS),
        "FORESHOCK_CLOCK": "event",
        "FORESHOCK_ATTRIBUTES": ATTRIBUTES,
        "FORESHOCK_PARAMS_FILE": str(params),
        "FORESHOCK_SESSION_TIMEOUT_SECONDS": f"{_SESSION_SECONDS:g}",
        "FORESHOCK_HEARTBEAT_SECONDS": "1",
        "FORESHOCK_COMMIT_INTERVAL_SECONDS": "0.5",
        "FORESHOCK_SINKS": "jsonl",
        "FORESHOCK_LOG_LEVEL": "info",
    }


def _settings(variables: Mapping[str, str]) -> Settings:
    """Read variables as this version does."""
    given: dict[str, Any] = {name.removeprefix("FORESHOCK_").lower(): value for name, value in variables.items()}
    return load_settings(**given)
