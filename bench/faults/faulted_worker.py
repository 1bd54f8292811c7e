"""The product's worker with something that goes wrong inside it: `python -m bench.faults.faulted_worker`.

Settings come from the environment, as always. `FAULT` names what goes wrong, `FAULT_MARK` a file that remembers that
it did, so that it goes wrong once.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from schemas.alerts import Alert
from schemas.types import Position
from sinks.base import Sink
from streams.core import Core
from streams.settings import load_settings
from streams.wiring import Parts, wire
from streams.worker import run_worker


def main() -> int:
    """Run the worker and return its exit code."""
    settings = load_settings()
    kind, _, amount = os.environ["FAULT"].partition(":")
    return run_worker(settings, FAULTS[kind](wire(settings), float(amount or 0)))


def failing(parts: Parts, after: float) -> Parts:
    """Fail to write a row, once, after so many messages: the handler raises."""
    seen = _Counter()

    def encode_row(state: Any) -> bytes:
        if seen.count > after and _is_first():
            raise RuntimeError("the row cannot be written")
        return parts.core.encode_row(state)

    return dataclasses.replace(parts, core=dataclasses.replace(seen.counting(parts.core), encode_row=encode_row))


def blocking(parts: Parts, seconds: float) -> Parts:
    """Block the event loop for so long, once, after the first hundred messages."""
    seen = _Counter()

    def own_rows(engine: Any) -> dict[bytes, bytes]:
        if seen.count > 100 and _is_first():
            time.sleep(seconds)
        return parts.core.own_rows(engine)

    return dataclasses.replace(parts, core=dataclasses.replace(seen.counting(parts.core), own_rows=own_rows))


def slow(parts: Parts, seconds: float) -> Parts:
    """Take so long for every message."""

    def step(engine: Any, states: Any, message: Any, position: Position) -> Any:
        time.sleep(seconds)
        return parts.core.step(engine, states, message, position)

    return dataclasses.replace(parts, core=dataclasses.replace(parts.core, step=step))


def slow_sink(parts: Parts, seconds: float) -> Parts:
    """Take so long for every alert at every sink."""
    return dataclasses.replace(parts, sinks=tuple(_SlowSink(sink, seconds) for sink in parts.sinks))


FAULTS: dict[str, Callable[[Parts, float], Parts]] = {
    "fail": failing,
    "block": blocking,
    "slow": slow,
    "slow-sink": slow_sink,
}
"""What `FAULT` may name; a colon and a number follow."""


class _Counter:
    """Counts messages through the core."""

    def __init__(self) -> None:
        self.count = 0

    def counting(self, core: Core[Any, Any]) -> Core[Any, Any]:
        """Return the core, counted."""

        def step(engine: Any, states: Any, message: Any, position: Position) -> Any:
            self.count += 1
            return core.step(engine, states, message, position)

        return dataclasses.replace(core, step=step)


class _SlowSink:
    """A sink that takes its time."""

    def __init__(self, sink: Sink, seconds: float) -> None:
        self.name = sink.name
        self._sink = sink
        self._seconds = seconds

    async def deliver(self, alert: Alert) -> None:
        """Wait, then deliver."""
        await asyncio.sleep(self._seconds)
        await self._sink.deliver(alert)

    async def close(self) -> None:
        """Let go."""
        await self._sink.close()


def _is_first() -> bool:
    """Tell whether it has not gone wrong yet, and remember that it has."""
    mark = Path(os.environ["FAULT_MARK"])
    if mark.exists():
        return False
    mark.touch()
    return True


if __name__ == "__main__":
    sys.exit(main())
