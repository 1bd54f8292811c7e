"""Logging: one event name and its facts per line, for people or for a log store."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable

from pythonjsonlogger.json import JsonFormatter

from streams.settings import Settings

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

_NOISY = {
    "aiokafka": logging.ERROR,
    "kafka": logging.ERROR,
    # Tables of offsets at every rebalance.
    "faust": logging.WARNING,
    "streams.guards.app": logging.WARNING,
    "streams.tables": logging.WARNING,
    "mode": logging.WARNING,
    # A timer that is late under load says so at every turn.
    "mode.timers": logging.ERROR,
    "aiohttp.access": logging.WARNING,
}


_OF_LIBRARIES = ("aiokafka", "kafka", "faust", "mode", "aiohttp", "asyncio")
_SAME_AGAIN_SECONDS = 30.0
"""A lost broker made 330 lines of a client's a second, in which our own, with what to do, was lost too."""
_MOST_REMEMBERED = 1_000


class Seldom(logging.Filter):
    """Lets what a library says over and over through once in a while, with how often it was said meanwhile.

    Parameters
    ----------
    clock
        Monotonic time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether to write a record; ours always are."""
        if record.name.partition(".")[0] not in _OF_LIBRARIES:
            return True
        # The text before its arguments are filled in: attempts and addresses change, what is said does not.
        key, now = (record.name, str(record.msg)), self._clock()
        said_at, more = self._said.get(key, (-_SAME_AGAIN_SECONDS, 0))
        if now - said_at < _SAME_AGAIN_SECONDS:
            self._said[key] = said_at, more + 1
            return False
        if len(self._said) >= _MOST_REMEMBERED:
            self._said.clear()
        self._said[key] = now, 0
        if more:
            record.more_of_the_same = more
        return True


class TextFormatter(logging.Formatter):
    """`12:00:01 INFO streams.lanes state_recovered rows=17 seconds=0.2`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """Write the event name, then its facts."""
        facts = " ".join(f"{name}={value}" for name, value in vars(record).items() if name not in _STANDARD)
        line, *trace = super().format(record).split("\n")
        return "\n".join([f"{line} {facts}".rstrip(), *trace])


def set_up_logging(settings: Settings) -> None:
    """Send logs to standard error, in the format and from the level of the settings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s", timestamp=True)
        if settings.log_format == "json"
        else TextFormatter()
    )
    if settings.log_level != "debug":
        handler.addFilter(Seldom())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    if settings.log_level != "debug":
        for name, level in _NOISY.items():
            logging.getLogger(name).setLevel(level)
