"""Workers are killed, frozen, joined and broken; nothing is lost and every count is exact in the end."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import orjson
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.broker import EmbeddedBroker
from streams.exits import ExitCode
from streams.settings import Settings
from tests.support.counting import counted_position
from tests.support.journal import broker_settings, call, prepare_topics, read_topic, write_journal
from tests.support.worker_process import WorkerProcess

CUSTOMERS = 50
EVENTS = 3000
READY = "state_recovered"


async def feed(settings: Settings, seconds: float) -> None:
    """Write events over some time, so that faults find some written and some not."""
    portions = 20
    size = EVENTS // portions
    for start in range(0, EVENTS, size):
        await write_journal(settings, [call(number, CUSTOMERS) for number in range(start, start + size)])
        await asyncio.sleep(seconds / portions)


async def settle(settings: Settings, worker: WorkerProcess, timeout_seconds: float = 45.0) -> None:
    """Wait until every event has left an alert, and the rows that leave after the alerts are there too."""
    deadline = asyncio.get_running_loop().time() + timeout_seconds
    while len(await alert_counts(settings)) < EVENTS or sum((await row_counts(settings)).values()) < EVENTS:
        assert asyncio.get_running_loop().time() < deadline, worker.said()[-3000:]
        await asyncio.sleep(0.2)


async def alert_counts(settings: Settings) -> dict[str, set[int]]:
    """Per event, the counts that its alerts carried."""
    counts: dict[str, set[int]] = {}
    for record in await read_topic(settings, "alerts"):
        alert = orjson.loads(record.value)
        counts.setdefault(alert["alert_id"], set()).add(alert["sequence"])
    return counts


async def row_counts(settings: Settings) -> dict[str, int]:
    """Per customer, the count in the row with the highest position."""
    newest: dict[str, tuple[tuple[str, tuple[int, int]], int]] = {}
    for record in await read_topic(settings, "score-states-changelog"):
        if not record.key.startswith(b"@"):
            row = counted_position(record.value), orjson.loads(record.value)[4]
            newest[record.key.decode()] = max(newest.get(record.key.decode(), row), row)
    return {key: count for key, (_, count) in newest.items()}


async def assert_exact(settings: Settings) -> None:
    """Nothing lost, every alert right, every row as if nothing had happened."""
    expected: Counter[str] = Counter()
    sequence = {}
    for number in range(EVENTS):
        event = call(number, CUSTOMERS)
        expected[event.customer_id] += 1
        sequence[event.event_id] = {expected[event.customer_id]}

    # An output repeated after a crash is the same output: the set of counts of each event has one member.
    assert await alert_counts(settings) == sequence
    assert await row_counts(settings) == expected


async def run_with(settings: Settings, worker: WorkerProcess, fault: Callable[[], Awaitable[None]]) -> None:
    """Feed events while something goes wrong, and check what is there in the end."""
    feeding = asyncio.create_task(feed(settings, seconds=3.0))
    try:
        await fault()
        await feeding
        await settle(settings, worker)
    finally:
        feeding.cancel()
    await assert_exact(settings)


ON_KAFKA = pytest.param("kafka", marks=[pytest.mark.kafka, pytest.mark.slow])


@pytest.fixture(params=[pytest.param("embedded", marks=pytest.mark.broker), ON_KAFKA])
async def settings(request: pytest.FixtureRequest) -> Settings:
    """Topics of one's own on the embedded broker, and on Apache Kafka where there is one."""
    if request.param == "kafka":
        address = request.getfixturevalue("apache_kafka")
        # Kafka takes no shorter session unless told to.
        settings = broker_settings(
            address, producer_idempotence=True, session_timeout_seconds=6.0, heartbeat_seconds=1.0
        )
    else:
        broker: EmbeddedBroker = request.getfixturevalue("embedded_broker")
        settings = broker_settings(broker.bootstrap_servers)
    await prepare_topics(settings)
    return settings


async def test_a_killed_worker_loses_nothing_and_its_state_is_exact(settings: Settings, tmp_path: Path) -> None:
    with WorkerProcess(settings, tmp_path / "log") as worker:

        async def fault() -> None:
            for times in (1, 2):
                await worker.has_said(READY, times)
                await asyncio.sleep(0.5)
                worker.kill()
                worker.start()

        await run_with(settings, worker, fault)


async def test_a_stopped_worker_repeats_nothing(settings: Settings, tmp_path: Path) -> None:
    with WorkerProcess(settings, tmp_path / "log") as worker:

        async def fault() -> None:
            await worker.has_said(READY)
            await asyncio.sleep(0.5)
            worker.signal(signal.SIGTERM)
            assert await asyncio.to_thread(worker.wait) == ExitCode.STOPPED, worker.said()
            worker.start()

        await run_with(settings, worker, fault)
        alerts = await read_topic(settings, "alerts")

    assert len(alerts) == EVENTS


async def test_a_worker_that_joins_and_leaves_costs_nothing(settings: Settings, tmp_path: Path) -> None:
    with WorkerProcess(settings, tmp_path / "log") as worker, WorkerProcess(settings, tmp_path / "other") as other:

        async def fault() -> None:
            await other.has_said(READY)
            await asyncio.sleep(0.5)
            other.signal(signal.SIGTERM)
            assert await asyncio.to_thread(other.wait) == ExitCode.STOPPED, other.said()

        await run_with(settings, worker, fault)


async def test_a_worker_that_slept_past_its_session_overwrites_nothing(settings: Settings, tmp_path: Path) -> None:
    sleeper = WorkerProcess(settings, tmp_path / "log", COUNTING_FAULT="slow")
    other = WorkerProcess(settings, tmp_path / "other")

    async def fault() -> None:
        await sleeper.has_said(READY)
        await other.has_said(READY)
        sleeper.signal(signal.SIGSTOP)
        # Past its session: the other one gets its partitions and recovers them.
        await other.has_said(READY, times=2)
        sleeper.signal(signal.SIGCONT)
        await asyncio.sleep(1.0)
        other.kill()
        if sleeper.exit_code is not None:
            sleeper.start()

    with sleeper, other:
        await run_with(settings, sleeper, fault)


async def test_an_error_while_carrying_ends_the_worker_and_the_journal_replays(
    settings: Settings, tmp_path: Path
) -> None:
    mark = str(tmp_path / "mark")
    with WorkerProcess(settings, tmp_path / "log", COUNTING_FAULT="raise", COUNTING_MARK=mark) as worker:

        async def fault() -> None:
            assert await asyncio.to_thread(worker.wait, 20.0) == ExitCode.INFRASTRUCTURE, worker.said()
            worker.start()

        await run_with(settings, worker, fault)

    assert "carrying_failed" in worker.said()


@pytest.mark.parametrize("settings", [ON_KAFKA], indirect=True)
@pytest.mark.parametrize("topic", ["alerts", "score-states-changelog"])
async def test_a_topic_that_refuses_batches_for_a_while_loses_nothing(
    settings: Settings, tmp_path: Path, topic: str
) -> None:
    await largest_message(settings, topic, 300)
    with WorkerProcess(settings, tmp_path / "log") as worker:

        async def fault() -> None:
            assert await asyncio.to_thread(worker.wait, 30.0) == ExitCode.INFRASTRUCTURE, worker.said()
            await largest_message(settings, topic, 1_048_588)
            worker.start()

        await run_with(settings, worker, fault)


async def largest_message(settings: Settings, topic: str, size: int) -> None:
    """Change what the broker takes on a topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await admin.start()
    try:
        wanted = {"max.message.bytes": str(size)}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, settings.topic(topic), configs=wanted)])
    finally:
        await admin.close()
