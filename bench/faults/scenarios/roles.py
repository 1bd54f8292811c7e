"""Each role in a process of its own, and one of them killed again and again."""

from __future__ import annotations

from bench.faults.scenario import Cast, scenario
from bench.faults.stage import Stage

_ROLES = {role: Cast(roles=role) for role in ("ingest", "score", "learn", "deliver")}


@scenario("ingest-killed", "the process that ingests SIGKILL three times", cast=_ROLES)
async def ingest_killed(stage: Stage) -> None:
    """Kill between journal and source offset."""
    await _kill(stage, "ingest")


@scenario("learn-killed", "the process that learns SIGKILL three times", cast=_ROLES)
async def learn_killed(stage: Stage) -> None:
    """Kill between snapshot and notices."""
    await _kill(stage, "learn")


@scenario("deliver-killed", "the process that delivers SIGKILL three times", cast=_ROLES)
async def deliver_killed(stage: Stage) -> None:
    """Kill between sink and offset."""
    await _kill(stage, "deliver")


async def _kill(stage: Stage, role: str) -> None:
    """Kill and start a process three times."""
    for share in (0.25, 0.5, 0.75):
        await stage.fed(share)
        await stage.worker(role).kill()
        await stage.restart(role)
