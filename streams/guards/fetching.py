"""Guard: a fetch waits at the broker no longer than we want it to.

Stock Faust has every fetch wait up to 1.5 seconds for something new, and that cannot be set. Requests of one
connection are answered in order, so whatever else the worker asks for, such as where a log begins, waits behind it;
and the embedded broker holds a fetch even when something new has come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer

from streams.fetching import FetchPace

if TYPE_CHECKING:
    from streams.guards.app import GuardedApp


class BriefFetches(Consumer):
    """Fetches that wait as long as the settings say, and shorter while records are coming."""

    def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
        """Use a thread whose client fetches briefly."""
        return _BriefThread(self, loop=self.loop, beacon=self.beacon)


class _BriefThread(AIOKafkaConsumerThread):
    """Faust's consumer thread with one option of its client changed."""

    app: GuardedApp
    _pace: FetchPace | None = None

    def _create_worker_consumer(self, transport: Any) -> Any:
        """Make the client; it reads the option when it starts."""
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = int(self.app.settings.fetch_wait_seconds * 1000)
        return consumer

    async def _fetch_records(self, consumer: Any, *args: Any, **options: Any) -> Any:
        """Fetch, and let the next fetches follow from what came."""
        records = await super()._fetch_records(consumer, *args, **options)
        if self._pace is None:
            self._pace = FetchPace(consumer, self.app.settings.fetch_wait_seconds)
        self._pace.heard(bool(records))
        return records
