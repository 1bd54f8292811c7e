"""Stopping: Ctrl-C, SIGTERM and a closed terminal ask for an end in order; asked twice, it is an end at once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop:
    """Knows whether somebody asked for the end."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        """Somebody asked: finish what was begun."""
        self.urged = asyncio.Event()
        """Somebody asked again: finish nothing, but still leave nothing behind."""

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take signals as requests, for the time of a block that runs in the event loop."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.ask)
        try:
            yield
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)

    def ask(self) -> None:
        """Ask for the end, or urge it."""
        if self.asked.is_set():
            self.urged.set()
        self.asked.set()
