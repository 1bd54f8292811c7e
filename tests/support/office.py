"""An office with a running worker, and customers who threaten: for commands about alerts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest
from click.testing import CliRunner, Result

from foreshock.cli import main
from foreshock.producing import produce
from schemas.events import Call
from streams.settings import load_settings
from tests.support.worker_process import WorkerProcess

PATIENCE_SECONDS = 200.0
"""A worker begins within seconds; where ten programs share two cores it has taken more than sixty."""

THREAT = "再不处理我就去银保监会投诉你们，电话13800138000"
"""Names the regulator, and holds a number that the journal must not have."""


class Office(NamedTuple):
    """Runs commands where the worker is."""

    worker: WorkerProcess
    """The worker."""

    def run(self, *arguments: str) -> Result:
        """Run a command."""
        return CliRunner().invoke(main, arguments)

    def threatened(self, customer: str) -> dict[str, Any]:
        """Let a customer threaten, and return the alert that `alerts list --json` then shows."""
        asyncio.run(produce([threat(customer)]))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (found := self.listed(f"P-{customer}")) is None:
            assert time.monotonic() < deadline, f"no alert came:\n{self.worker.said()[-3000:]}"
            time.sleep(0.3)
        return found

    def listed(self, policy_ref: str) -> dict[str, Any] | None:
        """Return the open alert about a threat of this policy."""
        lines = map(orjson.loads, self.run("alerts", "list", "--cause", "threat", "--json").stdout.splitlines())
        return next((each for each in lines if each["policy_ref"] == policy_ref), None)


def threat(customer: str, product_line: str | None = None) -> Call:
    """A call with a threat, some minutes ago."""
    return Call(
        event_id=f"threat-of-{customer}",
        customer_id=customer,
        occurred_at=datetime.now(UTC) - timedelta(minutes=10),
        org_path="HQ/South/Port",
        policy_ref=f"P-{customer}",
        product_line=product_line,
        language="zh",
        text=THREAT,
    )


@contextmanager
def office(bootstrap: str, folder: Path, monkeypatch: pytest.MonkeyPatch, **variables: str) -> Iterator[Office]:
    """A worker on topics of its own."""
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
        yield Office(worker)
