"""States and their journal: many rows to read back, and a journal that is created anew."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random

import orjson
from aiokafka.errors import KafkaError

from bench.faults.feeder import Parcel, draw
from bench.faults.scenario import scenario
from bench.faults.settling import has_gone_through
from bench.faults.stage import Stage
from bench.faults.tape import Tape
from bench.faults.truth import Truth, truth_of
from models.forgetting import SETTLED_RECORDS
from models.intake import Intake
from models.params import Params
from models.pseudonym import Pseudonymiser, partition_of
from models.replaying import EventReplay
from models.rows import encode_row
from models.state import CustomerState
from models.timers import next_due
from schemas.catalogue import SOURCE_TOPICS
from schemas.codec import encode
from schemas.errors import UnreadableMessageError
from schemas.ticks import Tick
from streams.connections import new_producer
from streams.exits import ExitCode
from streams.outbox import Record, send_records
from streams.topics import CHANGELOG, create_topics

MANY = 200_000
"""Customers to be read back."""
_NOT_DUE_BEFORE = 1_800_000_000.0
"""Seconds since 1970, in January 2027: whoever is due later sleeps through every scenario."""
_OWN_EVENT = re.compile(rb'"occurred_at":"(?P<at>[^"]+)","customer_id":"(?P<customer>[^"]+)"')
"""Where an event says whose it is and when it happened."""
_PATIENCE_SECONDS = 300.0
"""How long is waited for the first row to be removed."""


def sleepers() -> list[CustomerState]:
    """Return real states of customers for whom nothing is due."""
    replay = EventReplay(Intake(Pseudonymiser(b"a secret of no consequence"), 1, None), Params())
    for parcel in draw(2_000, seed=3):
        try:
            replay.take(parcel.value, SOURCE_TOPICS[parcel.topic])
        except UnreadableMessageError:
            continue
    found = []
    for state in replay.states.values():
        asleep = state.copy()
        asleep.predictions, asleep.claims, asleep.promises, asleep.alerts = (), (), (), ()
        asleep.feedback_at, asleep.conversation = 0.0, None
        asleep.epoch = "before"
        asleep.due = next_due(asleep, Params())
        if asleep.due > _NOT_DUE_BEFORE:
            found.append(asleep)
    return found


async def _fill(stage: Stage) -> None:
    """Put many rows of an earlier journal into the changelog."""
    rows = list(map(encode_row, sleepers()))
    partitions = stage.settings.partitions
    stage.before = Truth()
    records: dict[int, list[Record]] = {partition: [] for partition in range(partitions)}
    for number in range(MANY):
        key, row = f"c_{number:026}".encode(), rows[number % len(rows)]
        partition = partition_of(key.decode(), partitions)
        records[partition].append(Record(key, row))
        stage.before.rows[partition, key] = row
    producer = new_producer(stage.settings)
    await producer.start()
    try:
        for partition, found in records.items():
            await send_records(producer, stage.settings.topic(CHANGELOG), partition, found)
    finally:
        await producer.stop()
    stage.note(f"{MANY:,} rows of {len(rows)} kinds are in the changelog")


@scenario("many-rows", f"{MANY:,} customers to read back; SIGKILL twice", set_up=_fill, short_on=("embedded",))
async def many_rows(stage: Stage) -> None:
    """Kill a worker that has much to recover."""
    for share in (0.3, 0.65):
        await stage.fed(share)
        await stage.worker("a").kill()
        await stage.restart("a")


def _with_erasures(parcels: Sequence[Parcel], random: Random) -> list[Parcel]:
    """Let customers ask to be forgotten: half of them behind their last event, and a few who come back later."""
    found = []
    last = {parcel.key: number for number, parcel in enumerate(parcels)}
    for number, parcel in enumerate(parcels):
        found.append(parcel)
        event = _OWN_EVENT.search(parcel.value)
        asks = random.random() < (1 / 2 if last[parcel.key] == number else 1 / 240)
        if event is not None and asks:
            wish = {
                "kind": "action",
                "event_id": f"erase-{number}",
                "customer_id": event["customer"].decode(),
                "occurred_at": event["at"].decode(),
                "action": "erase",
            }
            found.append(Parcel("actions", parcel.key, orjson.dumps(wish)))
    return found


@scenario(
    "tombstones",
    "customers are forgotten and their rows removed; SIGKILL before, between and after",
    settings={"partitions": 2, "journal_retention_hours": 12},
    params="[params.memory]\ntombstone_after_days = 1\n",
    spoil=_with_erasures,
)
async def tombstones(stage: Stage) -> None:
    """Remove rows, and replay what came before and after."""
    worker = stage.worker("a")
    await stage.fed(0.4)
    await worker.kill()
    await stage.restart("a")
    tape = Tape(stage.settings)
    await tape.start()
    try:
        await _go_through(stage, tape)
        # Rows are removed only where no crash reaches any more: so many journal records later.
        tick = encode(Tick(at=datetime(2026, 1, 5, tzinfo=UTC), partition=0))
        for partition in range(stage.settings.partitions):
            await stage.write("journal", partition, *[tick] * (SETTLED_RECORDS + 500))
        stage.feeder.go_on()
        stage.expect(await _removes(tape), "no row was removed")
    finally:
        await tape.stop()
    for share in (0.7, 0.9):
        await stage.fed(share)
        await worker.kill()
        await stage.restart("a")


async def _go_through(stage: Stage, tape: Tape) -> None:
    """Feed nothing more, and wait until everything fed has gone through."""
    stage.feeder.pause()
    await has_gone_through(stage, tape)


async def _removes(tape: Tape) -> bool:
    """Read on until a row is removed from the changelog; tell whether one was."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        await tape.read_on()
        if any(record.value is None for record in tape.records[CHANGELOG]):
            return True
    return False


@scenario("journal-anew", "the journal is deleted and created anew: other epoch, same states", needs=("delete",))
async def journal_anew(stage: Stage) -> None:
    """Start offsets over under states that know higher ones."""
    await stage.fed(0.4)
    worker = stage.worker("a")
    tape = Tape(stage.settings)
    await tape.start()
    try:
        await _go_through(stage, tape)
        await worker.stop()
        await tape.read_to_the_end()
        stage.expect(tape.is_through(), "the first journal was not gone through")
    finally:
        await tape.stop()
    stage.before = truth_of(stage.settings, tape.records["journal"])
    stage.before.accounted = tape.accounted
    await _create_anew(stage)
    stage.journal_since = time.time()
    stage.feeder.go_on()

    worker.start()
    await worker.has_said("journal_was_recreated")
    await asyncio.sleep(1.0)
    stage.expect(worker.exits == [ExitCode.CONFIGURATION], "states ahead of the journal were not noticed")
    worker.exits.clear()

    stage.settings = stage.settings.model_copy(update={"journal_epoch": "1"})
    stage.start("a2")


async def _create_anew(stage: Stage) -> None:
    """Delete the journal and create it again."""
    name = stage.settings.topic("journal")
    async with stage.broker.admin() as admin:
        await admin.delete_topics([name])
        for _ in range(100):
            if all(found["topic"] != name for found in await admin.describe_topics()):
                break
            await asyncio.sleep(0.1)
    for _ in range(20):
        try:
            if name in await create_topics(stage.settings):
                break
        except KafkaError:
            pass
        await asyncio.sleep(0.5)
    stage.note("the journal is created anew")
