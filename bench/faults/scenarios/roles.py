"""Each role in a process of its own, and one of them killed again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

from bench.faults.feeder import Parcel, recent
from bench.faults.scenario import Cast, scenario
from bench.faults.stage import Stage

_TAKEN_UP = "groups_taken_up"
"""What a worker logs each time it goes on from the rows of groups."""
_ROLES = {role: Cast(roles=role) for role in ("ingest", "score", "learn", "group", "deliver")}


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


@scenario("group-killed", "the process that counts for aggregates SIGKILL three times", cast=_ROLES)
async def group_killed(stage: Stage) -> None:
    """Kill between alerts about many, rows of groups, and the row that says how far."""
    await _kill(stage, "group")


@scenario(
    "group-frozen",
    "one of two processes that count for aggregates frozen past its session, then wakes",
    cast={**_ROLES, "other": Cast(roles="group")},
)
async def group_frozen(stage: Stage) -> None:
    """Let a reader wake that has lost its only partition to another, and write rows behind the other's."""
    await stage.fed(0.25)
    counting = await _who_counts(stage)
    other = stage.worker("other" if counting == "group" else "group")
    before = other.log.count(_TAKEN_UP)
    stage.worker(counting).freeze()
    stage.expect(await other.has_said(_TAKEN_UP, before + 1), "nobody took the observations over")
    await asyncio.sleep(2.0)
    stage.worker(counting).thaw()
    await stage.fed(0.75)
    # The rows of groups that are read back now have a zombie's among them.
    await other.kill()
    other.start()


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


async def _who_counts(stage: Stage) -> str:
    """Name the process that has taken up the rows of groups last."""
    counters = {name: stage.worker(name) for name in ("group", "other")}
    await stage.comes(lambda: any(_TAKEN_UP in worker.log for worker in counters.values()))
    return max(counters, key=lambda name: counters[name].log.count(_TAKEN_UP))


async def _kill(stage: Stage, role: str) -> None:
    """Kill and start a process three times."""
    for share in (0.25, 0.5, 0.75):
        await stage.fed(share)
        await stage.worker(role).kill()
        await stage.restart(role)
