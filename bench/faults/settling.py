"""Settling: wait until everything has gone through, or until it is plain that it never will."""

from __future__ import annotations

import time
from pathlib import Path

from bench.faults.stage import Stage
from bench.faults.tape import Tape

PATIENCE_SECONDS = 180.0
"""No progress for so long, though something is missing, is a hang. A worker sees within 93 s (30, the rebalance timeout
and a session) that a group does not settle, ends and starts again; as long again is for a busy machine."""

_QUIET_SECONDS = 1.5
"""Silence after which nobody is about to write: a learner may still be thinking about a snapshot."""
_ROUNDS = 3
"""How often workers are started again to finish what came in between the last look and their stop."""


async def settle(stage: Stage, tape: Tape) -> bool:
    """Wait until everything has gone through, stop the workers and read what they left.

    Returns
    -------
    bool
        Whether that came about; if not, something hangs or has died.
    """
    for number in range(_ROUNDS):
        if not await has_gone_through(stage, tape):
            stage.note("nothing moves any more, and something is missing")
            return False
        stage.note("everything has gone through")
        running = [worker for worker in stage.workers.values() if worker.is_running]
        await stage.stop_workers()
        await tape.read_to_the_end()
        await tape.learn_on()
        if is_done(stage, tape):
            return True
        if number < _ROUNDS - 1:
            stage.note("something came in between: once more")
            for worker in running:
                worker.start()
    return False


async def has_gone_through(stage: Stage, tape: Tape) -> bool:
    """Wait until nothing is missing and nothing moves; tell whether that came about."""
    tape.heard_at = moved_at = time.monotonic()
    reached: object = None
    while True:
        await tape.read_on()
        now = time.monotonic()
        if now > tape.heard_at + _QUIET_SECONDS and is_done(stage, tape):
            # A learner that lost its place to a worker that was killed may still have most of it before it.
            await tape.learn_on()
            if is_done(stage, tape):
                return True
        # A worker that starts again and again writes something each time, and gets nowhere.
        if (progress := tape.progress()) != reached:
            reached, moved_at = progress, now
        if now > moved_at + PATIENCE_SECONDS or any(worker.died for worker in stage.workers.values()):
            return False


def is_done(stage: Stage, tape: Tape) -> bool:
    """Say whether everything fed is read, accounted for and in the states, and every alert delivered."""
    # A tape that is slow to begin has seen nothing missing yet.
    is_read = sum(1 for _ in tape.sources()) >= stage.feeder.fed_count
    return is_read and tape.is_through() and not tape.undelivered(files_of(stage))


def files_of(stage: Stage) -> list[Path]:
    """Return the files of all sinks."""
    return [worker.alerts_file for worker in stage.workers.values()]
