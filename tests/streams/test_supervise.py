from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from streams.exits import ExitCode
from streams.supervise import BackOff, Supervisor

QUICK = BackOff(first=0.01, longest=0.05)


def script(tmp_path: Path, codes: list[int]) -> list[str]:
    """A program that ends with these codes, one per start."""
    counter = tmp_path / "starts"
    source = (
        "import pathlib, sys, os, signal\n"
        f"counter = pathlib.Path({str(counter)!r})\n"
        "starts = int(counter.read_text()) if counter.exists() else 0\n"
        "counter.write_text(str(starts + 1))\n"
        f"code = {codes!r}[starts]\n"
        "os.kill(os.getpid(), -code) if code < 0 else sys.exit(code)\n"
    )
    return [sys.executable, "-c", source]


@pytest.mark.parametrize(
    ("codes", "restarts"),
    [
        ([0], 0),
        ([75, 0], 1),
        ([76, 75, 0], 2),
        ([-9, 0], 1),
        ([2], 0),
        ([1], 0),
        ([75, 2], 1),
    ],
)
def test_only_what_a_restart_can_cure_is_restarted(tmp_path: Path, codes: list[int], restarts: int) -> None:
    supervisor = Supervisor(script(tmp_path, codes), QUICK)

    assert supervisor.run() == codes[-1]
    assert supervisor.restarts == restarts


def test_each_restart_is_told(tmp_path: Path) -> None:
    told: list[int] = []

    Supervisor(script(tmp_path, [75, 76, 0]), QUICK, told.append).run()

    assert told == [75, 76]


def test_a_worker_that_keeps_failing_is_started_ever_more_slowly() -> None:
    waits = [BackOff().wait(failures) for failures in range(1, 9)]

    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (1.0, 30.0)


def test_stopping_stops_the_worker_and_starts_no_other() -> None:
    supervisor = Supervisor([sys.executable, "-c", "import time; time.sleep(60)"], QUICK)
    codes: list[int] = []
    running = threading.Thread(target=lambda: codes.append(supervisor.run()))
    running.start()
    deadline = time.monotonic() + 60
    while supervisor.pid is None and time.monotonic() < deadline:
        time.sleep(0.01)
    supervisor.stop()
    running.join(60)

    assert codes == [-15]
    assert supervisor.restarts == 0


@pytest.mark.parametrize("code", [ExitCode.INFRASTRUCTURE, ExitCode.STUCK])
def test_dying_ends_at_once_with_the_code_and_the_reason(code: ExitCode) -> None:
    source = (
        "import logging, atexit; logging.basicConfig()\n"
        "from streams.exits import ExitCode, die\n"
        "atexit.register(lambda: print('orderly'))\n"
        "try:\n"
        f"    die('batch_refused', ExitCode({int(code)}), partition=3)\n"
        "finally:\n"
        "    print('finally')\n"
    )
    ended = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)

    assert ended.returncode == code
    assert "batch_refused" in ended.stderr
    assert ended.stdout == ""
