"""Two workers against one on the same events."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from bench.brokers import Broker
from bench.carriers.job import BenchError, Job
from bench.events import SourceEvent, read_events
from bench.found import Asked, Found, Measure, Table
from bench.report import spread
from bench.source import fill_topics, send_events
from bench.team import Team, team_of

COST_TARGET = 1.1
"""An event may cost two workers so many times what it costs one."""

SPEED_TARGET = 1.5
"""Two workers are to be so many times as fast, if the broker leaves room."""

SIZES = (1, 2)

_WARMING = 400
"""Events of one try to see every worker at work."""

_TRIES = 50
_JOIN_SECONDS = 120.0
_AFTERWARDS_SECONDS = 1.0
"""Once the last event is applied, its outputs and rows are still on their way to the broker."""

_COLUMNS = ("workers", "CPU us/event", "events/s", "share of the busiest", "machine busy")

_NOTE = (
    "Workers, broker and this machine's other work share its cores: where one worker leaves the machine busy for more "
    "than two thirds, two cannot be 1.5 times as fast. The share of the busiest is of the events that a worker scored."
)


def measure(asked: Asked) -> Found:
    """Let teams of one and of two take the same events, in turns.

    Raises
    ------
    BenchError
        If a worker ends, or something takes too long.
    """
    runs = []
    for number in range(1, asked.rounds + 1):
        for size in SIZES:
            with (
                asked.console.status(f"team: round {number} of {asked.rounds}: {size} at work"),
                asked.brokers.running() as broker,
            ):
                run = {"round": number, "workers": size, **_run(asked, broker, size)}
            runs.append(run)
            asked.console.print(
                f"round {number}: {size} at work {run['cpu_microseconds_per_event']:8,.1f} CPU us/event "
                f"{run['events_per_second']:8,.0f} events/s"
            )
    one, two = ([run for run in runs if run["workers"] == size] for size in SIZES)
    cost = spread(_ratios(one, two, "cpu_microseconds_per_event"))
    speed = spread(_ratios(one, two, "events_per_second"))
    return Found(
        {"runs": runs, "cost_ratio": cost, "speed_ratio": speed},
        [
            Measure("two workers / one, CPU per event", cost.median, COST_TARGET),
            Measure("two workers / one, throughput", speed.median, SPEED_TARGET, at_least=True),
        ],
        [Table(f"two workers against one: {asked.events:,} events", _COLUMNS, [_row(one), _row(two)])],
        [_NOTE],
    )


def _run(asked: Asked, broker: Broker, size: int) -> dict[str, Any]:
    """Let a team take all events once."""
    job = Job(
        str(asked.file),
        asked.events,
        bootstrap=broker.bootstrap,
        prefix=f"bench-{uuid.uuid4().hex[:8]}.",
        idempotence=broker.takes_idempotence,
    )
    events = list(read_events(asked.file))
    warming, counted = events[: len(events) // 5], events[len(events) // 5 :]
    asyncio.run(fill_topics(job.settings(), []))
    with team_of(size, job) as team:
        begun = _warm_up(team, job, warming)
        team.order("hold")
        time.sleep(_AFTERWARDS_SECONDS)
        asyncio.run(send_events(job.settings(), counted))
        return _watch(team, begun, len(counted))


def _warm_up(team: Team, job: Job, events: Sequence[SourceEvent]) -> int:
    """Send events bit by bit until every worker ingests and scores some of one bit; return how many were sent."""
    waiting, sent = iter(events), 0
    for _ in range(_TRIES):
        before = [member.last for member in team.members]
        portion = list(islice(waiting, _WARMING))
        if not portion:
            break
        asyncio.run(send_events(job.settings(), portion))
        sent += len(portion)
        team.wait(sent, _JOIN_SECONDS)
        now = [member.last for member in team.members]
        if all(m.taken_in > b.taken_in and m.applied > b.applied for m, b in zip(now, before, strict=True)):
            return sent
        time.sleep(1.0)
    raise BenchError("the workers did not share the partitions")


def _watch(team: Team, begun: int, count: int) -> dict[str, Any]:
    """Let the team go, and take the time until everything is applied, and the CPU time until it is written, too."""
    before, busy = [member.last for member in team.members], _Busy()
    began = time.monotonic()
    team.order("go")
    team.wait(begun + count, 120.0 + count / 50)
    busy_share = busy.share()
    done = [next(s for s in m.samples if s.applied == m.last.applied) for m in team.members]
    time.sleep(_AFTERWARDS_SECONDS)
    cpu = sum(member.last.cpu - first.cpu for member, first in zip(team.members, before, strict=True))
    shares = [member.last.applied - first.applied for member, first in zip(team.members, before, strict=True)]
    return {
        "cpu_microseconds_per_event": cpu / count * 1e6,
        "events_per_second": count / (max(sample.at for sample in done) - began),
        "busiest_share": max(shares) / count,
        "machine_busy_share": busy_share,
    }


class _Busy:
    """How busy all cores of the machine are, by whatever; zero where the system does not tell."""

    def __init__(self) -> None:
        self._busy, self._all = self._now()

    def share(self) -> float:
        """Return the share since this was made."""
        busy, everything = self._now()
        return (busy - self._busy) / max(1, everything - self._all)

    @staticmethod
    def _now() -> tuple[int, int]:
        """Return ticks at work and all ticks, of all cores together."""
        try:
            ticks = [int(part) for part in Path("/proc/stat").read_text(encoding="ascii").split("\n")[0].split()[1:9]]
        except OSError:
            return 0, 0
        return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def _ratios(one: list[dict[str, Any]], two: list[dict[str, Any]], name: str) -> list[float]:
    """Hold two workers against one, round by round."""
    return [float(many[name]) / float(few[name]) for few, many in zip(one, two, strict=True)]


def _row(runs: list[dict[str, Any]]) -> list[str]:
    """Write the runs of one size as a row."""
    return [
        str(runs[0]["workers"]),
        spread(run["cpu_microseconds_per_event"] for run in runs).text(),
        spread(run["events_per_second"] for run in runs).text(0),
        spread(run["busiest_share"] for run in runs).text(2),
        spread(run["machine_busy_share"] for run in runs).text(2),
    ]
