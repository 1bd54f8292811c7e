"""The same journal through workers that are killed and through replay gives the same alerts about many customers."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from foreshock.aggregating.explained import explained
from foreshock.aggregating.offline import Aggregates
from foreshock.explaining.basis import Basis
from foreshock.explaining.sources import Journal
from models.aggregates.rows import OWN_KEY, decode_progress
from models.params import load_params
from schemas.aggregates import AggregateAlert
from schemas.catalogue import SOURCE_TOPICS
from schemas.codec import decode_as, encode
from schemas.errors import UnreadableMessageError
from schemas.ticks import Tick
from streams.broker import EmbeddedBroker
from streams.connections import new_producer
from streams.journal import JournalLine, cut, journal_record
from streams.outbox import send_records
from streams.settings import Settings
from streams.topics import GROUPS
from streams.wiring import intake_of
from tests.support.journal import read_topic
from tests.support.outcomes import aggregates_on_topic
from tests.support.parity import dumped, prepared, replayed, worker_of, world

PARAMS = """
[params.aggregates]
warm_up_days = 7
unit = { customers = 2, days = 7, keep = 2 }
product = { customers = 3, days = 7, keep = 2 }
improbable = 0.1
calm_above = 0.3
"""
"""So small that much happens within seven weeks of six hundred customers."""

TICK = timedelta(hours=3)


def journal_of(settings: Settings) -> list[tuple[int, list[JournalLine]]]:
    """Seven weeks as ingest would write them, with a tick in every partition each three hours: portions in order."""
    intake = intake_of(settings.model_copy(update={"attributes": ("member_level", "sales_channel", "tenure_years")}))
    portions: list[tuple[int, list[JournalLine]]] = []
    held: dict[int, list[JournalLine]] = {number: [] for number in range(settings.partitions)}
    ticked_at = None
    for emission in world().events():
        try:
            prepared_event = intake.prepare(emission.value, SOURCE_TOPICS[emission.topic])
        except UnreadableMessageError:
            continue
        if ticked_at is None or emission.arrives_at >= ticked_at + TICK:
            ticked_at = emission.arrives_at
            for partition, lines in held.items():
                tick = Tick(at=ticked_at, partition=partition)
                portions.append((partition, [*lines, JournalLine(encode(tick))]))
                lines.clear()
        held[prepared_event.partition].append(JournalLine(prepared_event.line))
    return portions


async def written(settings: Settings, portions: list[tuple[int, list[JournalLine]]]) -> None:
    """Write portions into the journal."""
    producer = new_producer(settings)
    await producer.start()
    try:
        for partition, lines in portions:
            records = [journal_record(part) for part in cut(lines, 128)]
            await send_records(producer, settings.topic("journal"), partition, records)
    finally:
        await producer.stop()


async def everything_can_be_explained(settings: Settings, told: list[AggregateAlert]) -> None:
    """One of each kind follows again from the journal at the broker, with whom it counted."""
    source = Journal(settings, load_params(settings.params_file), settings.snapshot_secret(), Console(stderr=True))
    basis = Basis(settings, load_params(settings.params_file), source, is_at_broker=True)
    for alert_id in {alert.by: alert.aggregate_id for alert in told}.values():
        account = await explained(basis, alert_id[:8], None)
        assert account.comparison is not None
        assert account.is_same, account.hints
        assert [len(each.counted) for each in account.derived] == [each.alert.customers for each in account.derived]


@pytest.mark.timeout(360)
async def test_killed_workers_and_a_replay_tell_the_same_of_groups(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    settings = await prepared(embedded_broker, tmp_path, PARAMS)
    portions = journal_of(settings)
    third = len(portions) // 3
    scorer, grouper = worker_of(settings, tmp_path, "score"), worker_of(settings, tmp_path, "group")

    with scorer, grouper:
        await written(settings, portions[:third])
        await grouper.has_said("aggregate_alert", timeout_seconds=90.0)
        grouper.kill()
        scorer.kill()
        await written(settings, portions[third : 2 * third])
        scorer.start()
        grouper.start()
        await asyncio.sleep(3.0)
        grouper.kill()
        grouper.start()
        await written(settings, portions[2 * third :])
        params = load_params(settings.params_file)
        _, outcomes = replayed(dumped(settings, tmp_path / "journal.jsonl"), params, settings.snapshot_secret())
        expected = {each.identity: encode(each) for each in Aggregates(params.aggregates).take(outcomes)}
        found = await aggregates_on_topic(settings, len(expected))

    told = Counter((alert.by, alert.transition) for alert in (decode_as(AggregateAlert, raw) for raw in found.values()))
    assert {("unit", "opened"), ("unit", "expired"), ("product", "opened"), ("household", "opened")} <= told.keys()
    assert found == expected
    await everything_can_be_explained(settings, [decode_as(AggregateAlert, raw) for raw in found.values()])
    # The rows say how far everything is decided, so that none of this is read again.
    rows = {record.key: record.value for record in await read_topic(settings, GROUPS, partitions=1)}
    observed = await read_topic(settings, "observations", partitions=1)
    assert 0 < decode_progress(rows[OWN_KEY]).resume <= observed[-1].offset + 1
