from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from faust.transport.consumer import Consumer, ThreadDelegateConsumer
from faust.types import TP
from intervaltree import IntervalTree

from streams.guards.changelog_load import LoadedChangelog
from streams.guards.revocation import SettledRevocation
from streams.ledger import Ledger
from tests.support.guarded import bare

JOURNAL = TP("journal", 0)
STOCK_HAND_OVER = Consumer.on_partitions_revoked


class Lanes:
    """Lanes in which a record settles while they are drained."""

    def __init__(self, calls: list[str], ledger: Ledger) -> None:
        self._calls = calls
        self._ledger = ledger

    async def drain(self, timeout_seconds: float) -> bool:
        self._calls.append("drain")
        self._ledger.settle(0, 12)
        return True

    def reset(self) -> None:
        self._calls.append("reset")
        self._ledger.forget()


@pytest.fixture
def calls() -> list[str]:
    return []


@pytest.fixture(autouse=True)
def stock_hand_over(monkeypatch: pytest.MonkeyPatch, calls: list[str]) -> None:
    """Faust's own part, noted instead of done."""

    async def hand_over(_: Any, revoked: set[TP]) -> None:
        calls.append("hand over")

    monkeypatch.setattr(Consumer, "on_partitions_revoked", hand_over)


def consumer_of(calls: list[str], *, is_member: bool = True, refuses: bool = False) -> Any:
    ledger = Ledger("journal")

    async def commit(offsets: dict[TP, int]) -> bool:
        if refuses:
            raise KafkaConnectionError
        calls.append(f"commit {offsets[JOURNAL]}")
        return True

    thread = SimpleNamespace(
        commit=commit,
        assignment=lambda: {JOURNAL},
        _consumer=SimpleNamespace(_coordinator=SimpleNamespace(member_id="m-1" if is_member else "")),
    )
    app = SimpleNamespace(
        ledger=ledger,
        lanes=Lanes(calls, ledger),
        flow_control=SimpleNamespace(suspend=lambda: calls.append("suspend")),
    )
    silent = SimpleNamespace(warning=lambda *_: calls.append("warn"))
    return bare(SettledRevocation, app=app, _thread=thread, log=silent)


async def test_what_settles_in_time_is_committed_before_the_hand_over(calls: list[str]) -> None:
    await consumer_of(calls).on_partitions_revoked({JOURNAL})

    assert calls == ["suspend", "drain", "commit 12", "reset", "hand over", "reset"]


async def test_a_worker_that_was_put_out_commits_nothing(calls: list[str]) -> None:
    await consumer_of(calls, is_member=False).on_partitions_revoked({JOURNAL})

    assert calls == ["suspend", "reset", "hand over", "reset"]


async def test_a_refused_commit_does_not_hold_up_the_hand_over(calls: list[str]) -> None:
    await consumer_of(calls, refuses=True).on_partitions_revoked({JOURNAL})

    assert calls == ["suspend", "drain", "warn", "reset", "hand over", "reset"]


async def test_a_seek_starts_every_lane_anew_where_reading_goes_on(
    calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def seek(_: Any) -> None:
        calls.append("seek")

    monkeypatch.setattr(ThreadDelegateConsumer, "perform_seek", seek)
    consumer = consumer_of(calls)
    consumer._read_offset = {JOURNAL: 40, TP("journal", 1): None, TP("changelog", 2): 9}

    await consumer.perform_seek()

    assert calls == ["seek", "reset"]
    assert consumer.app.lanes.starts_at == {0: 40, 1: 0}


async def test_stock_faust_forgets_acknowledged_offsets_before_anybody_could_commit_them() -> None:
    left: list[Any] = []

    async def callback(_: set[TP]) -> None:
        left.append(consumer._filter_committable_offsets({JOURNAL}))

    consumer = bare(
        Consumer,
        app=SimpleNamespace(_start_span_from_rebalancing=lambda name: nullcontext()),
        diag=SimpleNamespace(set_flag=lambda _: None, unset_flag=lambda _: None),
        _active_partitions={JOURNAL},
        _paused_partitions=set(),
        _gap=defaultdict(IntervalTree),
        _acked=defaultdict(list, {JOURNAL: [10, 11]}),
        _acked_index=defaultdict(set),
        _read_offset={},
        _committed_offset=defaultdict(lambda: None, {JOURNAL: 10}),
        _on_partitions_revoked=callback,
    )
    await STOCK_HAND_OVER(consumer, {JOURNAL})

    assert left == [{}]


async def test_a_step_of_our_recovery_has_no_time_limit_after_which_it_counts_as_done() -> None:
    finished = []

    async def slow_step() -> None:
        await asyncio.sleep(0.05)
        finished.append(True)

    class Stock:
        """Where mode's own waiting would be."""

    async def wait_first(*coros: Any, timeout: Any = None) -> Any:  # noqa: ASYNC109 - mode's
        assert timeout is None
        await coros[0]
        return SimpleNamespace(stopped=False, done=[])

    recovery = bare(LoadedChangelog, wait_first=wait_first, _signal_recovery_start=Stock())
    await recovery._wait(slow_step(), timeout=0.001)

    assert finished == [True]


def test_the_consumer_that_is_guarded_is_the_one_that_faust_uses() -> None:
    from faust.transport.drivers.aiokafka import Consumer as Driver

    from streams.guards.app import GuardedConsumer, GuardedTransport

    assert GuardedTransport.Consumer is GuardedConsumer
    assert issubclass(GuardedConsumer, Driver)
    assert issubclass(GuardedConsumer, ThreadDelegateConsumer)
