"""What a scaler that is told a consumer group and no topic counts: the end of each topic the group has committed in."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient

from foreshock.simulate.feed import feed
from schemas.catalogue import SOURCE_TOPICS
from streams.settings import Settings
from streams.topics import create_topics
from tests.support.journal import broker_settings
from tests.support.outcomes import settled
from tests.support.parity import START_AT, worker_of, world


async def lag_of(settings: Settings, group: str) -> dict[str, int]:
    """Records that a group has not finished, by topic, as KEDA adds them up when it is told no topic."""
    server = settings.bootstrap_servers
    admin, consumer = AIOKafkaAdminClient(bootstrap_servers=server), AIOKafkaConsumer(bootstrap_servers=server)
    await admin.start()
    await consumer.start()
    try:
        committed = await admin.list_consumer_group_offsets(settings.topic(group))
        ends = await consumer.end_offsets(list(committed))
    finally:
        await consumer.stop()
        await admin.close()
    lag: dict[str, int] = {}
    for tp, (offset, _) in committed.items():
        name = tp.topic.removeprefix(settings.topic_prefix)
        lag[name] = lag.get(name, 0) + ends[tp] - max(offset, 0)
    return lag


async def test_groups_commit_in_what_they_read_and_nothing_else_so_scalers_need_no_topic(
    apache_kafka: str, tmp_path: Path
) -> None:
    settings = broker_settings(
        apache_kafka, partitions=3, clock="event", session_timeout_seconds=10.0, heartbeat_seconds=3.0
    )
    await create_topics(settings)
    events = world(start_at=START_AT, days=6)
    later = world(seed=6, start_at=START_AT + timedelta(days=6), days=2)

    with worker_of(settings, tmp_path, "ingest,score"):
        await settled(
            settings, await feed(events, settings.bootstrap_servers, settings.topic_prefix, None, asyncio.Event())
        )
    scored, taken = await lag_of(settings, "score"), await lag_of(settings, "ingest")
    waiting = await feed(later, settings.bootstrap_servers, settings.topic_prefix, None, asyncio.Event())
    behind = await lag_of(settings, "ingest")

    # Not the changelog, which has more records than the journal and is never finished.
    assert scored == {"journal": 0}
    assert taken == dict.fromkeys(taken, 0)
    assert taken.keys() <= set(SOURCE_TOPICS)
    assert sum(behind.values()) == waiting
