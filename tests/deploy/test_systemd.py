from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from streams.exits import RESTARTABLE, ExitCode
from streams.settings import Settings
from tests.support.deployment import COMPOSE_FILE, compose_services
from tests.support.units import COMPOSE_UNIT, UNIT, service


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


def test_compose_is_started_whole_and_has_time_to_stop() -> None:
    told = service(COMPOSE_UNIT)
    graces = [
        int(each["stop_grace_period"][:-1]) for each in compose_services().values() if "stop_grace_period" in each
    ]

    assert all(f"-f {COMPOSE_FILE.name} " in line for key in ("ExecStart", "ExecStop") for line in told[key])
    # Workers stop first, then what they stand on.
    assert int(told["TimeoutStopSec"][0]) > max(graces) + Settings.model_fields["stop_deadline_seconds"].default


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
@pytest.mark.parametrize("path", [UNIT, COMPOSE_UNIT], ids=lambda path: path.stem)
def test_systemd_understands_it(path: Path, tmp_path: Path) -> None:
    unit = tmp_path / path.name
    text = path.read_text("utf-8").replace("/opt/foreshock/.venv/bin/foreshock", "/bin/true")
    unit.write_text(text.replace("/usr/bin/docker", "/bin/true").replace("Requires=docker.service\n", ""), "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=240, check=False
    )

    assert path.name not in done.stderr, done.stderr
