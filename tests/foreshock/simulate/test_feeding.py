"""Feeding a simulated world into a broker."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from foreshock.simulate.emission import Emission
from foreshock.simulate.feed import feed
from foreshock.simulate.pace import Pace
from foreshock.simulate.parameters import Rates
from foreshock.simulate.world import World
from schemas.catalogue import SOURCE_TOPICS
from streams.broker import EmbeddedBroker

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


async def _create_topics(bootstrap: str) -> None:
    """Create the source topics with two partitions each."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(f"t.{topic}", 2, 1) for topic in SOURCE_TOPICS])
    finally:
        await admin.close()


async def _read(bootstrap: str, count: int) -> dict[tuple[str, bytes], dict[str, bytes]]:
    """Read so many records: headers by topic and value."""
    read: dict[tuple[str, bytes], dict[str, bytes]] = {}
    consumer = AIOKafkaConsumer(
        *(f"t.{topic}" for topic in SOURCE_TOPICS), bootstrap_servers=bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        async with asyncio.timeout(120):
            while count > 0:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    for record in records:
                        read[record.topic, record.value] = dict(record.headers)
                        assert record.key
                        count -= 1
    finally:
        await consumer.stop()
    return read


@pytest.mark.broker
async def test_a_broker_holds_every_record_with_cloudevents_headers_where_it_can_be_read() -> None:
    rates = Rates(malformed_share=0.05, duplicate_share=0.0)
    told: list[Emission] = []
    with EmbeddedBroker() as broker:
        await _create_topics(broker.bootstrap_servers)
        world = World(1, 300, MONDAY, days=10, rates=rates)

        count = await feed(world, broker.bootstrap_servers, "t.", None, asyncio.Event(), told.append)

        read = await _read(broker.bootstrap_servers, count)
    assert count == len(told) > 200
    for emission in told:
        headers = read[f"t.{emission.topic}", emission.value]
        if emission.event is None:
            assert headers == {}
        else:
            assert headers["ce_id"] == emission.event.event_id.encode()
            assert headers["ce_source"] == b"foreshock/simulate"


@pytest.mark.broker
async def test_feeding_keeps_its_pace_and_stops_when_told() -> None:
    stop = asyncio.Event()
    told: list[Emission] = []
    with EmbeddedBroker() as broker:
        await _create_topics(broker.bootstrap_servers)
        began = time.monotonic()
        # Half a day passes in each second, of a world that has no end.
        feeding = asyncio.create_task(
            feed(World(1, 500, MONDAY), broker.bootstrap_servers, "t.", 43_200.0, stop, told.append)
        )
        await asyncio.sleep(2.0)
        stop.set()
        async with asyncio.timeout(60.0):
            count = await feeding
        took = time.monotonic() - began

    days = (told[-1].arrives_at - told[0].arrives_at).total_seconds() / 86_400
    assert count == len(told)
    assert 0.1 < days <= 0.5 * took


@pytest.mark.broker
async def test_nothing_is_fed_while_the_clock_stands_still() -> None:
    stop = asyncio.Event()
    told: list[Emission] = []
    with EmbeddedBroker() as broker:
        await _create_topics(broker.bootstrap_servers)
        feeding = asyncio.create_task(
            feed(World(1, 500, MONDAY), broker.bootstrap_servers, "t.", 200_000.0, stop, told.append, lambda: 100.0)
        )
        await asyncio.sleep(2.0)
        stop.set()
        await feeding

    assert len({emission.arrives_at for emission in told}) <= 1  # the first moment has come at once


def test_pace_waits_until_a_moment_has_come_and_no_longer() -> None:
    clock = iter([100.0, 100.0, 101.0, 105.0])
    pace = Pace(10.0, lambda: next(clock))
    at = [MONDAY, MONDAY.replace(second=20), MONDAY.replace(second=30)]

    assert [pace.wait_seconds(moment) for moment in at] == [0.0, 1.0, 0.0]
    assert Pace(None, lambda: 0.0).wait_seconds(MONDAY) == 0.0


def test_a_pace_that_goes_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match="speed"):
        Pace(0.0, lambda: 0.0)


@pytest.mark.broker
def test_the_command_feeds_a_broker_until_ctrl_c_and_writes_the_truth(tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    command = "from foreshock.simulate.command import simulate; simulate()"
    with EmbeddedBroker() as broker:
        asyncio.run(_create_topics(broker.bootstrap_servers))
        options = (
            "--bootstrap",
            broker.bootstrap_servers,
            "--prefix",
            "t.",
            "--speed",
            "100000",
            "--truth",
            str(truth),
        )
        process = subprocess.Popen([sys.executable, "-c", command, *options], stderr=subprocess.DEVNULL)
        try:
            read = asyncio.run(_read(broker.bootstrap_servers, 50))
            process.send_signal(signal.SIGINT)

            assert process.wait(90) == 130
        finally:
            process.kill()
    assert {topic for topic, _ in read} <= {f"t.{topic}" for topic in SOURCE_TOPICS}
    assert sum(json.loads(truth.read_text().splitlines()[-1])["events"].values()) >= 50
