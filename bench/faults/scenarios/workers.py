"""Workers that are stopped, killed, joined and left."""

from __future__ import annotations

import asyncio

from bench.faults.scenario import Cast, scenario
from bench.faults.stage import Stage
from streams.exits import ExitCode


@scenario("quiet", "nothing goes wrong")
async def quiet(stage: Stage) -> None:
    """Do nothing."""


@scenario("stopped", "worker SIGTERM twice, started again")
async def stopped(stage: Stage) -> None:
    """Stop the only worker in order."""
    for share in (0.3, 0.65):
        await stage.fed(share)
        await stage.worker("a").stop()
        await stage.restart("a")


@scenario(
    "stopped-with-backlog",
    "a slow worker with a backlog SIGTERM, started again",
    cast={"a": Cast(fault="slow:0.004")},
)
async def stopped_with_backlog(stage: Stage) -> None:
    """Stop a worker that has much more waiting than it can finish."""
    await stage.fed(0.6)
    await asyncio.sleep(1.0)
    code = await stage.worker("a").stop()
    stage.expect(code == ExitCode.STOPPED, f"a worker with a backlog stopped with {code}")
    await stage.restart("a")


@scenario("killed", "worker SIGKILL twice, started again", short_on=("embedded",))
async def killed(stage: Stage) -> None:
    """Kill the only worker."""
    for share in (0.3, 0.65):
        await stage.fed(share)
        await stage.worker("a").kill()
        await stage.restart("a")


@scenario("joins-and-leaves", "a second worker joins, then SIGTERM", short_on=("kafka",))
async def joins_and_leaves(stage: Stage) -> None:
    """Rebalance twice, in order."""
    await _join(stage)
    await stage.worker("b").stop()


@scenario("joins-and-dies", "a second worker joins, then SIGKILL")
async def joins_and_dies(stage: Stage) -> None:
    """Rebalance in order, then without."""
    await _join(stage)
    await stage.worker("b").kill()


@scenario("comes-and-goes", "two workers, one of them SIGTERM, SIGKILL, SIGTERM, SIGKILL", cast="ab")
async def comes_and_goes(stage: Stage) -> None:
    """Rebalance all the time."""
    second = stage.worker("b")
    for number, share in enumerate((0.2, 0.4, 0.6, 0.8)):
        await stage.fed(share)
        await (second.kill() if number % 2 else second.stop())
        await stage.restart("b")


@scenario("one-of-three-killed", "three workers, one SIGKILL", cast="abc")
async def one_of_three_killed(stage: Stage) -> None:
    """Leave two with the work of three."""
    await stage.fed(0.4)
    await stage.worker("b").kill()


@scenario("rolling-restart", "two workers, one after the other SIGTERM and started again", cast="ab")
async def rolling_restart(stage: Stage) -> None:
    """Do what every new version does."""
    for name, share in (("a", 0.3), ("b", 0.6)):
        await stage.fed(share)
        await stage.worker(name).stop()
        await stage.restart(name)


@scenario("killed-static", "worker with static membership SIGKILL twice", settings={"instance_id": "pod-0"})
async def killed_static(stage: Stage) -> None:
    """Kill a worker that takes up its own partitions again."""
    await killed(stage)


async def _join(stage: Stage) -> None:
    """Let a second worker join and have its part."""
    await stage.fed(0.2)
    second = stage.start("b")
    await second.works()
    await asyncio.sleep(1.0)
    await stage.fed(0.6)
