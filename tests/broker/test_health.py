"""A part of a worker stands still, a dependency goes away, positions are missing: who notices, and what follows."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from schemas.codec import encode
from streams.broker import EmbeddedBroker
from streams.connections import new_producer
from streams.exits import ExitCode
from streams.outbox import Record, send_records
from streams.settings import Settings
from tests.support.journal import broker_settings, call, delete_before, prepare_topics, read_topic, write_journal
from tests.support.ports import free_port
from tests.support.worker_process import WorkerProcess

STALLING = "tests.support.stalling_worker"
STUCK_SECONDS = 4.0


class Watched:
    """A worker process, with its pages."""

    def __init__(self, settings: Settings, folder: Path, roles: str, stall: str = "") -> None:
        self.settings = settings.model_copy(update={"web_port": free_port()})
        # What is copied in counts as set.
        self.mark = folder / "mark"
        self.process = WorkerProcess(
            self.settings,
            folder / "log",
            STALLING,
            roles,
            FORESHOCK_WEB_PORT=str(self.settings.web_port),
            STALL=stall,
            STALL_MARK=str(self.mark),
        )

    @property
    def pid(self) -> int:
        """Process id."""
        assert self.process._process is not None
        return self.process._process.pid

    async def metrics(self) -> dict[str, float]:
        """Every sample by its name and labels."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.settings.web_port}/metrics") as answer,
        ):
            lines = (await answer.text()).splitlines()
        samples = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in samples}

    async def page(self, path: str) -> tuple[int, dict[str, Any]]:
        """Get a page; 0 where nobody answers."""
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5.0)) as session,
                session.get(f"http://127.0.0.1:{self.settings.web_port}{path}") as answer,
            ):
                return answer.status, await answer.json()
        except (aiohttp.ClientError, TimeoutError):
            return 0, {}

    async def until(self, path: str, wanted: Callable[[int, dict[str, Any]], bool], seconds: float = 120.0) -> Any:
        """Look at a page until it is as wanted."""
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            status, told = await self.page(path)
            if wanted(status, told):
                return told
            assert asyncio.get_running_loop().time() < deadline, (status, told, self.process.said()[-3000:])
            await asyncio.sleep(0.1)

    async def ready(self) -> None:
        """Wait until it is ready."""
        await self.until("/readyz", lambda status, _: status == 200)

    async def ends(self, seconds: float = 150.0) -> int:
        """Wait until it has ended and return how."""
        return await asyncio.to_thread(self.process.wait, seconds)


@pytest.fixture
async def settings(embedded_broker: EmbeddedBroker) -> Settings:
    """Topics of one's own, and little patience."""
    settings = broker_settings(embedded_broker.bootstrap_servers, stuck_after_seconds=STUCK_SECONDS, partitions=2)
    await prepare_topics(settings)
    return settings


async def events_for(settings: Settings) -> None:
    """Give every role something to do; in two batches, because the embedded broker hides the last one."""
    for start in (0, 20):
        await write_journal(settings, [call(number) for number in range(start, start + 20)])
    producer = new_producer(settings)
    await producer.start()
    try:
        for partition in range(settings.partitions):
            records = [Record(None, encode(call(number))) for number in range(20)]
            await send_records(producer, settings.topic("calls"), partition, records)
    finally:
        await producer.stop()


@pytest.mark.parametrize(
    ("stall", "roles", "role", "part"),
    [
        ("loop", "score", "worker", "loop"),
        ("agent", "score", "score", "reading"),
        ("writer", "score", "score", "writing"),
        pytest.param("consumer", "score", "score", "reading", marks=pytest.mark.long),
        ("ingest", "ingest", "ingest", "working"),
        pytest.param("tick", "tick", "tick", "working", marks=pytest.mark.long),
        ("sink hangs", "score,deliver", "deliver.memory", "working"),
    ],
)
async def test_a_part_that_stands_still_is_told_by_the_health_page_and_ends_the_process(
    settings: Settings, tmp_path: Path, stall: str, roles: str, role: str, part: str
) -> None:
    settings = settings.model_copy(update={"tick_seconds": 1.0})
    worker = Watched(settings, tmp_path, roles, stall)
    with worker.process:
        await worker.ready()
        assert (await worker.page("/healthz"))[0] == 200
        worker.mark.touch()
        # A fetch that is under way still brings what comes first.
        await asyncio.sleep(1.5)
        await events_for(settings)
        told = await worker.until("/healthz", lambda status, _: status == 503)

        assert {(found["role"], found["part"]) for found in told["stalled"]} == {(role, part)}
        assert all(found["what_to_do"] and found["since"] for found in told["stalled"])
        assert (await worker.page("/livez"))[0] in (503, 0)
        assert await worker.ends() == ExitCode.STUCK
        assert "part_is_stuck" in worker.process.said()
        (line, *_) = (line for line in worker.process.said().splitlines() if "part_stands_still" in line)
        assert f"part={part}" in line
        assert "what_to_do=" in line


async def test_a_recovery_that_stands_still_ends_the_process(settings: Settings, tmp_path: Path) -> None:
    worker = Watched(settings, tmp_path, "score", "recovery")
    worker.mark.touch()
    with worker.process:
        told = await worker.until("/healthz", lambda status, _: status == 503)

        assert {found["part"] for found in told["stalled"]} == {"recovery"}
        assert await worker.ends() == ExitCode.STUCK


@pytest.mark.long
async def test_a_part_that_moves_again_in_time_is_left_alone(settings: Settings, tmp_path: Path) -> None:
    worker = Watched(settings.model_copy(update={"stuck_after_seconds": 12.0}), tmp_path, "score", "writer")
    with worker.process:
        await worker.ready()
        worker.mark.touch()
        await events_for(settings)
        await worker.until("/healthz", lambda status, _: status == 503)
        worker.mark.unlink()
        await worker.until("/healthz", lambda status, _: status == 200)

        assert worker.process.exit_code is None
        assert len(await read_topic(settings, "alerts")) == 40


async def test_an_idle_worker_stays_healthy(settings: Settings, tmp_path: Path) -> None:
    worker = Watched(settings, tmp_path, "ingest,score,tick,deliver")
    with worker.process:
        await worker.ready()
        for _ in range(15):
            await asyncio.sleep(STUCK_SECONDS / 5)
            assert (await worker.page("/healthz"))[1]["status"] == "ok"


async def test_a_sink_that_is_away_degrades_health_and_ends_nothing(settings: Settings, tmp_path: Path) -> None:
    patient = settings.model_copy(update={"sink_backoff_seconds": 5.0})
    worker = Watched(patient, tmp_path, "score,deliver", "sink away")
    with worker.process:
        await worker.ready()
        worker.mark.touch()
        await events_for(settings)
        told = await worker.until("/healthz", lambda _, told: told.get("status") == "degraded")
        assert told["waiting"] == {"deliver.memory": "memory"}
        await asyncio.sleep(2 * STUCK_SECONDS)

        assert worker.process.exit_code is None
        assert (await worker.page("/livez"))[0] == 200


async def test_a_sink_that_is_away_from_the_start_holds_up_neither_readiness_nor_scoring(
    settings: Settings, tmp_path: Path
) -> None:
    worker = Watched(settings, tmp_path, "score,deliver", "sink closed")
    worker.mark.touch()
    with worker.process:
        await worker.ready()
        await events_for(settings)
        told = await worker.until("/healthz", lambda _, told: told.get("status") == "degraded")
        assert told["waiting"] == {"deliver.memory": "memory"}
        await asyncio.sleep(1.25 * STUCK_SECONDS)
        assert (await worker.page("/livez"))[0] == 200
        assert (await worker.metrics())['foreshock_lost_dependencies{dependency="memory"}'] == 1.0
        assert await read_topic(settings, "alerts")

        worker.mark.unlink()
        await worker.until("/healthz", lambda _, told: told.get("status") == "ok")
        await worker.ready()


@pytest.mark.long
async def test_a_broker_that_is_frozen_is_waited_for_longer_than_a_part_may_be_stuck(tmp_path: Path) -> None:
    with EmbeddedBroker() as broker:
        settings = broker_settings(broker.bootstrap_servers, stuck_after_seconds=STUCK_SECONDS, partitions=2)
        await prepare_topics(settings)
        worker = Watched(settings, tmp_path, "ingest,score,tick,deliver")
        with worker.process:
            await worker.ready()
            await events_for(settings)
            assert broker.pid is not None
            os.kill(broker.pid, signal.SIGSTOP)
            try:
                told = await worker.until("/healthz", lambda _, told: told.get("status") == "degraded")
                assert told["waiting"] == {"worker": "broker"}
                await asyncio.sleep(3 * STUCK_SECONDS)
                assert (await worker.page("/livez"))[0] == 200
                assert (await worker.page("/readyz"))[0] == 503
            finally:
                os.kill(broker.pid, signal.SIGCONT)
            await worker.until("/healthz", lambda _, told: told.get("status") == "ok")
            assert worker.process.exit_code is None
            await worker.ready()


@pytest.mark.long
async def test_a_worker_that_was_frozen_itself_is_not_stuck(settings: Settings, tmp_path: Path) -> None:
    worker = Watched(settings, tmp_path, "tick")
    with worker.process:
        await worker.ready()
        worker.process.signal(signal.SIGSTOP)
        await asyncio.sleep(3 * STUCK_SECONDS)
        worker.process.signal(signal.SIGCONT)
        await asyncio.sleep(STUCK_SECONDS)

        assert worker.process.exit_code is None
        assert (await worker.page("/livez"))[0] == 200


async def test_a_worker_that_gets_no_partition_knows_so_and_is_ready(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    settings = broker_settings(embedded_broker.bootstrap_servers, stuck_after_seconds=STUCK_SECONDS, partitions=1)
    await prepare_topics(settings)
    (tmp_path / "other").mkdir()
    first, second = Watched(settings, tmp_path, "score"), Watched(settings, tmp_path / "other", "score")
    with first.process, second.process:
        await first.ready()
        await second.ready()
        await write_journal(settings, [call(number) for number in range(10)])
        await asyncio.sleep(2 * STUCK_SECONDS)

        assert [(await found.page("/healthz"))[1]["status"] for found in (first, second)] == ["ok", "ok"]


async def test_a_worker_is_not_ready_before_its_group_has_partitions(settings: Settings, tmp_path: Path) -> None:
    worker = Watched(settings, tmp_path, "ingest,score,deliver")
    with worker.process:
        early = await worker.until("/readyz", lambda status, _: status != 0)
        await worker.ready()

    assert early["ready"] is False
    assert not early["parts"].get("score")
    assert "state_recovered" in worker.process.said()


@pytest.fixture
async def on_kafka(apache_kafka: str) -> Settings:
    """The same on Apache Kafka, which removes records when asked and waits for slow members of a group."""
    settings = broker_settings(
        apache_kafka,
        producer_idempotence=True,
        session_timeout_seconds=6.0,
        heartbeat_seconds=1.0,
        stuck_after_seconds=STUCK_SECONDS,
        partitions=1,
    )
    await prepare_topics(settings)
    return settings


async def carried(settings: Settings, topic: str, count: int) -> None:
    """Wait until so many records are on a topic."""
    for _ in range(600):
        if len(await read_topic(settings, topic)) >= count:
            return
        await asyncio.sleep(0.2)
    raise AssertionError(f"{topic} never had {count} records")


async def source(settings: Settings, numbers: range) -> None:
    """Send events as an insurer does."""
    producer = new_producer(settings)
    await producer.start()
    try:
        records = [Record(None, encode(call(number))) for number in numbers]
        await send_records(producer, settings.topic("calls"), 0, records)
    finally:
        await producer.stop()


async def journal(settings: Settings, numbers: range) -> None:
    """Write one journal record per event."""
    await write_journal(settings, [call(number) for number in numbers], max_lines=1)


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.parametrize(
    ("role", "topic", "write", "follows"),
    [("score", "journal", journal, "alerts"), ("ingest", "calls", source, "journal")],
    ids=["journal", "source"],
)
async def test_what_was_removed_before_it_was_read_fails_health_until_a_restart(
    on_kafka: Settings,
    tmp_path: Path,
    role: str,
    topic: str,
    write: Callable[[Settings, range], Awaitable[None]],
    follows: str,
) -> None:
    worker = Watched(on_kafka, tmp_path, role)
    with worker.process:
        await write(on_kafka, range(10))
        await worker.ready()
        await carried(on_kafka, follows, 1)
        # What is read is committed within a second.
        await asyncio.sleep(2.0)
        worker.process.signal(signal.SIGTERM)
        assert await worker.ends() == ExitCode.STOPPED
        await write(on_kafka, range(10, 30))
        await delete_before(on_kafka, topic, 25)
        worker.process.start()
        told = await worker.until("/healthz", lambda _, told: told.get("status") == "holes")

        (hole,) = told["holes"]
        assert (hole["topic"], hole["first"], hole["last"]) == (on_kafka.topic(topic), 10, 24)
        assert hole["positions"] == 15
        assert hole["what_to_do"]
        assert (await worker.metrics())[f'foreshock_skipped_positions_total{{group="{role}"}}'] == 15
        assert (await worker.page("/healthz"))[0] == 503
        assert (await worker.page("/livez"))[0] == 200
        worker.process.signal(signal.SIGTERM)
        await worker.ends()
        worker.process.start()
        await worker.ready()

        assert (await worker.page("/healthz"))[1]["status"] == "ok"


class Hangs(ConsumerRebalanceListener):  # type: ignore[misc]
    """A member that never lets go of its partitions, while its heartbeats go on."""

    def __init__(self) -> None:
        self.released = asyncio.Event()

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Hang, once there is something to let go of."""
        if revoked:
            await self.released.wait()

    async def on_partitions_assigned(self, assigned: object) -> None:
        """Take them."""


@pytest.mark.long
@pytest.mark.kafka
@pytest.mark.slow
async def test_a_rebalance_that_does_not_end_is_told_before_it_ends_anything(
    on_kafka: Settings, tmp_path: Path
) -> None:
    hangs = Hangs()
    hanging = AIOKafkaConsumer(
        bootstrap_servers=on_kafka.bootstrap_servers,
        group_id=on_kafka.topic("ingest"),
        session_timeout_ms=6000,
        heartbeat_interval_ms=1000,
        rebalance_timeout_ms=60_000,
    )
    hanging.subscribe([on_kafka.topic("calls")], listener=hangs)
    await hanging.start()
    while not hanging.assignment():
        await hanging.getmany(timeout_ms=100)
    worker = Watched(on_kafka, tmp_path, "ingest")
    try:
        with worker.process:
            told = await worker.until("/healthz", lambda status, _: status == 503)

            assert {(found["role"], found["part"]) for found in told["stalled"]} == {("ingest", "group")}
            assert (await worker.page("/readyz"))[0] == 503
            assert worker.process.exit_code is None
    finally:
        hangs.released.set()
        await hanging.stop()
