"""The watchdog: a thread that ends a process whose recovery or event loop stands still."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Hashable

from streams.exits import ExitCode, die

_LOOK_EVERY_SECONDS = 1.0


class Watchdog:
    """Watches from a thread, because what stands still may be the event loop.

    Parameters
    ----------
    recovery_progress
        Returns `None` while no recovery is under way, else a value that changes while it gets on.
    stuck_after_seconds
        How long the value may stay the same.
    end
        Ends the process; a test gives one that notes the reason.
    """

    def __init__(
        self,
        recovery_progress: Callable[[], Hashable],
        stuck_after_seconds: float,
        end: Callable[..., None] = die,
    ) -> None:
        self._progress = recovery_progress
        self._stuck_after_seconds = stuck_after_seconds
        self._end = end
        self._last: Hashable = None
        self._since = time.monotonic()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._since = time.monotonic()
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self, now: float) -> None:
        """Compare once.

        Parameters
        ----------
        now
            Monotonic time in seconds.
        """
        progress = self._progress()
        if progress is None or progress != self._last:
            self._last, self._since = progress, now
        elif now - self._since > self._stuck_after_seconds:
            self._since = now
            self._end("recovery_stuck", ExitCode.STUCK, seconds=self._stuck_after_seconds, at=repr(progress))

    def _run(self) -> None:
        """Look every second."""
        while not self._stopped.wait(_LOOK_EVERY_SECONDS):
            self.look(time.monotonic())


def end_after(seconds: float) -> None:
    """End the process when an orderly stop takes too long, such as without a broker.

    The code is that of a worker that was stopped: it was asked to, and the journal keeps what it did not finish.
    """
    timer = threading.Timer(seconds, die, ("stop_deadline_passed", ExitCode.STOPPED), {"seconds": seconds})
    timer.daemon = True
    timer.start()


async def until(condition: Callable[[], bool], every_seconds: float = 0.1) -> None:
    """Wait until a condition holds that nobody announces."""
    while not condition():  # noqa: ASYNC110 - Faust tells us of a crash through a flag only
        await asyncio.sleep(every_seconds)
