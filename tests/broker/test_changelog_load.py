"""Recovery reads the whole changelog on a broker whose idea of its end is one batch short."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from aiokafka import TopicPartition
from faust.types import TP
from prometheus_client import CollectorRegistry

from sinks.prometheus import Metrics
from streams.broker import EmbeddedBroker
from streams.connections import new_producer, new_reader
from streams.guards.changelog_load import LoadedChangelog
from streams.newest import tombstone_headers
from streams.outbox import Record, send_records
from streams.progress import RecoveryProgress
from streams.settings import Settings
from streams.tables import BatchTable
from streams.topics import CHANGELOG
from tests.support.counting import EPOCH, counted_position
from tests.support.guarded import bare, stock_app
from tests.support.journal import broker_settings, prepare_topics

pytestmark = pytest.mark.broker


def row(offset: int) -> bytes:
    return orjson.dumps([1, EPOCH, offset, 0, offset])


@pytest.fixture
async def settings(embedded_broker: EmbeddedBroker) -> Settings:
    settings = broker_settings(embedded_broker.bootstrap_servers)
    await prepare_topics(settings)
    return settings


async def recover(settings: Settings, reached: int | None = None) -> tuple[BatchTable, Any]:
    """Load the changelog as a recovery would; partition 0 is known up to some offset."""
    table = BatchTable(
        stock_app(), row_position=counted_position, epoch=EPOCH, name="states", partitions=settings.partitions
    )
    table.apply(0, [], reached)
    outlet = new_producer(settings)
    await outlet.start()
    lanes = SimpleNamespace(progress=RecoveryProgress(Metrics(CollectorRegistry())))
    app = SimpleNamespace(settings=settings, states=table, outlet=outlet, lanes=lanes)
    recovery = bare(LoadedChangelog, app=app, active_offsets=Counter())
    try:
        await recovery._load([TP(settings.topic(CHANGELOG), partition) for partition in (0, 1)])
    finally:
        await outlet.stop()
    return table, recovery


async def write_rows(settings: Settings, *batches: list[tuple[bytes, int]]) -> None:
    producer = new_producer(settings)
    await producer.start()
    try:
        for batch in batches:
            await send_records(
                producer, settings.topic(CHANGELOG), 0, [Record(key, row(offset)) for key, offset in batch]
            )
    finally:
        await producer.stop()


async def test_the_embedded_brokers_end_of_a_log_is_short(settings: Settings) -> None:
    await write_rows(settings, [(b"a", 0)], [(b"b", 1), (b"c", 2), (b"d", 3)])
    reader = new_reader(settings)
    await reader.start()
    try:
        tp = TopicPartition(settings.topic(CHANGELOG), 0)
        reader.assign([tp])
        ends = await reader.end_offsets([tp])
    finally:
        await reader.stop()

    # Four rows are there. When this fails, the broker has been mended.
    assert ends[tp] == 2


async def test_every_row_is_loaded_all_the_same(settings: Settings) -> None:
    await write_rows(settings, [(b"a", 0)], [(b"b", 1), (b"c", 2), (b"d", 3)])

    table, recovery = await recover(settings)

    assert table.partition_rows(0) == {b"a": row(0), b"b": row(1), b"c": row(2), b"d": row(3)}
    assert table.partition_rows(1) == {}
    assert recovery.app.lanes.progress.rows == 4 + 2  # and a fence per partition


async def test_what_was_read_before_is_not_read_again(settings: Settings) -> None:
    await write_rows(settings, [(b"a", 0), (b"b", 1), (b"c", 2)])

    table, recovery = await recover(settings, reached=1)

    assert table.partition_rows(0) == {b"c": row(2)}
    # Faust's own recovery, which goes on from here, finds nothing left.
    assert recovery.active_offsets[TP(settings.topic(CHANGELOG), 0)] == 3


async def test_a_stale_row_behind_the_right_one_is_passed_over_and_healed(settings: Settings) -> None:
    await write_rows(settings, [(b"a", 9)], [(b"a", 7)])

    table, _ = await recover(settings)

    assert table.partition_rows(0) == {b"a": row(9)}
    assert table.to_heal[0] == {b"a"}


async def test_rows_that_reach_beyond_the_end_are_of_another_changelog_and_thrown_away(settings: Settings) -> None:
    await write_rows(settings, [(b"a", 0)])

    table, _ = await recover(settings, reached=70)

    assert table.partition_rows(0) == {b"a": row(0)}
    assert table.reached(0) == 1  # the fence


async def test_a_removal_is_read_with_what_it_follows_from(settings: Settings) -> None:
    await write_rows(settings, [(b"a", 3)])
    producer = new_producer(settings)
    await producer.start()
    try:
        gone = Record(b"a", None, tombstone_headers(EPOCH, (9, 0)))
        await send_records(producer, settings.topic(CHANGELOG), 0, [gone, Record(b"a", row(7))])
    finally:
        await producer.stop()

    table, _ = await recover(settings)

    assert table.partition_rows(0) == {}
    assert table.to_heal[0] == {b"a"}
