"""How long a fetch waits at the broker: briefly while records are coming, long while none are.

Apache Kafka answers a fetch as soon as there is something, but a client has one fetch under way per broker: a
partition whose records were just taken waits until the fetch for the others is answered. The embedded broker looks
for new records only once or twice while it holds a fetch. So with records coming the wait is short, and only a reader
with nothing to read spares the broker requests.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

BUSY_WAIT_SECONDS = 0.02
"""Wait while records are coming: two readers in a row (ingest, score) cost 40 ms at most, on the embedded broker some
20. With 10 ms, a worker with little to do asked twice as often, for 5 ms less."""

CALM_AFTER_SECONDS = 2.0
"""Without a record for so long, fetches wait long again."""


class FetchPace:
    """Sets how long the fetches of one consumer wait.

    Parameters
    ----------
    consumer
        A started aiokafka consumer; it reads the value for each fetch.
    idle_wait_seconds
        Wait while nothing comes.
    clock
        Monotonic time in seconds.
    """

    def __init__(self, consumer: Any, idle_wait_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetcher = consumer._fetcher
        self._idle_ms = int(idle_wait_seconds * 1000)
        self._busy_ms = min(self._idle_ms, int(BUSY_WAIT_SECONDS * 1000))
        self._clock = clock
        self._heard_at = clock() - CALM_AFTER_SECONDS
        self.heard(False)

    def heard(self, is_something: bool) -> None:
        """Take note of what the newest look brought.

        Parameters
        ----------
        is_something
            Whether there were records.
        """
        now = self._clock()
        if is_something:
            self._heard_at = now
        is_calm = now - self._heard_at >= CALM_AFTER_SECONDS
        self._fetcher._fetch_max_wait_ms = self._idle_ms if is_calm else self._busy_ms
