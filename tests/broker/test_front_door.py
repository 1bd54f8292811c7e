"""The commands against a worker that runs as an operator starts it."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from foreshock.cli import main
from streams.broker import EmbeddedBroker
from streams.connections import new_producer
from streams.settings import Settings
from tests.support.journal import broker_settings
from tests.support.worker_process import WorkerProcess

pytestmark = pytest.mark.broker

Run = Callable[..., Result]


@pytest.fixture
def settings(embedded_broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings that every command of this test finds in its environment."""
    settings = broker_settings(embedded_broker.bootstrap_servers)
    for name, value in settings.model_dump(mode="json", include=settings.model_fields_set).items():
        monkeypatch.setenv(f"FORESHOCK_{name.upper()}", str(value))
    return settings


def run(*arguments: str) -> Result:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    return done


def run_until(holds: Callable[[Result], bool], *arguments: str, timeout_seconds: float = 120.0) -> Result:
    """Run a command until its output is as it should be."""
    deadline = time.monotonic() + timeout_seconds
    while not holds(done := run(*arguments)):
        assert time.monotonic() < deadline, done.output
        time.sleep(0.2)
    return done


def produce(settings: Settings, raw: bytes) -> None:
    """Send bytes to the topic of calls, as a producer would who has not read the schema."""

    async def send() -> None:
        producer = new_producer(settings)
        await producer.start()
        try:
            await producer.send_and_wait(settings.topic("calls"), raw)
        finally:
            await producer.stop()

    asyncio.run(send())


def test_an_event_that_died_is_repaired_and_reaches_the_journal(settings: Settings, tmp_path: Path) -> None:
    event = {"event_id": "e1", "occurred_at": "2026-03-01T11:00:00Z", "customer_id": "C1", "wait_seconds": -9}
    repaired = tmp_path / "repaired.jsonl"
    run("topics", "create")
    with WorkerProcess(
        settings, tmp_path / "worker.log", "foreshock", "ingest", ("worker", "--roles", "ingest", "--supervise")
    ) as worker:
        produce(settings, orjson.dumps(event))
        letter = orjson.loads(run_until(lambda done: bool(done.stdout), "dead-letters", "list", "--json").stdout)
        letter["raw"] = orjson.loads(letter["raw"]) | {"wait_seconds": 9}
        repaired.write_bytes(orjson.dumps(letter))
        run("dead-letters", "redrive", str(repaired), "--yes")
        dump = run_until(lambda done: '"lines"' in done.stdout, "topics", "dump").stdout
        worker.signal(signal.SIGTERM)
        exit_code = worker.wait()

    (line,) = orjson.loads(dump.splitlines()[1])["lines"]
    assert (line["event_id"], line["wait_seconds"]) == ("e1", 9)
    assert line["customer_id"].startswith("c_")
    assert exit_code == 0
