"""What README, tutorial and worked pages show is what their commands print.

After a change of what they print: `python -m tests.support.documents`, and review the diff as you would code.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.documents import (
    READMES,
    TUTORIALS,
    WORKED,
    answers,
    blocks,
    documents,
    headings,
    newcomers_folder,
    run_shell,
    tidy,
)


@pytest.mark.parametrize("path", [*READMES, *TUTORIALS, *WORKED], ids=lambda path: path.name)
def test_every_command_of_a_document_prints_what_it_shows(path: Path) -> None:
    shown = {}
    printed = {}
    with newcomers_folder() as folder:
        for command, answer in answers(path):
            shown[command.text] = tidy(answer.text) if answer else ""
            printed[command.text] = run_shell(command.text, folder)

    assert printed
    assert printed == shown


def test_the_readme_shows_the_replay_of_its_story() -> None:
    assert [len(answers(path)) for path in READMES] == [1, 1]


@pytest.mark.parametrize(
    "chinese", [path for path in documents() if path.name.endswith(".zh-CN.md")], ids=lambda path: path.name
)
def test_chinese_and_english_show_the_same_blocks_and_sections(chinese: Path) -> None:
    english = chinese.with_name(chinese.name.replace(".zh-CN", ""))

    assert [(block.language, block.text) for block in blocks(chinese)] == [
        (block.language, block.text) for block in blocks(english)
    ]
    assert [heading.level for heading in headings(chinese)] == [heading.level for heading in headings(english)]


def test_whatever_a_tutorial_does_not_run_says_why() -> None:
    skipped = [block for path in TUTORIALS for block in blocks(path) if block.comment.startswith("not run")]

    assert len(skipped) == len(TUTORIALS)
    assert all(block.comment.removeprefix("not run by the tests: ") for block in skipped)
