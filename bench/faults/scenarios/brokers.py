"""The broker itself: stopped, killed, frozen, or gone when a worker is asked to stop."""

from __future__ import annotations

import asyncio

from bench.faults.scenario import scenario
from bench.faults.stage import Stage
from streams.exits import ExitCode

_AWAY_SECONDS = 5.0


@scenario("broker-stopped", "broker SIGTERM, back after 5 s", needs=("kill",))
async def broker_stopped(stage: Stage) -> None:
    """Stop the broker in order."""
    await stage.fed(0.4)
    stage.note("broker stops")
    await stage.broker.stop()
    await _come_back(stage)


@scenario("broker-killed", "broker SIGKILL, back after 5 s", needs=("kill",), short_on=("kafka",))
async def broker_killed(stage: Stage) -> None:
    """Kill the broker."""
    await _lose(stage)
    await _come_back(stage)


@scenario("broker-killed-two", "broker SIGKILL with two workers, back after 5 s", needs=("kill",), cast="ab")
async def broker_killed_two(stage: Stage) -> None:
    """Kill the broker of a group."""
    await broker_killed(stage)


@scenario("broker-frozen-5", "broker SIGSTOP 5 s", needs=("freeze",))
async def broker_frozen_5(stage: Stage) -> None:
    """Freeze it for longer than a session."""
    await stage.fed(0.4)
    await stage.frozen_broker(5.0)


@scenario("broker-frozen-20", "broker SIGSTOP 20 s with two workers", needs=("freeze",), cast="ab")
async def broker_frozen_20(stage: Stage) -> None:
    """Freeze it for longer than a request may take."""
    await stage.fed(0.4)
    await stage.frozen_broker(20.0)


@scenario("broker-frozen-60", "broker SIGSTOP 60 s", needs=("freeze",))
async def broker_frozen_60(stage: Stage) -> None:
    """Freeze it for longer than anybody waits."""
    await stage.fed(0.4)
    await stage.frozen_broker(60.0)


@scenario(
    "batches-expire",
    "broker SIGSTOP 8 s, requests time out after 3 s, with a backlog",
    needs=("freeze",),
    settings={"request_timeout_seconds": 3.0},
    short_on=("kafka",),
)
async def batches_expire(stage: Stage) -> None:
    """Let batches of outputs and rows grow old at the producer."""
    await stage.fed(0.4)
    await stage.frozen_broker(8.0)


@scenario(
    "stop-broker-gone",
    "SIGTERM while the broker is gone",
    needs=("kill",),
    settings={"stop_deadline_seconds": 5.0},
    short_on=("kafka",),
)
async def stop_broker_gone(stage: Stage) -> None:
    """Ask a worker to stop that cannot hand over."""
    await _lose(stage)
    await asyncio.sleep(1.0)
    await _stop_within_deadline(stage)
    await _come_back(stage)
    _start(stage)


@scenario(
    "stop-broker-silent",
    "SIGTERM while the broker is silent",
    needs=("freeze",),
    settings={"stop_deadline_seconds": 5.0},
)
async def stop_broker_silent(stage: Stage) -> None:
    """Ask a worker to stop that waits for an answer."""
    await stage.fed(0.4)
    stage.broker.freeze()
    try:
        await asyncio.sleep(1.0)
        await _stop_within_deadline(stage)
    finally:
        stage.broker.thaw()
    _start(stage)


async def _lose(stage: Stage) -> None:
    """Kill the broker."""
    await stage.fed(0.4)
    stage.note("broker is killed")
    await stage.broker.kill()


async def _come_back(stage: Stage) -> None:
    """Start the broker again after a while."""
    await asyncio.sleep(_AWAY_SECONDS)
    await stage.broker.revive()
    stage.note("broker is back")


async def _stop_within_deadline(stage: Stage) -> None:
    """Ask the worker to stop; it must, within its deadline and with its code."""
    code = await stage.worker("a").stop()
    stage.expect(code == ExitCode.STOPPED, f"a worker without a broker stopped with {code}")


def _start(stage: Stage) -> None:
    stage.worker("a").start()
