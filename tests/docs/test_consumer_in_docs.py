"""The consumer that the documentation shows reads alerts, each transition once."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from schemas.codec import encode
from streams.broker import EmbeddedBroker
from streams.connections import new_producer
from streams.outbox import Record, send_records
from tests.support.alerts import alert
from tests.support.documents import blocks
from tests.support.journal import broker_settings, prepare_topics
from tests.support.peers import CHECKOUT


@pytest.mark.broker
async def test_the_consumer_in_the_guide_sees_a_repeated_transition_once(embedded_broker: EmbeddedBroker) -> None:
    settings = broker_settings(embedded_broker.bootstrap_servers)
    await prepare_topics(settings)
    producer = new_producer(settings)
    await producer.start()
    records = [Record(b"c", encode(alert("a", sequence))) for sequence in (0, 1, 0, 1, 2)]
    await send_records(producer, settings.topic("alerts"), 0, records)
    await producer.stop()
    (code,) = [each.text for each in blocks(CHECKOUT / "docs/how-to/write-a-consumer.md") if each.language == "python"]
    code = code.replace("foreshock.alerts", settings.topic("alerts"))
    guide: dict[str, Any] = {"__name__": "guide"}
    exec(compile(code, "write-a-consumer.md", "exec"), guide)  # noqa: S102 - our own document

    seen = []
    async with asyncio.timeout(150):
        async with aclosing(guide["transitions"](embedded_broker.bootstrap_servers)) as transitions:
            async for transition in transitions:
                seen.append(transition["sequence"])
                if transition["sequence"] == 2:
                    break

    assert seen == [0, 1, 2]
