"""Each role in a process of its own, and one of them killed again and again."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from bench.faults.feeder import Parcel, recent
from bench.faults.scenario import Cast, scenario
from bench.faults.stage import Stage

_ROLES = {role: Cast(roles=role) for role in ("ingest", "score", "learn", "deliver")}


@scenario("ingest-killed", "the process that ingests SIGKILL three times", cast=_ROLES)
async def ingest_killed(stage: Stage) -> None:
    """Kill between journal and source offset."""
    await _kill(stage, "ingest")


@scenario("score-killed", "the process that scores SIGKILL three times", cast=_ROLES)
async def score_killed(stage: Stage) -> None:
    """Kill between outputs, rows and journal offset."""
    await _kill(stage, "score")


@scenario("learn-killed", "the process that learns SIGKILL three times", cast=_ROLES)
async def learn_killed(stage: Stage) -> None:
    """Kill between snapshot and notices."""
    await _kill(stage, "learn")


@scenario("deliver-killed", "the process that delivers SIGKILL three times", cast=_ROLES)
async def deliver_killed(stage: Stage) -> None:
    """Kill between sink and offset."""
    await _kill(stage, "deliver")


def _of_late(parcels: Sequence[Parcel], random: Random) -> list[Parcel]:
    """Let events be of the last weeks, as with the wall clock."""
    return recent(len(parcels), random)


@scenario(
    "tick-killed",
    "the process that writes ticks of the wall clock SIGKILL three times",
    cast={**_ROLES, "tick": Cast(roles="tick")},
    settings={"clock": "wall", "tick_seconds": 1.0},
    spoil=_of_late,
)
async def tick_killed(stage: Stage) -> None:
    """Kill the clock."""
    await _kill(stage, "tick")
    await stage.fed(1.0)
    # Ticks would go on for ever, and the end be never reached.
    await stage.worker("tick").stop()


async def _kill(stage: Stage, role: str) -> None:
    """Kill and start a process three times."""
    for share in (0.25, 0.5, 0.75):
        await stage.fed(share)
        await stage.worker(role).kill()
        await stage.restart(role)
