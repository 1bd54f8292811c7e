"""Three brokers: leaders that die, and copies that fall out of step."""

from __future__ import annotations

import asyncio

from bench.faults.scenario import scenario
from bench.faults.stage import Stage


@scenario("three-nodes", "three brokers, nothing goes wrong", needs=("nodes",), cast="ab")
async def three_nodes(stage: Stage) -> None:
    """Do nothing."""


@scenario("leader-killed", "a broker that leads partitions SIGKILL, back after 8 s", needs=("nodes",), cast="ab")
async def leader_killed(stage: Stage) -> None:
    """Make leaders move, and move back."""
    await stage.fed(0.35)
    await _lose(stage, 2)
    await asyncio.sleep(8.0)
    await _regain(stage, 2)


@scenario("in-sync-lost", "two of three brokers SIGKILL for 15 s: every write is refused", needs=("nodes",), cast="ab")
async def in_sync_lost(stage: Stage) -> None:
    """Leave fewer copies in sync than a write needs."""
    await stage.fed(0.35)
    await _lose(stage, 2)
    await _lose(stage, 3)
    await asyncio.sleep(15.0)
    await _regain(stage, 2)
    await _regain(stage, 3)


@scenario("leader-and-worker-killed", "a broker and a worker SIGKILL at once", needs=("nodes",), cast="ab")
async def leader_and_worker_killed(stage: Stage) -> None:
    """Lose a leader and a member together."""
    await stage.fed(0.35)
    await asyncio.gather(_lose(stage, 3), stage.worker("a").kill())
    stage.worker("a").start()
    await asyncio.sleep(8.0)
    await _regain(stage, 3)


async def _lose(stage: Stage, number: int) -> None:
    """Kill a node."""
    stage.note(f"node {number} is killed")
    await stage.cluster.kill_node(number)


async def _regain(stage: Stage, number: int) -> None:
    """Start a node again."""
    await stage.cluster.revive_node(number)
    stage.note(f"node {number} is back")
