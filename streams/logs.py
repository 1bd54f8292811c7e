"""Logging: one event name and its facts per line, for people or for a log store."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable

from pythonjsonlogger.json import JsonFormatter

from streams.settings import Settings

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

_REPEATS_AFTER_SECONDS = 10.0
"""A client says the same again at most so often: without a broker it would do so twenty times a second."""

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


class TextFormatter(logging.Formatter):
    """`12:00:01 INFO streams.lanes state_recovered rows=17 seconds=0.2`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """Write the event name, then its facts."""
        facts = " ".join(f"{name}={value}" for name, value in vars(record).items() if name not in _STANDARD)
        line, *trace = super().format(record).split("\n")
        return "\n".join([f"{line} {facts}".rstrip(), *trace])


class Sparing(logging.Filter):
    """Lets a client's line through unless it said the same a moment ago; the next one tells how many were left out.

    Parameters
    ----------
    clock
        Seconds, from anywhere.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a line goes through. Lines are the same if their texts are, before anything is filled in."""
        if not record.name.startswith("aiokafka"):
            return True
        line, now = (record.name, str(record.msg)), self._clock()
        said_at, left_out = self._said.get(line, (-_REPEATS_AFTER_SECONDS, 0))
        if now < said_at + _REPEATS_AFTER_SECONDS:
            self._said[line] = said_at, left_out + 1
            return False
        self._said[line] = now, 0
        if left_out:
            record.repeated = left_out
        return True


def set_up_logging(settings: Settings) -> None:
    """Send logs to standard error, in the format and from the level of the settings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s", timestamp=True)
        if settings.log_format == "json"
        else TextFormatter()
    )
    handler.addFilter(Sparing())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    if settings.log_level != "debug":
        for name, level in _NOISY.items():
            logging.getLogger(name).setLevel(level)
