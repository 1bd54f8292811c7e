"""When the changelog is loaded, and who reads the partitions that are stood by for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from faust.tables.recovery import Recovery
from faust.types import TP

from streams.guards import changelog_load
from streams.guards.changelog_load import LoadedChangelog
from streams.settings import load_settings
from tests.support.guarded import bare

OURS, FOLLOWED = TP("changelog", 0), TP("changelog", 1)


class Standby:
    """Notes what it is to follow."""

    def __init__(self) -> None:
        self.follows: set[int] | None = None

    def follow(self, partitions: set[int]) -> None:
        self.follows = partitions

    async def run(self) -> None: ...


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is done, in its order; Faust's own part is noted only."""
    noted: list[str] = []

    async def build(*_: Any) -> None:
        noted.append("Faust compares")

    async def load(_: Any, tps: list[TP]) -> None:
        noted.append(f"load {[tp.partition for tp in tps]}")

    monkeypatch.setattr(Recovery, "_build_highwaters", build)
    monkeypatch.setattr(LoadedChangelog, "_load", load)
    return noted


def recovery_of(calls: list[str], **attributes: Any) -> Any:
    progress = SimpleNamespace(end=lambda: calls.append("told"), is_loading=False)
    app = SimpleNamespace(lanes=SimpleNamespace(progress=progress), standby=Standby(), consumer_generation_id=7)
    return bare(LoadedChangelog, app=app, **attributes)


async def test_the_changelog_is_loaded_before_faust_compares_what_is_left(calls: list[str]) -> None:
    await recovery_of(calls)._build_highwaters(None, {FOLLOWED, OURS}, {}, "active")

    assert calls == ["load [0, 1]", "told", "Faust compares"]


async def test_what_is_stood_by_for_is_not_loaded_by_a_recovery(calls: list[str]) -> None:
    await recovery_of(calls)._build_highwaters(None, {FOLLOWED}, {}, "standby")

    assert calls == ["Faust compares"]


@pytest.mark.parametrize("generation", [7, 6])
async def test_partitions_stood_by_for_are_taken_out_of_fausts_hands(
    calls: list[str], monkeypatch: pytest.MonkeyPatch, generation: int
) -> None:
    async def on_rebalance(*_: Any) -> None: ...

    monkeypatch.setattr(Recovery, "on_rebalance", on_rebalance)
    recovery = recovery_of(
        calls,
        active_tps={OURS},
        standby_tps={OURS, FOLLOWED},
        standbys_for_table={"states": {FOLLOWED}},
        standby_offsets={FOLLOWED: 3},
    )

    await recovery.on_rebalance({OURS}, set(), {OURS}, generation)

    left = recovery.standby_tps, recovery.standbys_for_table, recovery.standby_offsets
    if generation == 7:
        assert recovery.app.standby.follows == {1}
        assert left == (set(), {}, {})
    else:  # a rebalance that is over already says nothing
        assert recovery.app.standby.follows is None
        assert all(left)


@pytest.mark.parametrize(("replicas", "runs"), [(0, 0), (1, 1)])
async def test_the_standby_runs_beside_if_there_is_to_be_one(
    calls: list[str], monkeypatch: pytest.MonkeyPatch, replicas: int, runs: int
) -> None:
    async def on_start(_: Any) -> None: ...

    started: list[Any] = []
    monkeypatch.setattr(Recovery, "on_start", on_start)
    recovery = recovery_of(calls, add_future=started.append)
    recovery.app.settings = load_settings(standby_replicas=replicas)

    await recovery.on_start()

    assert len(started) == runs
    for coroutine in started:
        coroutine.close()


async def test_a_load_that_fails_is_over_and_rows_on_a_disk_are_identified_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []

    class Reader:
        async def start(self) -> None: ...

        async def stop(self) -> None:
            done.append("stopped")

        def assign(self, _: Any) -> None:
            progress.is_loading = True
            raise KafkaConnectionError

    async def identified(*_: Any) -> None:
        done.append("identified")

    async def fence(_: Any, tp: TP) -> int:
        done.append("fence")
        return 5

    monkeypatch.setattr(changelog_load, "new_reader", lambda _: Reader())
    monkeypatch.setattr(changelog_load, "identified", identified)
    monkeypatch.setattr(LoadedChangelog, "_fence", fence)
    recovery = recovery_of([])
    progress = recovery.app.lanes.progress
    recovery.app.settings, recovery.app.states = load_settings(), SimpleNamespace(reached=lambda _: None)

    with pytest.raises(KafkaConnectionError):
        await recovery._load([OURS])

    assert done == ["identified", "fence", "stopped"]
    assert not progress.is_loading
