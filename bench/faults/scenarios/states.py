"""States and their journal: many rows to read back, and a journal that is created anew."""

from __future__ import annotations

import asyncio
import time

from aiokafka.errors import KafkaError

from bench.faults.feeder import draw
from bench.faults.scenario import scenario
from bench.faults.settling import has_gone_through
from bench.faults.stage import Stage
from bench.faults.tape import Tape
from bench.faults.truth import Truth, truth_of
from models.intake import Intake
from models.params import Params
from models.pseudonym import Pseudonymiser, partition_of
from models.replaying import EventReplay
from models.state import CustomerState, encode_row
from models.timers import next_due
from schemas.catalogue import SOURCE_TOPICS
from schemas.errors import UnreadableMessageError
from streams.connections import new_producer
from streams.exits import ExitCode
from streams.outbox import Record, send_records
from streams.topics import CHANGELOG, create_topics

MANY = 200_000
"""Customers to be read back."""
_NOT_DUE_BEFORE = 2_000_000_000.0
"""Seconds since 1970, in 2033: whoever is due later sleeps through every scenario."""


def _sleepers() -> list[CustomerState]:
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
        if next_due(asleep, Params()) > _NOT_DUE_BEFORE:
            found.append(asleep)
    return found


async def _fill(stage: Stage) -> None:
    """Put many rows of an earlier journal into the changelog."""
    rows = list(map(encode_row, _sleepers()))
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


@scenario("journal-anew", "the journal is deleted and created anew: other epoch, same states", needs=("delete",))
async def journal_anew(stage: Stage) -> None:
    """Start offsets over under states that know higher ones."""
    await stage.fed(0.4)
    stage.feeder.pause()
    worker = stage.worker("a")
    tape = Tape(stage.settings)
    await tape.start()
    try:
        await has_gone_through(stage, tape)
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
