from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from streams.exits import RESTARTABLE, ExitCode
from streams.settings import Settings
from tests.support.peers import CHECKOUT

UNIT = CHECKOUT / "deploy" / "systemd" / "foreshock.service"


def service() -> dict[str, list[str]]:
    """What the section [Service] says, by key."""
    told: dict[str, list[str]] = {}
    section = UNIT.read_text("utf-8").split("[Service]\n")[1].split("\n[")[0]
    for line in section.splitlines():
        if line and not line.startswith("#"):
            key, _, value = line.partition("=")
            told.setdefault(key, []).append(value)
    return told


def test_it_is_started_again_by_the_codes_that_ask_for_it() -> None:
    told = service()

    assert told["Restart"] == ["on-failure"]
    assert told["RestartPreventExitStatus"] == [str(int(ExitCode.CONFIGURATION))]
    assert ExitCode.CONFIGURATION not in RESTARTABLE


def test_a_worker_may_finish() -> None:
    assert int(service()["TimeoutStopSec"][0]) > Settings.model_fields["stop_deadline_seconds"].default


def test_every_setting_exists() -> None:
    named = {line.partition("=")[0] for line in service()["Environment"]}

    assert {name.removeprefix("FORESHOCK_").lower() for name in named} <= Settings.model_fields.keys()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_understands_it(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace("/opt/foreshock/.venv/bin/foreshock", "/bin/true"), "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=60, check=False
    )

    assert UNIT.name not in done.stderr, done.stderr
