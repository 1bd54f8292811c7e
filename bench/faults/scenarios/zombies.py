"""Workers that do not know that they have been given up: frozen past their session, or blocked past a rebalance."""

from __future__ import annotations

import asyncio

from bench.faults.scenario import Cast, scenario
from bench.faults.stage import Stage
from bench.faults.workers import RECOVERED

_PATIENT = {"rebalance_timeout_seconds": 4.0}
"""So a worker that is blocked for twice that long is put out while others join."""


@scenario("zombie", "one of two workers frozen past its session, then wakes", cast="ab")
async def zombie(stage: Stage) -> None:
    """Let a worker wake among partitions that are no longer its own."""
    await _sleep_past_session(stage)


@scenario("zombie-then-kill", "a zombie wakes, then the new owner SIGKILL", cast="ab", short_on=("embedded", "kafka"))
async def zombie_then_kill(stage: Stage) -> None:
    """Make the zombie's rows those that are read back."""
    await _sleep_past_session(stage)
    await asyncio.sleep(2.0)
    await stage.worker("b").kill()


@scenario(
    "zombie-with-backlog",
    "a slow worker frozen with a backlog wakes, then the new owner SIGKILL",
    cast={"a": Cast(fault="slow:0.001"), "b": Cast()},
)
async def zombie_with_backlog(stage: Stage) -> None:
    """Give the zombie plenty to write that is out of date."""
    await zombie_then_kill(stage)


@scenario("blocked", "a record blocks the event loop for 15 s", cast={"a": Cast(fault="block:15")})
async def blocked(stage: Stage) -> None:
    """Let the loop stand still while the heartbeat goes on."""
    await stage.worker("a").is_harmed()


@scenario(
    "blocked-while-joining",
    "a record blocks the loop past the rebalance timeout, another joins",
    cast={"a": Cast(fault="block:9"), "b": Cast()},
    settings=_PATIENT,
    short_on=("kafka",),
)
async def blocked_while_joining(stage: Stage) -> None:
    """Have the group give up a worker whose loop stands still."""
    await stage.worker("a").is_harmed()
    await asyncio.sleep(0.5)
    stage.start("c")


async def _sleep_past_session(stage: Stage) -> None:
    """Freeze a worker until the other one has recovered its partitions, and a little longer."""
    await stage.fed(0.25)
    other = stage.worker("b")
    before = other.recoveries()
    stage.worker("a").freeze()
    taken_over = await other.has_said(RECOVERED, before + 1)
    stage.expect(taken_over, "nobody took the frozen worker's partitions over")
    await asyncio.sleep(2.0)
    stage.worker("a").thaw()
