"""A worker process of which one part stands still: `python -m tests.support.stalling_worker`.

Settings come from the environment; `STALL` names the part. It stands still only while the file `STALL_MARK` exists.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

import streams.agents.ingest
import streams.agents.tick
import streams.lanes
from schemas.alerts import Alert
from schemas.errors import SinkUnavailableError
from sinks.memory import MemorySink
from sinks.prometheus import Metrics
from streams.core import Core
from streams.guards.changelog_load import LoadedChangelog
from streams.guards.fetching import _BriefThread
from streams.settings import load_settings
from streams.wiring import Parts, intake_of
from streams.worker import run_worker
from tests.support.counting import counting_core


def is_on(part: str) -> bool:
    """Tell whether this part stands still now."""
    return os.environ.get("STALL") == part and Path(os.environ["STALL_MARK"]).exists()


class StallingSink(MemorySink):
    """A sink that never answers, always says that it is away, or cannot be opened."""

    async def open(self) -> None:
        """Look at nothing, or find nobody."""
        if is_on("sink closed"):
            raise SinkUnavailableError("away for the test", timedelta(0))

    async def deliver(self, alert: Alert) -> None:
        """Hang, refuse, or take the alert."""
        while is_on("sink hangs"):  # noqa: ASYNC110 - another process says when
            await asyncio.sleep(0.05)
        if is_on("sink away"):
            raise SinkUnavailableError("away for the test", timedelta(0))
        await super().deliver(alert)


def stalling(core: Core[Any, Any]) -> Core[Any, Any]:
    """Let the core hold the event loop."""

    def step(engine: Any, states: Any, message: Any, position: Any) -> Any:
        while is_on("loop"):
            time.sleep(0.05)
        return core.step(engine, states, message, position)

    return dataclasses.replace(core, step=step)


def hold(owner: Any, name: str, part: str) -> None:
    """Let a coroutine function wait before it does its work, while its part stands still."""
    original = getattr(owner, name)

    async def held(*arguments: Any, **options: Any) -> Any:
        while is_on(part):  # noqa: ASYNC110 - another process says when
            await asyncio.sleep(0.05)
        return await original(*arguments, **options)

    setattr(owner, name, held)


def main() -> int:
    """Run the worker and return its exit code."""
    settings = load_settings()
    registry = CollectorRegistry()
    hold(streams.lanes, "send_records", "writer")
    hold(streams.lanes.Lanes, "carry", "agent")
    hold(_BriefThread, "_fetch_records", "consumer")
    hold(LoadedChangelog, "_still_below", "recovery")
    hold(streams.agents.tick, "send_records", "tick")
    hold(streams.agents.ingest, "_send", "ingest")
    parts = Parts(
        core=stalling(counting_core()),
        new_learner=lambda _: None,  # type: ignore[arg-type,return-value]  # the role is never played
        new_grouper=lambda: None,  # type: ignore[arg-type,return-value]  # nor is this
        intake=intake_of(settings),
        sinks=(StallingSink(),),
        metrics=Metrics(registry),
        registry=registry,
    )
    return run_worker(settings, parts)


if __name__ == "__main__":
    sys.exit(main())
