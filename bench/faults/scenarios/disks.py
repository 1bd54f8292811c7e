"""Rows on the workers' own disks, and workers that stand by for one another."""

from __future__ import annotations

import asyncio
import shutil

from bench.faults.scenario import scenario
from bench.faults.scenarios.workers import comes_and_goes, killed
from bench.faults.scenarios.zombies import zombie_then_kill
from bench.faults.stage import Stage

_ON_DISK = {"store": "rocksdb"}
_STANDBY = {"standby_replicas": 1, "partitions": 6}
"""With standbys Faust fills workers to the ceiling: only a number that two and three divide is shared fairly."""
_FOLLOWS = "standby_follows"
"""What a worker logs as soon as it stands by for partitions."""


@scenario("disk-killed", "rows on a disk; worker SIGKILL twice", settings=_ON_DISK)
async def disk_killed(stage: Stage) -> None:
    """Go on with a disk that nobody closed."""
    await killed(stage)


@scenario(
    "disk-comes-and-goes", "rows on disks; one of two workers SIGTERM, SIGKILL, twice", cast="ab", settings=_ON_DISK
)
async def disk_comes_and_goes(stage: Stage) -> None:
    """Come back to a disk whose partitions others have carried on."""
    await comes_and_goes(stage)


@scenario("disk-zombie", "rows on disks; a zombie wakes, then the new owner SIGKILL", cast="ab", settings=_ON_DISK)
async def disk_zombie(stage: Stage) -> None:
    """Have a zombie write to its own disk too."""
    await zombie_then_kill(stage)


@scenario("disk-lost", "rows on a disk; worker SIGKILL and its disk lost, twice", settings=_ON_DISK)
async def disk_lost(stage: Stage) -> None:
    """Read everything back."""
    for share in (0.3, 0.65):
        await stage.fed(share)
        await stage.worker("a").kill()
        shutil.rmtree(stage.worker("a").disk)
        await stage.restart("a")


@scenario(
    "standby-takes-over",
    "two workers stand by for one another; one SIGKILL and back, twice",
    cast="ab",
    settings=_STANDBY,
)
async def standby_takes_over(stage: Stage) -> None:
    """Go on with rows that were followed, not read back."""
    await _stand_by(stage, "ab")
    for share in (0.3, 0.6):
        await stage.fed(share)
        await stage.worker("b").kill()
        await asyncio.sleep(stage.settings.session_timeout_seconds + 1.0)
        await stage.restart("b")


@scenario(
    "standby-zombie", "stand-by workers; a zombie wakes, then the new owner SIGKILL", cast="ab", settings=_STANDBY
)
async def standby_zombie(stage: Stage) -> None:
    """Have rows that were followed overwritten by who owned them before."""
    await _stand_by(stage, "ab")
    await zombie_then_kill(stage)


@scenario(
    "standby-on-disks",
    "three workers with disks stand by for one another; each SIGKILL once",
    cast="abc",
    settings={**_STANDBY, **_ON_DISK},
)
async def standby_on_disks(stage: Stage) -> None:
    """Move partitions between owners, followers and disks."""
    for name, share in (("a", 0.25), ("b", 0.5), ("c", 0.75)):
        await stage.fed(share)
        await stage.worker(name).kill()
        await asyncio.sleep(1.0)
        stage.worker(name).start()


async def _stand_by(stage: Stage, names: str) -> None:
    """Wait until each of these workers follows somebody's partitions."""
    followed = await asyncio.gather(*(stage.worker(name).has_said(_FOLLOWS) for name in names))
    stage.expect(all(followed), "somebody does not stand by")
