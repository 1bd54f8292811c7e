from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from foreshock.cli import main
from sinks.database.migrating import newest_revision


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path / 'foreshock.db'}"
    monkeypatch.setenv("FORESHOCK_DATABASE_URL", url)
    return url


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["database", *arguments])


def test_tables_are_missing_then_made_then_up_to_date(url: str) -> None:
    before, made, again, after = run("status"), run("upgrade"), run("upgrade"), run("status")

    assert before.exit_code == 1
    assert "run `foreshock database upgrade`" in before.output
    assert made.output == f"{url} is now at revision {newest_revision()}\n"
    assert again.output == f"{url} is up to date, revision {newest_revision()}\n"
    assert (after.exit_code, after.output) == (0, f"{url}: up to date, revision {newest_revision()}\n")


def test_statements_are_written_without_touching_the_database(url: str) -> None:
    written = run("upgrade", "--sql")

    assert "CREATE TABLE alert_transitions" in written.output
    assert run("status").exit_code == 1


def test_a_database_that_does_not_answer_is_told_in_a_sentence_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORESHOCK_DATABASE_URL", "postgresql://foreshock:hidden@127.0.0.1:1/foreshock")
    done = run("upgrade")

    assert done.exit_code == 2
    assert "127.0.0.1" in done.output
    assert "hidden" not in done.output
    assert "Traceback" not in done.output


def test_another_kind_of_database_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORESHOCK_DATABASE_URL", "mysql://root@127.0.0.1/x")

    assert "must be sqlite:///FILE or postgresql://" in run("upgrade").output
