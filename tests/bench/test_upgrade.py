from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import ConsumerRecord
from click.testing import CliRunner

import bench.upgrade.version as version
from bench.brokers import Brokers, default_kind
from bench.upgrade.__main__ import main
from bench.upgrade.play import Play
from bench.upgrade.verdict import Outcome, contradicted, outcome_of
from bench.upgrade.version import NoVersionError, former_version, this_version
from models.row_formats import ROW_FORMAT

KEPT = Outcome(100, 10, 5, 0, 0, 0, 0, 0, 0, 3, 0, 0, {}, "went on")


def commit(folder: Path, row_format: int, note: str = "") -> str:
    """Commit a checkout whose rows have a format, and return its name."""
    file = folder / "models" / "row_formats.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"ROW_FORMAT = {row_format}\n{note}\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", f"format {row_format} {note}")
    return git(folder, "rev-parse", "HEAD")


def git(folder: Path, *arguments: str) -> str:
    own = [
        "-c",
        "user.name=n",
        "-c",
        "user.email=n@example.org",
        "-c",
        "tag.gpgsign=false",
        "-c",
        "commit.gpgsign=false",
    ]
    done = subprocess.run(["git", *own, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of its own, in which nothing is installed."""
    git(tmp_path, "init", "--quiet")
    monkeypatch.setattr(version, "CHECKOUT", tmp_path)
    monkeypatch.setattr(version, "_KEPT", tmp_path / "kept")
    monkeypatch.setattr(version, "_installed", lambda checkout: checkout / "python")
    return tmp_path


def test_where_nothing_was_released_the_last_commit_of_the_format_before_is_taken(history: Path) -> None:
    commit(history, ROW_FORMAT - 1, "early")
    last = commit(history, ROW_FORMAT - 1, "late")
    commit(history, ROW_FORMAT)
    commit(history, ROW_FORMAT, "today")

    found = former_version()

    assert (found.name, found.row_format) == (last[:10], ROW_FORMAT - 1)
    assert (found.checkout / "models" / "row_formats.py").read_text().endswith("late\n")


def test_the_last_release_is_taken_and_a_release_is_upgraded_from_the_one_before(history: Path) -> None:
    first = commit(history, ROW_FORMAT - 1)
    git(history, "tag", "v1")
    commit(history, ROW_FORMAT)
    git(history, "tag", "v2")
    on_a_release = former_version()
    commit(history, ROW_FORMAT, "after")

    assert on_a_release.name == f"v1 ({first[:10]})"
    assert former_version().name.startswith("v2 (")
    assert former_version(first[:12]).name == first[:10]


def test_what_git_does_not_know_is_refused_with_what_to_do(history: Path) -> None:
    commit(history, ROW_FORMAT + 1)

    with pytest.raises(NoVersionError, match="git knows no v9: name a tag or a commit"):
        former_version("v9")
    with pytest.raises(NoVersionError, match="since when rows have today's format"):
        former_version()
    refused = CliRunner().invoke(main, ["v9"])
    assert refused.exit_code == 1
    assert "git knows no v9" in refused.output


def test_a_version_is_told_nothing_of_the_callers_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORESHOCK_PARTITIONS", "99")

    found = this_version().environment(FORESHOCK_CLOCK="event")

    assert "FORESHOCK_PARTITIONS" not in found
    assert found["FORESHOCK_CLOCK"] == "event"


@pytest.mark.parametrize("name", ["lost", "dead_letters", "under_count", "over_count", "undelivered", "contradicted"])
def test_what_every_upgrade_promises_is_complained_of(name: str) -> None:
    changed: dict[str, Any] = {name: 2}
    broken = replace(KEPT, **changed)

    assert list(broken.complaints()) == [f"{name.replace('_', ' ')} 2"]
    assert broken.plain()["kept"] is False
    assert not list(replace(KEPT, rows_unlike=7, alerts_unlike=7).complaints())
    assert KEPT.plain()["kept"] is True


def alerts(*told: tuple[str, int, str]) -> Iterator[ConsumerRecord]:
    for number, (alert_id, sequence, level) in enumerate(told):
        raw = orjson.dumps({"alert_id": alert_id, "sequence": sequence, "level": level})
        yield ConsumerRecord("alerts", 0, number, 0, 0, b"c", raw, None, 1, len(raw), ())


def test_an_alert_may_be_told_again_and_not_in_two_ways() -> None:
    again = [("one", 0, "red"), ("one", 0, "red"), ("one", 1, "blue")]

    assert contradicted([*alerts(*again)]) == 0
    assert contradicted([*alerts(*again, ("one", 1, "red"), ("two", 0, "red"))]) == 1


@pytest.mark.broker
@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("is_named", [True, False], ids=["named", "unnamed"])
async def test_a_version_that_replaces_itself_leaves_what_a_replay_says_byte_for_byte(
    tmp_path: Path, is_named: bool
) -> None:
    today = this_version()
    with Brokers(default_kind()).running() as broker:
        play = Play(
            today, today, broker.bootstrap, tmp_path, takes_idempotence=broker.takes_idempotence,
            phase_seconds=4.0, rate=100.0, is_named=is_named, learns_apart=True, on_note=lambda _: None,
        )  # fmt: skip
        outcome = outcome_of(await play.run())

    assert not list(outcome.complaints()), play.played.notes
    assert (outcome.rows_unlike, outcome.alerts_unlike) == (0, 0)
    assert outcome.step_back == "went on"
    assert outcome.events > 0, "nothing was fed: the test shows less than it says"
    assert outcome.alerts > 0, "nobody was told anything: the test shows less than it says"
