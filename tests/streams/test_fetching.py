from __future__ import annotations

from types import SimpleNamespace

from streams.fetching import FetchPace


class Consumer:
    """A consumer whose fetches take their wait from one attribute."""

    def __init__(self, idle_wait_seconds: float = 0.1) -> None:
        self._fetcher = SimpleNamespace(_fetch_max_wait_ms=500)
        self.now = 100.0
        self.pace = FetchPace(self, idle_wait_seconds, lambda: self.now)

    def heard(self, is_something: bool, after: float = 0.0) -> int:
        self.now += after
        self.pace.heard(is_something)
        wait: int = self._fetcher._fetch_max_wait_ms
        return wait


def test_a_reader_with_nothing_to_read_spares_the_broker() -> None:
    assert Consumer()._fetcher._fetch_max_wait_ms == 100


def test_while_records_come_fetches_wait_briefly() -> None:
    consumer = Consumer()

    assert consumer.heard(True) == 20
    assert consumer.heard(False, after=1.0) == 20
    assert consumer.heard(False, after=1.0) == 100


def test_a_shorter_wait_that_was_asked_for_stays() -> None:
    assert Consumer(idle_wait_seconds=0.005).heard(True) == 5
