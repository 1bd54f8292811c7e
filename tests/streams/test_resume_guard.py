from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from faust.tables.recovery import Recovery
from faust.types import TP

from streams.guards.resume import DeferredResume, _held_back
from tests.support.guarded import bare

JOURNAL = TP("journal", 0)


class RecordingConsumer:
    """Notes in which order it is told things."""

    def __init__(self, calls: list[str]) -> None:
        self._calls = calls

    def assignment(self) -> set[TP]:
        return {JOURNAL}

    def resume_partitions(self, tps: set[TP]) -> None:
        self._calls.append("partitions may be fetched")

    def resume_flow(self) -> None:
        self._calls.append("messages flow")

    async def perform_seek(self) -> None:
        self._calls.append("seek")


def recovery_of(cls: type[Recovery], calls: list[str]) -> Any:
    """A recovery at its end, with a note of everything it does."""

    async def nothing(*_: Any) -> None:
        return None

    async def wait(coro: Any, timeout: Any = None) -> None:  # noqa: ASYNC109 - Faust's
        await coro

    app = SimpleNamespace(
        consumer=RecordingConsumer(calls),
        flow_control=SimpleNamespace(resume=lambda: calls.append("queues are cleared")),
        on_rebalance_complete=SimpleNamespace(send=nothing),
        consumer_generation_id=0,
        conf=SimpleNamespace(broker_request_timeout=1.0),
        _fetcher=SimpleNamespace(maybe_start=nothing),
        assignor=SimpleNamespace(assigned_standbys=set),
        on_rebalance_end=lambda: None,
        in_recovery=True,
    )
    silent = SimpleNamespace(info=lambda *_: None, dev=lambda *_: None, warning=lambda *_: None)
    tables = SimpleNamespace(
        values=list, on_actives_ready=lambda: None, on_standbys_ready=lambda: None, changelog_topics=set()
    )
    return bare(
        cls,
        app=app,
        tables=tables,
        log=silent,
        completed=SimpleNamespace(set=lambda: None),
        _wait=wait,
        _is_changelog_tp=lambda tp: False,
        _active_events_received_at={},
        _standby_events_received_at={},
        _processing_times=[],
    )


async def test_stock_recovery_lets_partitions_be_fetched_before_the_queues_are_cleared() -> None:
    calls: list[str] = []

    await recovery_of(Recovery, calls).on_recovery_completed(0)

    assert calls.index("partitions may be fetched") < calls.index("queues are cleared")


async def test_our_recovery_clears_the_queues_first() -> None:
    calls: list[str] = []

    await recovery_of(DeferredResume, calls).on_recovery_completed(0)

    assert calls == ["seek", "queues are cleared", "partitions may be fetched", "messages flow"]


async def test_a_rebalance_without_recovery_is_guarded_too() -> None:
    calls: list[str] = []

    await recovery_of(DeferredResume, calls)._resume_streams(0)

    assert calls == ["seek", "queues are cleared", "partitions may be fetched", "messages flow"]


async def test_the_consumer_is_left_as_it_was() -> None:
    recovery = recovery_of(DeferredResume, [])

    await recovery.on_recovery_completed(0)

    assert set(recovery.app.consumer.__dict__) == {"_calls"}


def test_once_messages_flow_partitions_resume_at_once() -> None:
    calls: list[str] = []
    consumer = RecordingConsumer(calls)

    with _held_back(consumer):
        consumer.resume_flow()
        consumer.resume_partitions({JOURNAL})

    assert calls == ["messages flow", "partitions may be fetched"]
