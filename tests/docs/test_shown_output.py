"""Every command of a document is run, or marked with why not; what is shown is what it prints.

After a change of what they print: `python -m tests.support.documents`, and review the diff as you would code.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.documents import (
    READMES,
    TUTORIALS,
    Block,
    answers,
    blocks,
    documents,
    headings,
    name_of,
    newcomers_folder,
    run_shell,
    tidy,
    worked,
)
from tests.support.peers import CHECKOUT

ONCE = [path for path in worked() if path not in TUTORIALS and not path.name.endswith(".zh-CN.md")]
"""Chinese pages show the same blocks, as is tested below; the tutorials have a test of their own."""


@pytest.mark.parametrize("path", ONCE, ids=name_of)
def test_every_command_of_a_document_prints_what_it_shows(path: Path) -> None:
    shown = {}
    printed = {}
    with newcomers_folder(path) as folder:
        for command, answer in answers(path):
            printed[command.text] = run_shell(command.text, folder)
            shown[command.text] = tidy(answer.text) if answer else printed[command.text]

    assert printed
    assert printed == shown


def test_the_readme_shows_the_replay_of_its_story() -> None:
    assert [[answer is not None for _, answer in answers(path)] for path in READMES] == [[True, False]] * 2


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_a_command_that_is_not_run_says_why(path: Path) -> None:
    comments = [block.comment for block in blocks(path) if block.language == "sh" and block.comment]
    named = [test for comment in comments for test in re.findall(r"\btests/[\w./]*\w", comment)]

    assert [comment for comment in comments if not re.fullmatch(r"not run: \S.{5,}", comment)] == []
    assert [test for test in named if not (CHECKOUT / test).exists()] == []


@pytest.mark.parametrize(
    "chinese", [path for path in documents() if path.name.endswith(".zh-CN.md")], ids=lambda path: path.name
)
def test_chinese_and_english_show_the_same_blocks_and_sections(chinese: Path) -> None:
    english = chinese.with_name(chinese.name.replace(".zh-CN", ""))

    for ours, theirs in zip(blocks(chinese), blocks(english), strict=True):
        assert as_compared(ours, ours) == as_compared(theirs, ours)
    assert [heading.level for heading in headings(chinese)] == [heading.level for heading in headings(english)]


def as_compared(block: Block, chinese: Block) -> tuple[str, str, str]:
    """Return what both languages have alike: commands but for the language asked for, and what is not told in Chinese.

    Of a tutorial's reader each writes in a language of their own, with the same commands.
    """
    is_own = chinese.document in {name_of(path) for path in TUTORIALS} and block.language != "sh"
    is_told = block.language == "text" and re.search(r"[\u4e00-\u9fff]", chinese.text) is not None
    return block.language, block.comment, "" if is_own or is_told else block.text.replace(" --lang zh", "")
