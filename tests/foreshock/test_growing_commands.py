"""`foreshock migrate` and `foreshock backup` as an operator types them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from foreshock.cli import main
from streams.broker import EmbeddedBroker
from streams.settings import load_settings
from tests.support.journal import broker_settings, call, write_journal

pytestmark = pytest.mark.broker
Run = Callable[..., Result]


@pytest.fixture
def run(embedded_broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Types a command, with topics of one's own and any settings."""
    settings = broker_settings(embedded_broker.bootstrap_servers, partitions=3)
    monkeypatch.setenv("FORESHOCK_BOOTSTRAP_SERVERS", settings.bootstrap_servers)
    monkeypatch.setenv("FORESHOCK_TOPIC_PREFIX", settings.topic_prefix)
    monkeypatch.setenv("FORESHOCK_PRODUCER_IDEMPOTENCE", "false")
    monkeypatch.setenv("FORESHOCK_PARTITIONS", "3")

    def typed(*words: str, **changes: str) -> Result:
        variables = {f"FORESHOCK_{name.upper()}": value for name, value in changes.items()}
        return CliRunner().invoke(main, words, env=variables)

    assert typed("topics", "create").exit_code == 0
    return typed


def test_a_migration_says_what_it_did_and_what_to_set_and_then_the_old_settings_are_refused(run: Run) -> None:
    looked = run("migrate", "--partitions", "5", "--all-stopped", "--dry-run")
    done = run("migrate", "--partitions", "5", "--all-stopped")
    again = run("migrate", "--partitions", "5", "--all-stopped")
    after = {"partitions": "5", "journal_generation": "2"}
    check = run("check", **after)
    listed = run("topics", "list", "--json", **after)

    assert "nothing was written" in looked.output
    assert "FORESHOCK_PARTITIONS=5\n  FORESHOCK_JOURNAL_GENERATION=2" in done.output
    assert (again.exit_code, "has taken the place of" in again.output) == (2, True)
    assert "topics are as the settings say" in check.output
    found = [orjson.loads(line) for line in listed.output.splitlines()]
    topics = {topic["topic"].split(".", 1)[1]: topic["partitions"] for topic in found}
    assert (topics["journal.2"], topics["score-states-changelog.2"], topics["alerts"]) == (5, 5, 3)


def test_a_migration_for_a_program_names_the_settings_and_the_checksums(run: Run) -> None:
    found = orjson.loads(run("migrate", "--partitions", "2", "--all-stopped", "--json").output)

    assert found["migrated"] is True
    assert found["settings"] == {"FORESHOCK_PARTITIONS": 2, "FORESHOCK_JOURNAL_GENERATION": 2}
    assert [row["rows"] for row in found["rows"]] == [0, 0]


def test_a_migration_to_the_same_number_is_refused(run: Run) -> None:
    done = run("migrate", "--partitions", "3", "--all-stopped")

    assert (done.exit_code, "has 3 partitions already" in done.output) == (2, True)


def test_a_backup_is_saved_and_put_back(run: Run, tmp_path: Path) -> None:
    asyncio.run(write_journal(load_settings(), [call(number, 40) for number in range(60)]))

    saved = run("backup", "save", str(tmp_path / "kept"))
    elsewhere = f"elsewhere.{load_settings().topic_prefix}"
    restored = run("backup", "restore", str(tmp_path / "kept"), topic_prefix=elsewhere)
    wrong = run("backup", "restore", str(tmp_path / "kept"), partitions="4")

    assert (saved.exit_code, "records saved to" in saved.output) == (0, True)
    assert (restored.exit_code, "restored from" in restored.output) == (0, True), restored.output
    assert saved.output.splitlines()[:-1] == restored.output.splitlines()[:-1]
    assert (wrong.exit_code, "FORESHOCK_PARTITIONS=3, not 4" in wrong.output) == (2, True)
