"""What the page about robots shows of an alert about many is what a robot says of the story."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from foreshock.cli import main
from schemas.aggregates import AggregateAlert
from schemas.codec import decode_as
from sinks.chat.texts import load_texts, message_of
from sinks.places import Post
from tests.support.peers import CHECKOUT


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said when the story's alert opens, to whom the page names."""
    written = tmp_path_factory.mktemp("sent") / "many.jsonl"
    done = CliRunner().invoke(
        main, ["replay", str(CHECKOUT / "examples/branch_stalled.jsonl"), "--aggregates", str(written), "--quiet"]
    )
    assert done.exit_code == 0, done.output
    opened = decode_as(AggregateAlert, written.read_bytes().splitlines()[0])
    return message_of(load_texts(None, "zh"), opened, lambda _: Post("role:hubei-claims", "HQ/Hubei"))


@pytest.mark.parametrize("page", ["alerts-to-chat.md", "alerts-to-chat.zh-CN.md"])
def test_the_message_about_many_in_the_docs_is_what_a_robot_says(page: str, said: str) -> None:
    assert f"```text\n{said}\n```" in Path(CHECKOUT / "docs" / "how-to" / page).read_text("utf-8")
