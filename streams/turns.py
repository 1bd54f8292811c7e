"""Turns: long work on the event loop lets go of it in time, and threads let go of the interpreter."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable

TURNS = 12
"""Turns of the event loop that others get: about what a request to the broker takes."""

_SWITCH_SECONDS = 0.001
"""How long a thread keeps the interpreter while another asks for it. Each wait for the broker ends in asking: with
Python's 5 ms, a round trip of 2 ms beside a busy thread took 20 ms, with this 10, and the busy thread was no slower."""


class Turns:
    """Notices when work has held the event loop for long, and gives others their turns.

    Parameters
    ----------
    slice_seconds
        How long work may go on before others get their turns.
    clock
        Monotonic time in seconds.
    """

    def __init__(self, slice_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._slice_seconds = slice_seconds
        self._clock = clock
        self._given_at = clock()

    async def give(self) -> None:
        """Let others have their turns, if it is time; one turn would not do, since a request takes a dozen."""
        if self._clock() - self._given_at > self._slice_seconds:
            for _ in range(TURNS):
                await asyncio.sleep(0)
            self._given_at = self._clock()


def share_interpreter() -> None:
    """Make threads of this process take turns at short notice."""
    sys.setswitchinterval(_SWITCH_SECONDS)
