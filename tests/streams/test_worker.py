"""How scoring comes to its end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaError

import streams.worker
from schemas.errors import ConfigurationError
from streams.exits import ExitCode
from streams.settings import load_settings
from streams.worker import Worker


class App:
    """A Faust app that stops, and notes what is asked of it and of its lanes."""

    def __init__(self, backlog: bool = False) -> None:
        self.said: list[str] = []
        self.crashed = self.should_stop = False
        self.crash_reason: BaseException | None = None
        self.in_recovery = False
        self.lanes = SimpleNamespace(drain=self._drain, reset=lambda: self.said.append("reset"))
        self._backlog = backlog
        self.tables = SimpleNamespace(recovery=None)

    async def start(self) -> None:
        self.said.append("start")

    async def stop(self) -> None:
        self.said.append("stop")

    async def _drain(self, timeout_seconds: float) -> bool:
        self.said.append("drain")
        return not self._backlog


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> App:
    made = App()
    monkeypatch.setattr(streams.worker, "create_app", lambda *_: made)
    return made


async def score(worker: Worker) -> None:
    outlet: Any = None
    await worker._score(outlet)


async def test_what_came_in_while_it_stopped_is_settled_and_no_writer_is_left(app: App) -> None:
    worker = Worker(load_settings())
    scoring = asyncio.create_task(score(worker))
    await asyncio.sleep(0)
    worker.stop.set()
    await scoring

    # A writer that is left over meets a closed producer, and would end the process with the code of a failure.
    assert app.said == ["start", "drain", "stop", "drain", "reset"]


async def test_no_writer_is_left_by_a_crash_either(app: App) -> None:
    app.crashed, app.crash_reason = True, ValueError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        await score(Worker(load_settings()))

    assert app.said == ["start", "reset"]


async def test_recovery_is_made_for_the_workers_own_loop_before_another_thread_can_look(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tables:
        @property
        def recovery(self) -> None:
            app.said.append("recovery")

    class Watching:
        def __setattr__(self, name: str, value: object) -> None:
            app.said.append(f"{name} is watched")

    app.tables, app.should_stop = Tables(), True  # type: ignore[assignment]
    worker = Worker(load_settings())
    monkeypatch.setattr(worker, "oversight", Watching())

    await score(worker)

    assert app.said[:3] == ["recovery", "app is watched", "start"]


async def test_a_role_that_ends_by_itself_ends_the_process_before_anything_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[object] = []

    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[None]:
        yield
        said.append("closed")

    async def refused() -> None:
        raise KafkaError

    async def nothing(_: object) -> None: ...

    worker = Worker(load_settings())
    worker.on_failure = said.append
    monkeypatch.setattr(streams.worker, "check_topics", nothing)
    monkeypatch.setattr(worker, "_outlet", opened)
    monkeypatch.setattr(worker, "_web", opened)
    monkeypatch.setattr(worker, "_start_roles", lambda _: worker._tasks.update(ingest=asyncio.create_task(refused())))

    assert await worker.run() is ExitCode.INFRASTRUCTURE
    # Closing may wait for a broker that refuses, or for tasks of Faust that do not mind being cancelled.
    assert said == [ExitCode.INFRASTRUCTURE, "closed", "closed"]


def test_a_token_that_cannot_be_used_is_told_before_any_broker_is_asked(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("short")

    with pytest.raises(ConfigurationError, match="at least 16"):
        Worker(load_settings(web_token_file=token))
