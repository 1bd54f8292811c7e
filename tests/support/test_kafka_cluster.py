from __future__ import annotations

from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from tests.support.kafka_cluster import KafkaCluster

TOPIC = "test-three-nodes"


@pytest.mark.kafka
@pytest.mark.kafka_node
@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_record_outlives_a_node_and_is_refused_by_a_single_one(tmp_path: Path) -> None:
    with KafkaCluster(tmp_path) as cluster:
        first = cluster.nodes[0].bootstrap
        admin = AIOKafkaAdminClient(bootstrap_servers=first)
        await admin.start()
        await admin.create_topics([NewTopic(TOPIC, 1, 3)])
        await admin.close()

        async with AIOKafkaProducer(bootstrap_servers=first, acks="all") as producer:
            await producer.send_and_wait(TOPIC, b"one")
            cluster.nodes[2].kill()
            await producer.send_and_wait(TOPIC, b"two")
        async with AIOKafkaConsumer(TOPIC, bootstrap_servers=first, auto_offset_reset="earliest") as consumer:
            assert [(await consumer.getone()).value for _ in range(2)] == [b"one", b"two"]

        cluster.nodes[1].kill()
        async with AIOKafkaProducer(bootstrap_servers=first, acks="all", request_timeout_ms=5000) as producer:
            with pytest.raises(KafkaError):
                await producer.send_and_wait(TOPIC, b"three")
