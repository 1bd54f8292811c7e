"""What ingest has in its hands when a rebalance comes between fetching and writing."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from prometheus_client import CollectorRegistry

import streams.agents.ingest
import streams.holes
from schemas.codec import encode
from sinks.prometheus import Metrics
from streams.agents.ingest import Ingest, run_ingest
from streams.handover import HandOver
from streams.settings import load_settings
from streams.wiring import intake_of
from tests.support.journal import call
from tests.support.records import consumed

SETTINGS = load_settings(clock="event", linger_seconds=0.2)
CALLS, CLAIMS = (TopicPartition(SETTINGS.topic(name), 0) for name in ("calls", "claims"))


class Group:
    """A consumer that sleeps past its session with records in its hands; its successor is further by then."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop
        self._fetches = 0
        self._fetcher = SimpleNamespace(_fetch_max_wait_ms=0)
        self.committed_at = 8
        self.read_to = 8
        self.commits: list[int] = []
        self.listener: HandOver

    def subscribe(self, _: Any, listener: HandOver) -> None:
        self.listener = listener

    async def start(self) -> None:
        await self.listener.on_partitions_assigned({CALLS, CLAIMS})

    async def stop(self) -> None: ...

    async def getmany(self, **_: Any) -> dict[TopicPartition, list[ConsumerRecord]]:
        """Return two records, two more, move to another assignment while more are waited for, and go on there."""
        await asyncio.sleep(0)
        self._fetches += 1
        match self._fetches:
            case 1:
                return self._records(8, 9)
            case 2:
                return self._records(10, 11)
            case 3:
                await self.listener.on_partitions_revoked({CALLS, CLAIMS})
                self.committed_at = self.read_to = 12
                self.commits.clear()
                await self.listener.on_partitions_assigned({CALLS, CLAIMS})
                return {}
            case 4:
                return self._records(12, 13)
            case 5:
                return {}
        self._stop.set()
        return {}

    def _records(self, *offsets: int) -> dict[TopicPartition, list[ConsumerRecord]]:
        self.read_to = offsets[-1] + 1
        return {CALLS: [consumed(CALLS.topic, encode(call(offset)), offset) for offset in offsets]}

    def assignment(self) -> set[TopicPartition]:
        return {CALLS, CLAIMS}

    async def position(self, tp: TopicPartition) -> int:
        return self.read_to if tp == CALLS else 0

    async def committed(self, tp: TopicPartition) -> int:
        return self.committed_at if tp == CALLS else 0

    async def beginning_offsets(self, tps: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(tps, 0)

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self.committed_at = offsets[CALLS]
        self.commits.append(offsets[CALLS])

    def highwater(self, tp: TopicPartition) -> int | None:
        return 14 if tp == CALLS else None  # of the other one nothing is known yet, so everything waits for it

    def paused(self) -> set[TopicPartition]:
        return set()

    def pause(self, *_: TopicPartition) -> None: ...

    def resume(self, *_: TopicPartition) -> None: ...


async def test_what_was_fetched_before_a_rebalance_moves_no_commit_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen in a soak: the worker took its own commit of old records for positions that it had skipped, and ended."""
    stop = asyncio.Event()
    group = Group(stop)

    async def first_from(*_: Any) -> int:
        return 8

    async def send_records(*_: Any) -> None: ...

    monkeypatch.setattr(streams.agents.ingest, "new_group_consumer", lambda *_: group)
    monkeypatch.setattr(streams.agents.ingest, "send_records", send_records)
    monkeypatch.setattr(streams.holes, "first_from", first_from)
    metrics = Metrics(CollectorRegistry())

    await run_ingest(SETTINGS, Ingest(SETTINGS, intake_of(SETTINGS), metrics), SimpleNamespace(), metrics, stop)  # type: ignore[arg-type]

    assert group.commits
    assert min(group.commits) == 12
