"""A soak: one fault after the other, by chance and by seed, for as long as events are fed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bench.faults.brokers import Ability
from bench.faults.scenario import Cast, scenario
from bench.faults.scenarios.network import cut
from bench.faults.scenarios.refusals import refuse
from bench.faults.stage import Stage
from streams.topics import CHANGELOG

_LONGEST_CALM_SECONDS = 12.0
_ALWAYS_WRITTEN = ("alerts", "risk", "examples", CHANGELOG, "journal")
"""Topics to which something is written every few seconds."""


async def _kill(stage: Stage) -> None:
    worker = stage.worker(stage.random.choice("ab"))
    await worker.kill()
    await asyncio.sleep(stage.random.uniform(0, 3))
    worker.start()


async def _stop(stage: Stage) -> None:
    worker = stage.worker(stage.random.choice("ab"))
    await worker.stop()
    worker.start()


async def _freeze(stage: Stage) -> None:
    worker = stage.worker(stage.random.choice("ab"))
    if worker.is_running:
        worker.freeze()
        await asyncio.sleep(stage.random.uniform(1, 9))
        worker.thaw()


async def _join(stage: Stage) -> None:
    worker = stage.workers.get("c") or stage.start("c")
    if not worker.is_running:
        worker.start()
    await asyncio.sleep(stage.random.uniform(3, 10))
    await (worker.stop() if stage.random.random() < 0.5 else worker.kill())


async def _freeze_broker(stage: Stage) -> None:
    await stage.frozen_broker(stage.random.uniform(1, 8))


async def _kill_broker(stage: Stage) -> None:
    stage.note("broker is killed")
    await stage.broker.kill()
    await asyncio.sleep(stage.random.uniform(0, 5))
    await stage.broker.revive()
    stage.note("broker is back")


async def _refuse(stage: Stage) -> None:
    await refuse(stage, stage.random.choice(_ALWAYS_WRITTEN), stage.random.uniform(0.5, 2))


async def _cut_or_swallow(stage: Stage) -> None:
    if stage.random.random() < 0.5:
        await cut(stage, stage.random.uniform(1, 15))
    else:
        await stage.swallowing(stage.random.choice(_ALWAYS_WRITTEN), stage.random.uniform(1, 8))


async def _lose_node(stage: Stage) -> None:
    number = stage.random.choice((2, 3))
    stage.note(f"node {number} is killed")
    await stage.cluster.kill_node(number)
    await asyncio.sleep(stage.random.uniform(1, 8))
    await stage.cluster.revive_node(number)
    stage.note(f"node {number} is back")


_ALWAYS = (_kill, _stop, _freeze, _join)
_IF_ABLE: dict[Ability, Callable[[Stage], Awaitable[None]]] = {
    "freeze": _freeze_broker,
    "kill": _kill_broker,
    "refuse": _refuse,
    "cut": _cut_or_swallow,
    "nodes": _lose_node,
}


_BEHIND = Cast(door="cuttable")


@scenario("soak", "random faults for as long as events are fed", cast={"a": _BEHIND, "b": _BEHIND}, in_all=False)
async def soak(stage: Stage) -> None:
    """Choose a fault, wait a while, choose the next."""
    faults = [*_ALWAYS, *(fault for ability, fault in _IF_ABLE.items() if ability in stage.broker.abilities)]
    while stage.feeder.share < 1.0:
        await asyncio.sleep(stage.random.uniform(1.0, _LONGEST_CALM_SECONDS))
        await stage.random.choice(faults)(stage)
