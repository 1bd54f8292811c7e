"""Writes that never arrive, topic by topic: nobody refuses them, and in the end their batches are too old."""

from __future__ import annotations

from bench.faults.scenario import Cast, scenario
from bench.faults.scenarios.refusals import OUTPUTS, with_garbage
from bench.faults.stage import Stage
from streams.topics import CHANGELOG

_IMPATIENT = {"request_timeout_seconds": 3.0, "producer_idempotence": False}
"""A batch is given up after so long; an idempotent producer gives up none."""


def _declare(topic: str) -> None:
    """Declare the scenario of one topic."""
    short = "changelog" if topic == CHANGELOG else topic

    @scenario(
        f"{short}-expire",
        f"writes to {short} never arrive for 8 s, batches expire after 3 s",
        needs=("cut",),
        cast={"a": Cast(door="cuttable")},
        settings=_IMPATIENT,
        spoil=with_garbage if topic == "dead-letters" else None,
    )
    async def expire(stage: Stage) -> None:
        """Let batches grow too old, beside others that arrive."""
        await stage.fed(0.3)
        await stage.swallowing(topic, 8.0)


for _topic in OUTPUTS:
    _declare(_topic)


@scenario(
    "writes-swallowed",
    "writes of beliefs never arrive for 12 s, with an idempotent producer; then SIGKILL",
    needs=("cut",),
    cast={"a": Cast(door="cuttable")},
    settings={"request_timeout_seconds": 3.0},
)
async def writes_swallowed(stage: Stage) -> None:
    """Have a producer try again and again what it may not give up."""
    await stage.fed(0.3)
    await stage.swallowing("risk", 12.0)
    await stage.worker("a").kill()
    await stage.restart("a")
