"""Another number of partitions: workers stop, states are carried over, workers go on, and nobody can tell."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import orjson
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError, GroupLoadInProgressError

import foreshock.migrating.carrying as carrying
from foreshock.alerting.silencing import read_silences
from foreshock.broker.commanding import write_command
from foreshock.migrating.carrying import Carried, UnlikeError, migrate
from foreshock.migrating.rest import NotAtRestError
from foreshock.simulate.emission import Emission
from foreshock.simulate.feed import feed
from models.params import load_params
from models.partition import decode_partition, engine_key
from models.pseudonym import partition_of
from models.replaying import JournalReplay
from models.rows import decode_row
from models.state import CustomerState
from schemas.codec import encode
from schemas.errors import ConfigurationError
from schemas.silences import SilenceCommand
from schemas.ticks import Tick
from streams.broker import EmbeddedBroker
from streams.connections import new_producer
from streams.exits import ExitCode
from streams.outbox import Record, send_records
from streams.settings import Settings
from streams.topics import CHANGELOG, check_topics, create_topics
from tests.support.journal import broker_settings, call, prepare_topics, read_topic, write_journal
from tests.support.outcomes import alerts_on_topic, settled
from tests.support.parity import START_AT, prepared, worker_of, world

BEFORE, AFTER = 3, 5
POSITIONS = {"epoch", "offset", "line", "lives", "spent", "room"}
"""What of a state belongs to one journal only."""


class Part(NamedTuple):
    """Some of a world's events."""

    emissions: list[Emission]

    def events(self) -> Iterator[Emission]:
        return iter(self.emissions)


def halves() -> tuple[Part, Part]:
    emissions = list(world().events())
    return Part(emissions[: len(emissions) // 2]), Part(emissions[len(emissions) // 2 :])


async def work_through(settings: Settings, folder: Path, part: Part, roles: str) -> None:
    """Let a worker of these settings take in a part of the world, and stop."""
    variables = {
        "FORESHOCK_PARTITIONS": str(settings.partitions),
        "FORESHOCK_JOURNAL_GENERATION": str(settings.journal_generation),
    }
    with worker_of(settings, folder, roles, **variables) as worker:
        fed = await feed(part, settings.bootstrap_servers, settings.topic_prefix, None, asyncio.Event())  # type: ignore[arg-type]
        await settled(settings, fed)
        worker.signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.wait) == ExitCode.STOPPED, worker.said()[-3000:]


async def states_of(settings: Settings) -> dict[str, CustomerState]:
    """The state of every customer, who must have one row in one partition, and that the right one."""
    rows = {(r.partition, r.key): r.value for r in await read_topic(settings, CHANGELOG) if not r.key.startswith(b"@")}
    left = {place: row for place, row in rows.items() if row is not None}
    assert all(partition == partition_of(key.decode(), settings.partitions) for partition, key in left)
    return {key.decode(): decode_row(row) for (_, key), row in left.items()}


def timed(records: Iterable[Any]) -> Iterator[tuple[float, int, bytes]]:
    """The lines of a journal with their partition and the clock that they were met at."""
    clocks: dict[int, float] = {}
    for record in records:
        for line in (record.value or b"").split(b"\n"):
            if b'"kind":"tick"' in line:
                clocks[record.partition] = Tick.model_validate_json(line).at.timestamp()
            yield clocks.get(record.partition, 0.0), record.partition, line


def control(settings: Settings, journals: Iterable[list[Any]]) -> tuple[dict[str, CustomerState], dict[Any, bytes]]:
    """The same messages in five partitions from the start: states of all customers, and alerts."""
    params = load_params(settings.params_file, settings.organisation, settings.pack)
    replay = JournalReplay(params, "control", settings.snapshot_secret(), AFTER)
    offsets: Counter[int] = Counter()
    alerts: dict[Any, bytes] = {}
    for journal in journals:
        lines = sorted(timed(journal), key=lambda each: each[0])
        for at, together in groupby(lines, key=lambda each: each[0]):
            spread: dict[int, list[bytes]] = {number: [] for number in range(AFTER)}
            for _, _, line in together:
                if b'"kind":"tick"' not in line:
                    spread[partition_of(orjson.loads(line)["customer_id"], AFTER)].append(line)
            for number, said in spread.items():
                if at:
                    tick = Tick(at=f"{at}", partition=number)  # type: ignore[arg-type]
                    said.insert(0, encode(tick))
                for taken in replay.take(number, offsets[number], said):
                    assert isinstance(taken, tuple)
                    alerts |= {(alert.alert_id, alert.sequence): placeless(encode(alert)) for alert in taken[1].alerts}
                offsets[number] += 1
    return {key: state for states in replay.states.values() for key, state in states.items()}, alerts


def placeless(alert: bytes) -> bytes:
    """An alert without where in which journal it comes from."""
    return orjson.dumps({name: value for name, value in orjson.loads(alert).items() if name != "position"})


def comparable(state: CustomerState) -> Mapping[str, object]:
    """A state without where in which journal it comes from; lists and tuples are alike."""
    found = {field.name: getattr(state, field.name) for field in fields(state) if field.name not in POSITIONS}
    return orjson.loads(orjson.dumps(found, default=tuple))  # type: ignore[no-any-return]


async def test_customers_go_on_in_other_partitions_as_if_they_had_always_been_there(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    settings = await prepared(embedded_broker, tmp_path)
    first, second = halves()
    await work_through(settings, tmp_path, first, "ingest,score")
    before = await states_of(settings)
    open_before = {(key, alert.number) for key, state in before.items() for alert in state.alerts}
    assert open_before, "no alert is open at the migration: the test shows less than it says"

    carried = await migrate(settings, AFTER, all_stopped=True)
    after = carried.after
    assert await states_of(after) == before
    assert sum(tally.rows for tally in carried.tallies) == len(before)

    await work_through(after, tmp_path, second, "ingest,score")
    states, alerts = control(settings, [await read_topic(settings, "journal"), await read_topic(after, "journal")])
    found = await states_of(after)
    assert {key: comparable(state) for key, state in found.items()} == {
        key: comparable(state) for key, state in states.items()
    }
    told = await read_topic(settings, "alerts")
    assert len(told) == len(await alerts_on_topic(settings)), "an alert was told twice"
    assert {place: placeless(raw) for place, raw in (await alerts_on_topic(settings)).items()} == alerts
    assert open_before & {(key, alert.number) for key, state in found.items() for alert in state.alerts}
    for topic in ("alerts", "risk", "ledger", "suppressions"):
        for record in await read_topic(settings, topic):
            assert record.partition == partition_of(record.key.decode(), BEFORE), "a customer moved on an output"


@pytest.mark.timeout(600)
async def test_the_model_goes_on_and_so_does_the_learner(embedded_broker: EmbeddedBroker, tmp_path: Path) -> None:
    settings = await prepared(embedded_broker, tmp_path)
    first, second = halves()
    await work_through(settings, tmp_path, first, "ingest,score,learn")

    after = (await migrate(settings, 2, all_stopped=True)).after
    kept = [decode_partition(row) for row in await engine_rows(after)]
    assert len(kept) == 2
    assert kept[0].snapshot == kept[1].snapshot > 0
    assert sum(state.customers for state in kept) == len(
        [state for state in (await states_of(after)).values() if not state.forgotten_at]
    )

    await work_through(after, tmp_path, second, "ingest,score,learn")
    assert min(decode_partition(row).snapshot for row in await engine_rows(after)) > kept[0].snapshot
    told = await read_topic(settings, "alerts")
    assert len({(r["alert_id"], r["sequence"]) for r in (orjson.loads(t.value) for t in told)}) == len(told)


async def engine_rows(settings: Settings) -> list[bytes]:
    keys = {engine_key(number).encode() for number in range(settings.partitions)}
    return list({r.key: r.value for r in await read_topic(settings, CHANGELOG) if r.key in keys}.values())


@pytest.fixture
async def rested(embedded_broker: EmbeddedBroker, tmp_path: Path) -> Settings:
    """A journal of some events, all scored, and nobody at work."""
    settings = await prepared(embedded_broker, tmp_path)
    await write_journal(settings, [call(number, 40) for number in range(120)])
    with worker_of(settings, tmp_path, "score") as worker:
        await settled(settings, 120)
        worker.signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.wait) == ExitCode.STOPPED
    return settings


@pytest.mark.parametrize("sent", [0, 2, 4])
async def test_a_migration_that_ends_halfway_has_changed_nothing_and_is_run_again(
    rested: Settings, monkeypatch: pytest.MonkeyPatch, sent: int
) -> None:
    before = await states_of(rested)
    portions = Counter[str]()

    async def sends_some(producer: Any, topic: str, partition: int, records: list[Record]) -> int | None:
        portions[topic] += 1
        if portions[topic] > sent:
            raise ConnectionError("the machine is gone")
        return await send_records(producer, topic, partition, records)

    with monkeypatch.context() as patch:
        patch.setattr(carrying, "send_records", sends_some)
        with pytest.raises(ConnectionError):
            await migrate(rested, AFTER, all_stopped=True)

    await check_topics(rested)  # workers may go on as before
    half = following(rested, AFTER)
    with pytest.raises(ConfigurationError, match=r"journal\.2 does not exist: run `foreshock migrate`"):
        await check_topics(half)
    # What an attempt before has left there, and is nobody's state any more.
    await write(half, partition_of("c_gone", AFTER), Record(b"c_gone", next(iter(await rows(rested)))))

    carried = await migrate(rested, AFTER, all_stopped=True)

    assert await states_of(carried.after) == before
    assert carried.customers == len(before) == 40


async def rows(settings: Settings) -> list[bytes]:
    return [r.value for r in await read_topic(settings, CHANGELOG) if r.key.startswith(b"c_") and r.value]


def following(settings: Settings, partitions: int) -> Settings:
    return settings.model_copy(update={"journal_generation": 2, "partitions": partitions})


async def write(settings: Settings, partition: int, record: Record, topic: str = CHANGELOG) -> None:
    producer = new_producer(settings)
    await producer.start()
    try:
        await send_records(producer, settings.topic(topic), partition, [record])
    finally:
        await producer.stop()


async def test_old_settings_are_refused_once_the_new_journal_is_there(rested: Settings, tmp_path: Path) -> None:
    carried = await migrate(rested, AFTER, all_stopped=True)

    with worker_of(rested, tmp_path, "ingest") as worker:
        assert await asyncio.to_thread(worker.wait) == ExitCode.CONFIGURATION
    assert "FORESHOCK_JOURNAL_GENERATION=2 and FORESHOCK_PARTITIONS=5" in worker.said()
    with pytest.raises(ConfigurationError, match="has taken the place of"):
        await migrate(rested, AFTER, all_stopped=True)
    assert await create_topics(carried.after) == []
    await check_topics(carried.after)
    back = await migrate(carried.after, BEFORE, all_stopped=True)
    assert await states_of(back.after) == await states_of(rested)


async def test_a_silence_holds_on_and_is_still_listed(embedded_broker: EmbeddedBroker, tmp_path: Path) -> None:
    settings = await prepared(embedded_broker, tmp_path)
    silence = SilenceCommand(
        partition=0, name="typhoon", command="set", until=datetime(2100, 1, 1, tzinfo=UTC), by="li", at=START_AT
    )
    await write_command(settings, silence, settings.snapshot_secret())
    with worker_of(settings, tmp_path, "score") as worker:
        await settled(settings, 0)
        worker.signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.wait) == ExitCode.STOPPED

    after = (await migrate(settings, AFTER, all_stopped=True)).after

    assert [silence.name for row in await engine_rows(after) for silence in decode_partition(row).silences] == [
        "typhoon"
    ] * AFTER
    assert list(await read_silences(after)) == ["typhoon"]


async def test_what_is_left_to_score_is_never_left_behind(rested: Settings) -> None:
    await write_journal(rested, [call(500, 40)])

    with pytest.raises(NotAtRestError, match=rf"not been scored: 1 of partition {partition_of('c_20', BEFORE)}\."):
        await migrate(rested, AFTER, all_stopped=True)


async def test_what_is_written_meanwhile_keeps_the_new_journal_from_being_made(
    rested: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = carrying._verify

    async def a_tick_comes(carried: Carried, tell: carrying.Tell) -> None:
        await verify(carried, tell)
        await write_journal(rested, [call(500, 40)])

    monkeypatch.setattr(carrying, "_verify", a_tick_comes)
    with pytest.raises(NotAtRestError, match=r"1 records were written to .*journal meanwhile"):
        await migrate(rested, AFTER, all_stopped=True)
    await check_topics(rested)


async def test_a_row_that_arrives_changed_is_noticed(rested: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async def changes_one(producer: Any, topic: str, partition: int, records: list[Record]) -> int | None:
        kept = [replace_stage(record) if record.key == b"c_7" else record for record in records]
        return await send_records(producer, topic, partition, kept)

    monkeypatch.setattr(carrying, "send_records", changes_one)
    with pytest.raises(UnlikeError, match=f"partition {partition_of('c_7', AFTER)} of"):
        await migrate(rested, AFTER, all_stopped=True)


def replace_stage(record: Record) -> Record:
    from models.rows import encode_row

    assert record.value is not None
    return record._replace(value=encode_row(replace(decode_row(record.value), events=99)))


async def test_a_dry_run_counts_and_writes_nothing(rested: Settings) -> None:
    carried = await migrate(rested, AFTER, dry_run=True, all_stopped=True)

    assert carried.customers == 40
    assert not carried.written
    with pytest.raises(ConfigurationError, match="does not exist"):
        await check_topics(following(rested, AFTER))


async def test_an_installation_that_has_not_begun_can_have_another_number_too(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    settings = await prepared(embedded_broker, tmp_path)

    carried = await migrate(settings, AFTER, all_stopped=True)

    assert (carried.customers, carried.written) == (0, True)
    await check_topics(carried.after)


async def test_workers_that_are_still_there_are_noticed(embedded_broker: EmbeddedBroker, tmp_path: Path) -> None:
    settings = await prepared(embedded_broker, tmp_path)
    with worker_of(settings, tmp_path, "score") as worker:
        await worker.has_said("state_recovered")
        with pytest.raises(NotAtRestError, match=r"in the group .*score: stop every worker"):
            await migrate(settings, AFTER)


async def test_a_broker_that_is_still_reading_its_groups_is_asked_again(
    rested: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Any] = [GroupCoordinatorNotAvailableError(), GroupLoadInProgressError()]

    async def describe(_: AIOKafkaAdminClient, groups: list[str]) -> list[Any]:
        if answers:
            raise answers.pop()
        return [SimpleNamespace(groups=[("", *groups, "Empty", "", "", [])])]

    monkeypatch.setattr(AIOKafkaAdminClient, "describe_consumer_groups", describe)

    assert (await migrate(rested, AFTER, dry_run=True)).customers == 40
    assert not answers


@pytest.mark.kafka
@pytest.mark.long
async def test_on_apache_kafka_the_broker_says_who_is_still_there_and_the_rest_is_the_same(
    apache_kafka: str, tmp_path: Path
) -> None:
    settings = broker_settings(
        apache_kafka,
        partitions=BEFORE,
        clock="event",
        producer_idempotence=True,
        session_timeout_seconds=6.0,
        heartbeat_seconds=1.0,
    )
    await prepare_topics(settings)
    await write_journal(settings, [call(number, 40) for number in range(120)])
    with worker_of(settings, tmp_path, "score") as worker:
        await settled(settings, 120)
        with pytest.raises(NotAtRestError, match=r"1 member is in the group .*score"):
            await migrate(settings, AFTER)
        worker.signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.wait) == ExitCode.STOPPED

    carried = await migrate(settings, AFTER)

    assert await states_of(carried.after) == await states_of(settings)
    await write_journal(carried.after, [call(number, 40) for number in range(120, 160)])
    variables = {"FORESHOCK_PARTITIONS": str(AFTER), "FORESHOCK_JOURNAL_GENERATION": "2"}
    with worker_of(carried.after, tmp_path, "score", **variables):
        await settled(carried.after, 40)
    assert {state.events for state in (await states_of(carried.after)).values()} == {4}
