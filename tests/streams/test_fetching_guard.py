from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.consumer.fetcher import Fetcher
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread

from streams.connections import new_group_consumer
from streams.guards.fetching import _BriefThread
from streams.settings import load_settings
from tests.support.guarded import bare


def test_stock_faust_has_every_fetch_wait_for_a_second_and_a_half() -> None:
    assert "fetch_max_wait_ms=1500" in inspect.getsource(AIOKafkaConsumerThread._create_worker_consumer)


def test_ours_waits_as_long_as_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    client = SimpleNamespace(_fetch_max_wait_ms=1500)
    monkeypatch.setattr(AIOKafkaConsumerThread, "_create_worker_consumer", lambda *_: client)
    thread: Any = bare(_BriefThread, app=SimpleNamespace(settings=load_settings(fetch_wait_seconds=0.25)))

    assert thread._create_worker_consumer(None)._fetch_max_wait_ms == 250


async def test_the_option_that_is_changed_is_the_one_that_the_client_reads() -> None:
    client = new_group_consumer(load_settings(fetch_wait_seconds=0.25), "ingest")
    try:
        assert client._fetch_max_wait_ms == 250
    finally:
        await client.stop()


async def test_fetches_of_the_journal_are_brief_while_records_come(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[object] = [1]

    async def fetch(*_: object) -> list[object]:
        return found

    monkeypatch.setattr(AIOKafkaConsumerThread, "_fetch_records", fetch)
    client = SimpleNamespace(_fetcher=SimpleNamespace(_fetch_max_wait_ms=100))
    thread: Any = bare(_BriefThread, app=SimpleNamespace(settings=load_settings(fetch_wait_seconds=0.1)))

    assert await thread._fetch_records(client) == [1]
    assert client._fetcher._fetch_max_wait_ms == 20


async def test_the_wait_that_is_changed_is_the_one_that_each_fetch_takes() -> None:
    assert "self._fetch_max_wait_ms," in inspect.getsource(Fetcher._get_actions_per_node)
