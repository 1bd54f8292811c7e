from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from foreshock.cli import main
from streams.settings import ROLES, Settings
from tests.support.peers import CHECKOUT


def test_a_worker_plays_the_roles_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Settings] = []
    monkeypatch.setattr("streams.worker.run_worker", lambda settings: seen.append(settings) or 0)
    done = CliRunner().invoke(main, ["worker", "--roles", "ingest, tick"])

    assert done.exit_code == 0, done.output
    assert [settings.roles for settings in seen] == [("ingest", "tick")]


def test_a_worker_ends_with_the_exit_code_of_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.worker.run_worker", lambda settings: 75)
    done = CliRunner().invoke(main, ["worker"])

    assert done.exit_code == 75


def test_a_role_that_does_not_exist_is_refused_with_those_that_do() -> None:
    done = CliRunner().invoke(main, ["worker", "--roles", "ingest,dream"])

    assert done.exit_code == 2
    assert "there is no role dream" in done.output
    assert all(role in done.output for role in ROLES)


def test_a_supervised_worker_is_started_with_the_same_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Sequence[str]] = []
    monkeypatch.setattr("streams.logs.set_up_logging", lambda settings: None)
    monkeypatch.setattr("streams.supervise.supervise", lambda arguments: started.append(arguments) or 0)
    done = CliRunner().invoke(main, ["worker", "--supervise"], env={"FORESHOCK_ROLES": "score,tick"})

    assert done.exit_code == 0, done.output
    assert started == [["worker", "--roles", "score,tick"]]


def test_a_setting_that_cannot_be_used_is_named_with_what_it_is_for() -> None:
    done = CliRunner().invoke(main, ["worker"], env={"FORESHOCK_PARTITIONS": "many"})

    assert done.exit_code == 2
    assert "FORESHOCK_PARTITIONS" in done.output
    assert "the most workers that can score at once" in done.output


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ("atlantis", "set FORESHOCK_PACK to one of cn, uk"),
        (("days = 56", "days = 56\nred = 0.6"), "line 20, clock final response: yellow, orange and red must ascend"),
        (("closes_at_hour = 17", "closes_at = 17"), "line 9, closes_at: Extra inputs are not permitted"),
    ],
)
def test_a_worker_does_not_start_with_an_unknown_or_contradictory_pack(
    tmp_path: Path, changed: str | tuple[str, str], told: str
) -> None:
    pack = changed
    if not isinstance(changed, str):
        pack = str(tmp_path / "own.toml")
        Path(pack).write_text((CHECKOUT / "models/packs/uk.toml").read_text("utf-8").replace(*changed), "utf-8")

    settings = {"FORESHOCK_PACK": pack, "FORESHOCK_PSEUDONYM_KEY": "a secret for tests, long enough"}
    # A process of its own, because a worker ends the one that it runs in.
    done = subprocess.run(
        [sys.executable, "-m", "foreshock", "worker"],
        env={**os.environ, **settings, "PYTHONPATH": str(CHECKOUT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert done.returncode == 2
    assert told in " ".join((done.stdout + done.stderr).split())
