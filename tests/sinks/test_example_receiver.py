"""The receiver in `examples/` takes what the webhook sends, once."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from schemas.errors import SinkRefusedError, SinkUnavailableError
from sinks.webhook import Endpoint, WebhookSink, key_of
from tests.support.alerts import alert
from tests.support.peers import CHECKOUT
from tests.support.ports import free_port

SECRET = "whsec_" + "c2VjcmV0" * 6
ANOTHER = "whsec_" + "b3RoZXIx" * 6


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[str]:
    """Address of the receiver, as a process."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, str(CHECKOUT / "examples" / "webhook_receiver.py"), "work-list.db", str(port)],
        cwd=tmp_path,
        env={**os.environ, "WEBHOOK_SECRET": SECRET},
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(60)


async def test_the_sample_receiver_takes_each_alert_once_and_none_of_a_stranger(receiver: str, tmp_path: Path) -> None:
    sink = WebhookSink(Endpoint(receiver, (key_of(SECRET, "SECRET"),)))
    async with asyncio.timeout(150):
        while True:
            try:
                await sink.deliver(alert("a"))
                break
            except SinkUnavailableError:  # it has just been started
                await asyncio.sleep(0.1)
    for each in (alert("a"), alert("a", 1, transition="resolved"), alert("b")):
        await sink.deliver(each)
    await sink.close()
    stranger = WebhookSink(Endpoint(receiver, (key_of(ANOTHER, "SECRET"),)))
    with pytest.raises(SinkRefusedError, match="401"):
        await stranger.deliver(alert("c"))
    await stranger.close()

    with closing(sqlite3.connect(tmp_path / "work-list.db")) as connection:
        rows = connection.execute("SELECT id, transition FROM transitions ORDER BY id").fetchall()
    assert rows == [("a/0", "opened"), ("a/1", "resolved"), ("b/0", "opened")]
