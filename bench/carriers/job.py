"""What a carrier is told, and what it says: one process per run, a job in, figures out."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from bench.events import ATTRIBUTES
from bench.report import CHECKOUT
from streams.settings import Settings, load_settings


class BenchError(RuntimeError):
    """A carrier failed, or did not do its work."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run of one carrier."""

    events_file: str
    """Events as `bench.events.write_events` wrote them."""

    count: int
    """How many they are."""

    bootstrap: str = ""
    """Broker; empty for a carrier that needs none."""

    prefix: str = "bench."
    """What stands before the names of this run's topics."""

    idempotence: bool = False
    """Whether the broker takes idempotent producers."""

    profile: str = ""
    """File for a profile; empty for none."""

    folder: str = ""
    """An empty folder for what a carrier keeps on disk."""

    def settings(self, **changes: Any) -> Settings:
        """Return the settings of this run: every carrier has the same sessions, partitions and intake."""
        return load_settings(
            bootstrap_servers=self.bootstrap or None,
            topic_prefix=self.prefix,
            partitions=4,
            producer_idempotence=self.idempotence,
            session_timeout_seconds=6.0,
            heartbeat_seconds=1.0,
            attributes=ATTRIBUTES,
            params_file=CHECKOUT / "bench" / "params.toml",
            clock="event",
            # Ticks flow, and no timer is due by them: it fires with its customer's next event, whoever carries.
            allowed_lateness_seconds=40 * 365 * 86_400.0,
            web_port=0,
            log_level="warning",
            **changes,
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run of a carrier measured."""

    events: int
    """Events that went through the core and changed a state."""

    wall_seconds: float
    """From the first event to the last one's outputs being out of hand (at the broker, where there is one)."""

    cpu_seconds: float
    """User and system time of the whole process over the same span, as the operating system counts it."""

    facts: dict[str, Any]
    """What else the carrier knows."""

    @property
    def events_per_second(self) -> float:
        """Throughput."""
        return self.events / self.wall_seconds

    @property
    def microseconds_per_event(self) -> float:
        """CPU time per event."""
        return self.cpu_seconds / self.events * 1e6


class Stopwatch:
    """Measures the time on the clock and the CPU time of this process."""

    def __init__(self) -> None:
        self._wall = self._cpu = 0.0

    def start(self) -> None:
        """Begin."""
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def stop(self, events: int, **facts: Any) -> Figures:
        """Return what passed since `start`."""
        return Figures(events, time.perf_counter() - self._wall, time.process_time() - self._cpu, facts)


def job_of(arguments: list[str]) -> Job:
    """Read the job from the arguments of a carrier's process."""
    return Job(**orjson.loads(arguments[1]))


def report(figures: Figures) -> None:
    """Tell the figures to whoever started this process; the last line counts."""
    sys.stdout.buffer.write(orjson.dumps(asdict(figures)) + b"\n")
    sys.stdout.flush()


def clean_environment() -> dict[str, str]:
    """Return the environment without what would change what is measured, with this checkout to import from."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FORESHOCK_")}
    return kept | {"PYTHONPATH": str(CHECKOUT)}


def run_carrier(module: str, job: Job, timeout_seconds: float, python: Path | None = None) -> Figures:
    """Run a carrier in a process of its own.

    Parameters
    ----------
    module
        Name under `bench.carriers`.
    job
        What to do.
    timeout_seconds
        After how long it has failed.
    python
        Interpreter of another environment; without it, this process's own.

    Raises
    ------
    BenchError
        If it ends badly, says nothing or takes too long.
    """
    command = [str(python or sys.executable), "-m", f"bench.carriers.{module}", orjson.dumps(asdict(job)).decode()]
    try:
        done = subprocess.run(
            command, cwd=CHECKOUT, env=clean_environment(), capture_output=True, timeout=timeout_seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        said = (error.stderr or b"").decode(errors="replace")[-3000:]
        raise BenchError(f"{module} was not done after {timeout_seconds:g} s. It said:\n{said}") from None
    if done.returncode != 0 or not done.stdout.strip():
        said = done.stderr.decode(errors="replace")[-3000:]
        raise BenchError(f"{module} ended with code {done.returncode}. It said:\n{said}")
    return Figures(**orjson.loads(done.stdout.strip().splitlines()[-1]))
