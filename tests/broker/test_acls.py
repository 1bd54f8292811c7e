"""The rights that the page on trust gives to each role are what a worker needs, and no more than it says."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import TopicAuthorizationFailedError
from aiokafka.protocol.admin import CreateAclsRequest

from schemas.codec import encode
from streams.connections import new_producer
from streams.outbox import Record, send_records
from streams.settings import Settings
from tests.support.events import action, call
from tests.support.journal import broker_settings, prepare_topics, read_topic
from tests.support.kafka import KafkaNode
from tests.support.peers import CHECKOUT
from tests.support.ports import free_ports
from tests.support.worker_process import WorkerProcess

pytestmark = [pytest.mark.kafka, pytest.mark.kafka_node, pytest.mark.slow]

PAGE = CHECKOUT / "docs" / "explanation" / "trust.md"
ROLES = ("ingest", "score", "learn", "group", "tick", "deliver")
# The numbers that Kafka's protocol has for them.
OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Describe": 8}
TOPIC, GROUP, LITERAL, PREFIXED, ALLOW = 2, 3, 3, 4, 3


class GuardedKafka(KafkaNode):
    """A node where everybody logs in and may do what they were given; its own listener may do everything."""

    def __init__(self, folder: Path) -> None:
        (self.login_port,) = free_ports(1)
        super().__init__(folder)
        mine = super()._properties()
        users = " ".join(f'user_{name}="{name}-password"' for name in (*ROLES, "crm"))
        self.settings = {
            "listeners": f"{mine['listeners']},LOGIN://127.0.0.1:{self.login_port}",
            "advertised.listeners": f"{mine['advertised.listeners']},LOGIN://127.0.0.1:{self.login_port}",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,LOGIN:SASL_PLAINTEXT",
            "sasl.enabled.mechanisms": "PLAIN",
            "listener.name.login.plain.sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule "
            f"required {users};",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
        }


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedKafka]:
    with GuardedKafka(tmp_path_factory.mktemp("guarded")) as node:
        yield node


@pytest.fixture
async def owner(kafka: GuardedKafka) -> Settings:
    """Who may do everything, with the topics and rights of the page in place."""
    settings = broker_settings(
        kafka.bootstrap,
        producer_idempotence=True,
        session_timeout_seconds=6.0,
        heartbeat_seconds=1.0,
        topic_prefix="foreshock.",
        clock="event",
    )
    await prepare_topics(settings)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        answers = [await admin._send_to_controller(CreateAclsRequest(*right)) for right in rights_of_the_page()]
    finally:
        await admin.close()
    assert answers
    assert all(code == 0 for answer in answers for code, _ in answer.creation_responses)
    return settings


def rights_of_the_page() -> list[tuple[Any, ...]]:
    """Read the commands as `kafka-acls` would."""
    rights = []
    for command in re.findall(r"^\$acl (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE):
        options: dict[str, list[str]] = {}
        words = shlex.split(command)
        for name, value in zip(words[::2], words[1::2], strict=True):
            options.setdefault(name, []).append(value)
        pattern = PREFIXED if options.get("--resource-pattern-type") == ["prefixed"] else LITERAL
        resources = [(TOPIC, name) for name in options.get("--topic", [])]
        resources += [(GROUP, name) for name in options.get("--group", [])]
        rights += [
            (kind, name, pattern, principal, "*", OPERATIONS[operation], ALLOW)
            for principal in options["--allow-principal"]
            for operation in options["--operation"]
            for kind, name in resources
        ]
    return rights


def as_user(kafka: GuardedKafka, owner: Settings, name: str) -> Settings:
    return owner.model_copy(
        update={
            "bootstrap_servers": f"127.0.0.1:{kafka.login_port}",
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "PLAIN",
            "sasl_username": name,
        }
    )


@pytest.mark.timeout(600)  # five processes start at once, 15 s on two idle cores
async def test_each_role_does_its_work_with_the_rights_of_the_page(
    kafka: GuardedKafka, owner: Settings, tmp_path: Path
) -> None:
    events = [encode(call("4711", day=day, text="打了三次都没人回，我要投诉！")) for day in range(3)]
    async with AsyncExitStack() as stack:
        workers = {}
        for role in ROLES:
            worker = WorkerProcess(
                as_user(kafka, owner, role),
                tmp_path / f"{role}.log",
                module="tests.support.real_worker",
                roles=role,
                FORESHOCK_SASL_PASSWORD=f"{role}-password",
            )
            workers[role] = stack.enter_context(worker)
        for worker in workers.values():
            await worker.has_said("worker_started", timeout_seconds=120.0)
        await write(owner, "calls", events)
        async with asyncio.timeout(150):
            while "sinks.log alert " not in workers["deliver"].said():
                await asyncio.sleep(0.3)
                assert all(w.exit_code is None for w in workers.values()), "\n".join(w.said() for w in workers.values())

    for worker in workers.values():
        assert "Authorization" not in worker.said()


async def test_nobody_writes_what_the_page_does_not_let_them(
    kafka: GuardedKafka, owner: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm = Settings(
        **{
            **as_user(kafka, owner, "crm").model_dump(exclude_unset=True),
            "sasl_password": "crm-password",
        }
    )

    await write(crm, "actions", [encode(action("4711"))])
    for topic in ("journal", "alerts", "score-states-changelog"):
        with pytest.raises(TopicAuthorizationFailedError):
            await write(crm, topic, [b"{}"])
    assert await read_topic(owner, "alerts") is not None


async def write(settings: Settings, topic: str, values: list[bytes]) -> None:
    producer = new_producer(settings)
    await producer.start()
    try:
        await send_records(producer, settings.topic(topic), 0, [Record(None, value) for value in values])
    finally:
        await producer.stop()
