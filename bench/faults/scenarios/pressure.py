"""More than something can take: a slow sink, full buffers, a slow core."""

from __future__ import annotations

from bench.faults.scenario import Cast, scenario
from bench.faults.stage import Stage


@scenario("slow-sink", "every alert takes the sink 20 ms; SIGKILL halfway", cast={"a": Cast(fault="slow-sink:0.02")})
async def slow_sink(stage: Stage) -> None:
    """Let alerts pile up before a sink, and nowhere else."""
    await stage.fed(0.5)
    await stage.worker("a").kill()
    stage.worker("a").start()


@scenario(
    "full-buffers",
    "smallest batches and one waiting record, broker SIGSTOP 3 s twice",
    needs=("freeze",),
    settings={"batch_bytes": 16_384, "max_waiting_records": 1, "max_lines": 8, "fetch_records": 200},
)
async def full_buffers(stage: Stage) -> None:
    """Fill every buffer between journal and broker."""
    for share in (0.3, 0.6):
        await stage.fed(share)
        await stage.frozen_broker(3.0)


@scenario(
    "slow-core",
    "4 ms for each event, slower than they come in; SIGKILL halfway",
    cast={"a": Cast(fault="slow:0.004")},
)
async def slow_core(stage: Stage) -> None:
    """Let the journal be the buffer."""
    await stage.fed(0.5)
    await stage.worker("a").kill()
    stage.worker("a").start()
