"""The learner is broken off and taken up again; its snapshots are those of a run that nobody disturbed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from models.features import NAMES
from models.learner import Learner
from models.parameters.learning import LearningParams
from models.params import Params
from schemas.codec import decode_journal_line, encode
from schemas.errors import ConfigurationError
from schemas.examples import RiskExample
from schemas.signing import is_authentic
from schemas.ticks import SnapshotNotice
from sinks.prometheus import Metrics
from streams.agents.learn import run_learn
from streams.broker import EmbeddedBroker
from streams.connections import new_producer
from streams.outbox import Record, send_records
from streams.settings import Settings
from streams.snapshots import newest_snapshot, snapshot_key_of, unpacked
from streams.wiring import learner_of
from tests.support.examples import risk_example
from tests.support.journal import broker_settings, prepare_topics, read_topic

pytestmark = pytest.mark.broker

SOME_TIME = datetime(2026, 1, 5, tzinfo=UTC)
PARAMS = Params(learning=LearningParams(snapshot_examples=20))


def example(number: int) -> RiskExample:
    return risk_example(
        number,
        source=(number % 4, number, 0, 0),
        customer_key=f"c_{number % 7}",
        released_at=SOME_TIME + timedelta(hours=number),
        dense=tuple(float((number * index) % 3) for index in range(len(NAMES))),
        hashed=(number % 11, 100 + number % 13),
    )


def undisturbed(examples: Iterable[RiskExample]) -> list[bytes]:
    """The weights of every snapshot that one learner makes in one go."""
    learner, snapshots = Learner(PARAMS), []
    for one in examples:
        learner.learn(one)
        if learner.is_due():
            snapshots.append(encode(learner.snapshot().weights))
    return snapshots


async def write_examples(settings: Settings, examples: Iterable[RiskExample]) -> None:
    producer = new_producer(settings)
    await producer.start()
    try:
        await send_records(producer, settings.topic("examples"), 0, [Record(None, encode(one)) for one in examples])
    finally:
        await producer.stop()


async def learn_until(settings: Settings, number: int) -> Metrics:
    """Run a learner until it has published this snapshot, then break it off."""
    metrics = Metrics(CollectorRegistry())
    outlet = new_producer(settings)
    await outlet.start()
    task = asyncio.create_task(run_learn(settings, learner_of(PARAMS), outlet, metrics, asyncio.Event()))
    try:
        async with asyncio.timeout(150):
            while metrics.published._value.get() < number:
                assert not task.done(), task
                await asyncio.sleep(0.01)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await outlet.stop()
    return metrics


@pytest.fixture
async def settings(embedded_broker: EmbeddedBroker) -> Settings:
    settings = broker_settings(embedded_broker.bootstrap_servers)
    await prepare_topics(settings)
    return settings


async def test_a_partition_that_goes_elsewhere_while_the_learner_takes_up_is_taken_up_when_it_comes_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen with three workers that start at once: the learner's role ended, and with it the worker."""
    looks = 0

    async def seek(consumer: AIOKafkaConsumer, *tps: TopicPartition) -> None:
        nonlocal looks
        is_learner = consumer._group_id is not None  # others only read snapshots
        looks += is_learner
        if is_learner and looks == 1:
            raise IllegalStateError("No current assignment for partition")
        await stock(consumer, *tps)

    stock = AIOKafkaConsumer.seek_to_beginning
    monkeypatch.setattr(AIOKafkaConsumer, "seek_to_beginning", seek)
    await write_examples(settings, [example(number) for number in range(25)])

    await learn_until(settings, 1)

    assert looks == 2


async def test_a_learner_that_was_broken_off_makes_the_snapshots_of_an_undisturbed_one(settings: Settings) -> None:
    examples = [example(number) for number in range(110)]
    # A scorer that crashed sends examples again; they count once.
    await write_examples(settings, [*examples[:50], *examples[20:70]])
    await learn_until(settings, 2)
    await write_examples(settings, examples[60:])
    await learn_until(settings, 5)

    snapshots = [unpacked(record.value) for record in await read_topic(settings, "snapshots", 1)]
    by_number = {snapshot.weights.number: encode(snapshot.weights) for snapshot in snapshots}

    assert [by_number[number] for number in sorted(by_number)] == undisturbed(examples)


async def test_every_partition_of_the_journal_hears_of_every_snapshot(settings: Settings) -> None:
    await write_examples(settings, [example(number) for number in range(45)])
    await learn_until(settings, 2)

    heard: dict[int, list[int]] = {}
    key = settings.snapshot_secret()
    for record in await read_topic(settings, "journal"):
        notice = decode_journal_line(record.value)
        assert isinstance(notice, SnapshotNotice)
        assert is_authentic(notice, key)
        heard.setdefault(record.partition, []).append(notice.weights.number)

    assert heard == {partition: [1, 2] for partition in range(settings.partitions)}


async def test_a_learner_that_takes_up_announces_its_snapshot_again(settings: Settings) -> None:
    await write_examples(settings, [example(number) for number in range(25)])
    await learn_until(settings, 1)
    metrics = await learn_until(settings, 1)

    notices = [orjson.loads(record.value)["weights"]["number"] for record in await read_topic(settings, "journal")]

    assert notices == [1] * settings.partitions * 2
    assert metrics.published._value.get() == 1


async def test_without_a_snapshot_there_is_no_newest_one(settings: Settings) -> None:
    assert await newest_snapshot(settings) is None


async def altered(settings: Settings, **changes: object) -> None:
    """Write the newest snapshot again with something changed, as somebody would who may write to the topic."""
    newest = await newest_snapshot(settings)
    assert newest is not None
    forged = newest.model_copy(update=changes)
    await write_snapshots(settings, Record(snapshot_key_of(forged.model, forged.weights.number), encode(forged)))


async def write_snapshots(settings: Settings, *records: Record) -> None:
    """Write records to the topic of snapshots."""
    producer = new_producer(settings)
    await producer.start()
    try:
        await send_records(producer, settings.topic("snapshots"), 0, records)
    finally:
        await producer.stop()


@pytest.mark.parametrize("changes", [{"learner": {"lines": {}}}, {"signature": None}, {"signature": "0" * 64}])
async def test_a_learner_does_not_go_on_from_a_snapshot_that_somebody_changed(
    settings: Settings, changes: dict[str, object]
) -> None:
    await write_examples(settings, [example(number) for number in range(25)])
    await learn_until(settings, 1)
    await altered(settings, **changes)

    with pytest.raises(ConfigurationError, match="bears no signature of ours"):
        await asyncio.wait_for(run_once(settings), 120)


async def test_a_learner_with_another_key_does_not_go_on(settings: Settings) -> None:
    await write_examples(settings, [example(number) for number in range(25)])
    await learn_until(settings, 1)

    with pytest.raises(ConfigurationError, match="FORESHOCK_SNAPSHOT_KEY"):
        await asyncio.wait_for(
            run_once(settings.model_copy(update={"snapshot_key": SecretStr("another key" * 3)})), 120
        )


async def test_a_record_that_somebody_else_wrote_is_no_snapshot(settings: Settings) -> None:
    await write_examples(settings, [example(number) for number in range(25)])
    await learn_until(settings, 1)
    await write_snapshots(settings, Record(b"hello", b"world"), Record(None, b"\xff"))

    newest = await newest_snapshot(settings)

    assert newest is not None
    assert newest.weights.number == 1


async def test_a_snapshot_that_cannot_be_read_says_how_to_delete_it_and_then_the_one_before_counts(
    settings: Settings,
) -> None:
    await write_examples(settings, [example(number) for number in range(25)])
    await learn_until(settings, 1)
    await write_snapshots(settings, Record(b"risk/7", b"world"))

    with pytest.raises(ConfigurationError, match=r"snapshot 7 on .* delete that record by one with the same key"):
        await newest_snapshot(settings)
    await write_snapshots(settings, Record(b"risk/7", None))
    newest = await newest_snapshot(settings)

    assert newest is not None
    assert newest.weights.number == 1


async def test_an_old_snapshot_does_not_pass_for_the_newest(settings: Settings) -> None:
    await write_examples(settings, [example(number) for number in range(25)])
    await learn_until(settings, 1)
    (record, *_) = await read_topic(settings, "snapshots", 1)
    producer = new_producer(settings)
    await producer.start()
    try:
        await send_records(producer, settings.topic("snapshots"), 0, [Record(b"risk/99", record.value)])
    finally:
        await producer.stop()

    with pytest.raises(ConfigurationError, match=r"record 99 .* holds snapshot 1"):
        await asyncio.wait_for(run_once(settings), 120)


async def run_once(settings: Settings) -> None:
    """Run a learner until it ends by itself."""
    outlet = new_producer(settings)
    await outlet.start()
    try:
        await run_learn(settings, learner_of(PARAMS), outlet, Metrics(CollectorRegistry()), asyncio.Event())
    finally:
        await outlet.stop()
