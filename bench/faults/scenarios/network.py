"""The way to the broker: cut without a reset, so that connections stay open and nothing arrives; or encrypted."""

from __future__ import annotations

import asyncio

from bench.faults.scenario import Cast, scenario
from bench.faults.scenarios.workers import killed
from bench.faults.stage import Stage
from bench.faults.workers import RECOVERED

_BEHIND = Cast(door="cuttable")


@scenario("cut-2", "network cut for 2 s, less than a session", needs=("cut",), cast={"a": _BEHIND})
async def cut_2(stage: Stage) -> None:
    """Lose packets for a moment."""
    await _cut(stage, 2.0)


@scenario("cut-20", "network cut for 20 s", needs=("cut",), cast={"a": _BEHIND})
async def cut_20(stage: Stage) -> None:
    """Lose packets for longer than a request may take."""
    await _cut(stage, 20.0)


@scenario(
    "cut-one-of-two",
    "network of one of two workers cut for 15 s",
    needs=("cut", "doors"),
    cast={"a": _BEHIND, "b": Cast()},
)
async def cut_one_of_two(stage: Stage) -> None:
    """Make a zombie that runs: it goes on with what it has, and learns late that others own it."""
    before = stage.worker("b").recoveries()
    await _cut(stage, 15.0)
    stage.expect(stage.worker("b").recoveries() > before, "nobody took the partitions over")
    await stage.worker("b").has_said(RECOVERED, before + 1)


@scenario("secure", "connections with TLS; SIGKILL twice", needs=("secure",), cast={"a": Cast(door="secure")})
async def secure(stage: Stage) -> None:
    """Do over TLS what is done without."""
    await killed(stage)


async def _cut(stage: Stage, seconds: float) -> None:
    """Cut the network for so long, once a good part is fed."""
    await stage.fed(0.4)
    await cut(stage, seconds)


async def cut(stage: Stage, seconds: float) -> None:
    """Cut the network for so long."""
    network = stage.network
    network.cut()
    stage.note("network is cut")
    try:
        await asyncio.sleep(seconds)
    finally:
        network.mend()
        stage.note("network is mended")
