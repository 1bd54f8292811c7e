"""An office with a running worker and one customer who threatens: for commands about alerts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import orjson
import pytest
from click.testing import CliRunner, Result

from foreshock.cli import main
from foreshock.producing import produce
from schemas.events import Call
from streams.settings import load_settings
from tests.support.worker_process import WorkerProcess

PATIENCE_SECONDS = 60.0
"""A worker on a busy machine takes some seconds to begin."""

THREAT = "再不处理我就去银保监会投诉你们，电话13800138000"
"""Names the regulator, and holds a number that the journal must not have."""


class Office(NamedTuple):
    """Runs commands where the worker is."""

    worker: WorkerProcess
    """The worker."""

    def run(self, *arguments: str) -> Result:
        """Run a command."""
        return CliRunner().invoke(main, arguments)

    def listed(self) -> list[dict[str, object]]:
        """What `alerts list --json` shows, once it shows something."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (found := self.run("alerts", "list", "--json").stdout.splitlines()):
            assert time.monotonic() < deadline, f"no alert came:\n{self.worker.said()[-3000:]}"
            time.sleep(0.3)
        return [orjson.loads(line) for line in found]


def threat(number: int, customer: str = "C-1") -> Call:
    """A call with a threat, some minutes ago."""
    return Call(
        event_id=f"office-{customer}-{number}",
        customer_id=customer,
        occurred_at=datetime.now(UTC) - timedelta(minutes=10 - number),
        org_path="HQ/South/Port",
        policy_ref="P-1",
        language="zh",
        text=THREAT,
    )


@contextmanager
def office(bootstrap: str, folder: Path, monkeypatch: pytest.MonkeyPatch, **variables: str) -> Iterator[Office]:
    """A worker on topics of its own, after one customer's threat."""
    given = {
        "BOOTSTRAP_SERVERS": bootstrap,
        "TOPIC_PREFIX": f"office{time.monotonic_ns()}.",
        "PARTITIONS": "2",
        "TICK_SECONDS": "1",
        **variables,
    }
    for name, value in given.items():
        monkeypatch.setenv(f"FORESHOCK_{name}", value)
    created = CliRunner().invoke(main, ["topics", "create"])
    assert created.exit_code == 0, created.output
    worker = WorkerProcess(
        load_settings(web_port=0),
        folder / "worker.log",
        module="foreshock",
        arguments=("worker",),
        roles="ingest,score,tick",
    )
    with worker:
        asyncio.run(produce([threat(0)]))
        yield Office(worker)
