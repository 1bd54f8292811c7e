from __future__ import annotations

from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.support import kafka
from tests.support.kafka import KafkaNode, answers
from tests.support.ports import free_port


async def test_an_apache_kafka_carries_a_record(apache_kafka: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=apache_kafka)
    await admin.start()
    await admin.create_topics([NewTopic("test-an-apache-kafka", 1, 1)])
    await admin.close()

    async with AIOKafkaProducer(bootstrap_servers=apache_kafka) as producer:
        sent = await producer.send_and_wait("test-an-apache-kafka", "暴雨".encode())
    async with AIOKafkaConsumer(
        "test-an-apache-kafka", bootstrap_servers=apache_kafka, auto_offset_reset="earliest"
    ) as consumer:
        read = await consumer.getone()

    assert (read.offset, read.value) == (sent.offset, "暴雨".encode())


@pytest.mark.kafka
@pytest.mark.kafka_node
@pytest.mark.slow
def test_a_killed_node_comes_back_on_its_port(tmp_path: Path) -> None:
    with KafkaNode(tmp_path) as node:
        node.kill()
        silent = answers(node.port)
        node.start()

        assert not silent
        assert answers(node.port)

    assert not answers(node.port)


@pytest.mark.kafka
@pytest.mark.kafka_node
def test_a_node_that_cannot_start_tells_what_kafka_said(tmp_path: Path) -> None:
    node = KafkaNode(tmp_path, {"num.partitions": "none"})

    with pytest.raises(RuntimeError, match=r"num\.partitions"):
        node.start()


def test_a_port_without_a_listener_does_not_answer() -> None:
    assert not answers(free_port())


@pytest.mark.parametrize(("option", "exit_code"), [([], 1), (["--if-possible"], 0)])
def test_a_fetch_without_maven_says_so(
    option: list[str],
    exit_code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(kafka, "KAFKA_LIBS", tmp_path / "libs")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("FORESHOCK_TEST_BOOTSTRAP", raising=False)

    assert kafka.main(["fetch", *option]) == exit_code
    assert capsys.readouterr().err == "Apache Kafka was not fetched: java is not on PATH\n"


def test_where_a_broker_is_named_no_fetch_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(kafka, "KAFKA_LIBS", tmp_path / "libs")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("FORESHOCK_TEST_BOOTSTRAP", "127.0.0.1:29092")

    assert kafka.main(["fetch"]) == 0
    assert "not fetched" in capsys.readouterr().err
