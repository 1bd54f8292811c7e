"""Events reach their source topics as an insurer's own producer would send them."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from click.testing import CliRunner

from foreshock.cli import main
from foreshock.producing import produce
from schemas.codec import decode_event, encode
from schemas.errors import ConfigurationError
from streams.broker import EmbeddedBroker
from streams.settings import load_settings
from streams.topics import create_topics
from tests.support.events import call, claim, complaint, promise, survey
from tests.support.ports import free_port

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


async def records_of(bootstrap: str, *topics: str, count: int) -> list[Any]:
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        found: list[Any] = []
        deadline = time.monotonic() + 120
        while len(found) < count and time.monotonic() < deadline:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found.extend(records)
        return found
    finally:
        await consumer.stop()


@pytest.fixture
def prefix(embedded_broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch) -> str:
    """A prefix of our own, with topics under it."""
    name = f"produce-{uuid4().hex[:8]}."
    monkeypatch.setenv("FORESHOCK_PRODUCER_IDEMPOTENCE", "false")
    settings = load_settings(bootstrap_servers=embedded_broker.bootstrap_servers, topic_prefix=name, partitions=2)
    asyncio.run(create_topics(settings))
    return name


async def test_each_kind_goes_to_its_topic_with_its_headers(embedded_broker: EmbeddedBroker, prefix: str) -> None:
    events = [call("a"), claim("a"), survey("b"), complaint("a"), promise("b")]
    bootstrap = embedded_broker.bootstrap_servers

    sent = await produce(iter(events), bootstrap, prefix, source="foreshock/test")

    assert sent == len(events)
    for event in events:
        (record,) = await records_of(bootstrap, f"{prefix}{event.kind}s", count=1)
        assert decode_event(record.value, event.kind) == event
        assert record.key == event.customer_id.encode()
        headers = dict(record.headers)
        assert headers["ce_id"] == event.event_id.encode()
        assert headers["ce_type"] == f"foreshock.{event.kind}.v1".encode()
        assert headers["ce_source"] == b"foreshock/test"


async def test_events_of_one_customer_stay_in_order(embedded_broker: EmbeddedBroker, prefix: str) -> None:
    events = [call("a" if n % 3 else "b", day=n / 100, text=str(n)) for n in range(3000)]
    bootstrap = embedded_broker.bootstrap_servers

    assert await produce(events, bootstrap, prefix) == 3000

    records = await records_of(bootstrap, f"{prefix}calls", count=3000)
    for customer in (b"a", b"b"):
        mine = [record.value for record in records if record.key == customer]
        assert mine == [encode(event) for event in events if event.customer_id.encode() == customer]


def test_import_sends_an_export_to_kafka(embedded_broker: EmbeddedBroker, prefix: str) -> None:
    mapping, export = EXAMPLES / "company_export.toml", EXAMPLES / "company_export.csv"
    arguments = ["--bootstrap", embedded_broker.bootstrap_servers, "--prefix", prefix]

    result = CliRunner().invoke(main, ["import", "--mapping", str(mapping), str(export), *arguments])

    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert f"23 events (1 action, 8 call, 8 claim, 2 complaint, 4 survey) to Kafka at {arguments[1]}" in result.stderr
    topics = [f"{prefix}{kind}s" for kind in ("action", "call", "claim", "complaint", "survey")]
    records = asyncio.run(records_of(embedded_broker.bootstrap_servers, *topics, count=23))
    assert len(records) == 23


async def test_a_broker_that_is_not_there_is_named() -> None:
    port = free_port()

    with pytest.raises(ConfigurationError, match=f"127.0.0.1:{port}"):
        await produce([call("a")], f"127.0.0.1:{port}")
