"""A worker process with the counting core: `python -m tests.support.counting_worker`.

Settings come from the environment. `COUNTING_FAULT` names something that goes wrong once; the file `COUNTING_MARK`
remembers that it did.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from schemas.types import Position
from sinks.prometheus import Metrics
from streams.core import Core
from streams.settings import load_settings
from streams.wiring import Parts, intake_of
from streams.worker import run_worker
from tests.support.counting import counting_core


def main() -> int:
    """Run the worker and return its exit code."""
    settings = load_settings()
    registry = CollectorRegistry()
    parts = Parts(
        core=with_fault(counting_core(), os.environ.get("COUNTING_FAULT", "")),
        new_learner=lambda _: None,  # type: ignore[arg-type,return-value]  # the role is never played
        new_grouper=lambda: None,  # type: ignore[arg-type,return-value]  # nor is this
        intake=intake_of(settings),
        sinks=(),
        metrics=Metrics(registry),
        registry=registry,
    )

    return run_worker(settings, parts)


def with_fault(core: Core[Any, Any], fault: str) -> Core[Any, Any]:
    """Break the core once, in the named way."""

    def is_first() -> bool:
        mark = Path(os.environ["COUNTING_MARK"])
        if mark.exists():
            return False
        mark.touch()
        return True

    def raising(state: Any) -> bytes:
        if state.count >= 30 and is_first():
            raise RuntimeError("the row cannot be written")
        return core.encode_row(state)

    def slow(engine: Any, states: Any, message: Any, position: Position) -> Any:
        time.sleep(0.002)
        return core.step(engine, states, message, position)

    match fault:
        case "raise":
            return dataclasses.replace(core, encode_row=raising)
        case "slow":
            return dataclasses.replace(core, step=slow)
        case _:
            return core


if __name__ == "__main__":
    sys.exit(main())
