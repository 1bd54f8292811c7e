from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner

from foreshock.cli import main
from foreshock.demonstration.workers import port_for_pages
from tests.support.peers import CHECKOUT

PATIENCE_SECONDS = 200


@contextmanager
def demo(mark: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A demo whose processes all carry a mark in their environment."""
    process = subprocess.Popen(
        [sys.executable, "-m", "foreshock", "demo", "--language", "en", "--web-port", "0", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, "DEMO_TEST_MARK": mark, "TERM": "dumb"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        for number in marked(mark):
            os.kill(number, signal.SIGKILL)
        process.wait()


def marked(mark: str) -> list[int]:
    """Ids of the processes that carry a mark."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes() and "zombie" not in (folder / "status").read_text():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


@pytest.mark.broker
def test_a_short_demo_ends_by_itself_and_every_check_holds() -> None:
    mark = uuid4().hex
    with demo(mark, "--for", "12s", "--customers", "1500", "--speed", "400000") as process:
        told, _ = process.communicate(timeout=PATIENCE_SECONDS)

        assert process.returncode == 0, told
        assert marked(mark) == []
    lines = [" ".join(line.split()) for line in told.splitlines()]
    for check in ("events flowed", "examples learned", "snapshots switched", "alerts raised", "nothing lost"):
        assert any(line.startswith(f"{check} ok ") for line in lines), told
    assert lines[-1] == "All checks hold."


@pytest.mark.broker
def test_ctrl_c_in_the_middle_still_gives_the_summary_and_leaves_no_process_behind() -> None:
    mark = uuid4().hex
    with demo(mark, "--customers", "300") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "fed" in line:
                break
        before = marked(mark)
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=PATIENCE_SECONDS)

        assert len(before) >= 3, "the demo, the broker and the worker"
        assert marked(mark) == []
    assert "nothing lost" in told
    assert process.returncode in (0, 1), told


@pytest.mark.broker
def test_sigterm_during_the_start_leaves_no_process_behind() -> None:
    mark = uuid4().hex
    with demo(mark) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("starting the worker"):
                break
        process.terminate()
        told, _ = process.communicate(timeout=PATIENCE_SECONDS)

        assert marked(mark) == []
    assert process.returncode == 130
    assert "stopped before anything was fed" in told


def test_without_the_embedded_broker_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    shown = CliRunner().invoke(main, ["demo", "--for", "1s"])

    assert shown.exit_code == 2
    assert "the embedded broker is not installed: run `make setup`" in shown.output


def test_a_kafka_that_does_not_answer_is_named(unused_tcp_port: int) -> None:
    shown = CliRunner().invoke(main, ["demo", "--for", "1s", "--broker", f"127.0.0.1:{unused_tcp_port}"])

    assert shown.exit_code == 2
    assert f"127.0.0.1:{unused_tcp_port}" in shown.output


def test_a_port_that_is_taken_is_replaced_by_a_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wanted = taken.getsockname()[1]

        assert port_for_pages(wanted) not in (0, wanted)
