from __future__ import annotations

import asyncio
import gc
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.cluster import ClusterMetadata
from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.producer.message_accumulator import MessageAccumulator
from aiokafka.structs import TopicPartition
from faust.transport.consumer import Consumer, ThreadDelegateConsumer
from faust.types import TP

from streams.guards.commits import CappedCommits
from streams.ledger import Ledger
from streams.outbox import Record, send_records
from tests.support.guarded import bare, journal_message, stock_app

JOURNAL, CHANGELOG = TP("journal", 0), TP("changelog", 0)


async def test_stock_faust_acknowledges_an_event_whose_agent_raised() -> None:
    app = stock_app()
    app.consumer = bare(
        Consumer,
        app=app,
        _acked=defaultdict(list),
        _acked_index=defaultdict(set),
        _committed_offset=defaultdict(lambda: None),
        _unacked_messages=set(),
    )
    app.topics._acking_topics.add("journal")
    app.flow_control.resume()
    app.consumer_generation_id = None  # type: ignore[assignment]  # as the message below
    stream = app.stream(app.channel(value_type=bytes))
    await stream.channel.queue.put(app.create_event(None, b"{}", {}, journal_message(7)))

    async def agent() -> None:
        async for _ in stream.events():
            raise ValueError("64 events go with this one")

    with pytest.raises(ValueError, match="64 events"):
        await agent()
    gc.collect()
    await asyncio.sleep(0.01)

    assert app.consumer._acked[JOURNAL] == [7]


def test_stock_faust_commits_past_an_event_under_way() -> None:
    consumer = bare(
        Consumer,
        _acked={JOURNAL: [2586, 2587, 2588, 2589]},
        _acked_index=defaultdict(set),
        _gap={JOURNAL: []},
        _committed_offset={JOURNAL: 2585},
        _unacked_messages={journal_message(2585)},
    )

    assert consumer._new_offset(JOURNAL) == 2590


def consumer_with(ledger: Ledger) -> tuple[Any, list[dict[TP, int]]]:
    committed: list[dict[TP, int]] = []

    async def commit(offsets: dict[TP, int]) -> bool:
        committed.append(dict(offsets))
        return True

    thread = SimpleNamespace(commit=commit, assignment=lambda: {JOURNAL, CHANGELOG})
    return bare(CappedCommits, app=SimpleNamespace(ledger=ledger), _thread=thread), committed


async def test_every_way_to_a_commit_ends_where_the_cap_sits() -> None:
    assert CappedCommits._commit_offsets is ThreadDelegateConsumer._commit_offsets
    assert "_commit(" in _source(ThreadDelegateConsumer._commit_offsets)


async def test_our_commit_stops_at_what_is_settled() -> None:
    ledger = Ledger("journal")
    ledger.settle(0, 2585)
    consumer, committed = consumer_with(ledger)

    assert await consumer._commit({JOURNAL: 2590}) is True
    assert committed == [{JOURNAL: 2585}]


async def test_what_settles_later_is_committed_by_the_timer() -> None:
    ledger = Ledger("journal")
    ledger.settle(0, 2585)
    consumer, committed = consumer_with(ledger)
    await consumer._commit({JOURNAL: 2590})

    ledger.settle(0, 2590)
    await consumer.commit_settled()
    await consumer.commit_settled()

    assert committed == [{JOURNAL: 2585}, {JOURNAL: 2590}]


async def test_after_a_failure_nothing_is_committed() -> None:
    ledger = Ledger("journal")
    ledger.settle(0, 5)
    ledger.failed = True
    consumer, committed = consumer_with(ledger)

    assert await consumer._commit({JOURNAL: 5}) is False
    assert committed == []


class FailingProducer:
    """A producer whose broker refuses every batch."""

    def __init__(self) -> None:
        self._accumulator = MessageAccumulator(ClusterMetadata(), 16384, 0, 30)

    def create_batch(self) -> Any:
        return self._accumulator.create_builder()

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> asyncio.Future[Any]:
        tp = TopicPartition(topic, partition)
        future = await self._accumulator.add_batch(batch, tp, 1.0)
        sent = self._accumulator._batches[tp][0]
        sent.future.add_done_callback(lambda done: done.exception())  # silence asyncio: it was seen
        asyncio.get_running_loop().call_soon(sent.failure, MessageSizeTooLargeError())
        return future

    async def flush(self) -> None:
        """What Faust calls before it commits."""
        await self._accumulator.flush()


async def test_the_flush_before_a_stock_commit_does_not_notice_a_refused_batch() -> None:
    producer = FailingProducer()
    batch = producer.create_batch()
    batch.append(timestamp=None, key=None, value=b"alert")
    future = await producer.send_batch(batch, "alerts", partition=0)

    await producer.flush()

    assert isinstance(future.exception(), MessageSizeTooLargeError)


async def test_our_send_raises_what_the_broker_refused() -> None:
    with pytest.raises(MessageSizeTooLargeError):
        await send_records(FailingProducer(), "alerts", 0, [Record(None, b"alert")])


def _source(function: Any) -> str:
    import inspect

    return inspect.getsource(function)
