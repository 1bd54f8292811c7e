from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any

import pytest
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
