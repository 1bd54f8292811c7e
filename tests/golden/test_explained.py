"""What `foreshock explain` says of the story's alerts, in both languages. Review the difference as you would code.

`FORESHOCK_UPDATE_GOLDEN=1 pytest tests/golden` writes it anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from foreshock.cli import main
from tests.support.peers import CHECKOUT

HERE = Path(__file__).parent
STORY = "examples/typhoon.jsonl"
SECRET = {"FORESHOCK_PSEUDONYM_KEY": "a key for golden stories"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_account_of_a_promise_that_was_missed_twice_is_as_reviewed(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CHECKOUT)
    sent = tmp_path / "alerts.jsonl"
    CliRunner().invoke(main, ["replay", STORY, "--alerts", str(sent), "--quiet"], env=SECRET)
    alerts = map(orjson.loads, sent.read_bytes().splitlines())
    alert_id = next(each["alert_id"] for each in alerts if each["cause"] == "broken_promise")
    arguments = ["explain", alert_id, STORY, "--alerts", str(sent), "--lang", language, "--texts"]
    done = CliRunner().invoke(main, arguments, env=SECRET)
    account, reviewed = done.stdout.replace(str(tmp_path), "FOLDER"), HERE / f"explained.{language}.txt"
    if os.environ.get("FORESHOCK_UPDATE_GOLDEN"):
        reviewed.write_text(account, encoding="utf-8")

    assert done.exit_code == 0, done.output
    assert account == reviewed.read_text(encoding="utf-8")
