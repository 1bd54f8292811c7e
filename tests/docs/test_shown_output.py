"""What README and worked pages show is what their commands print.

After a change of what they print: `python -m tests.support.documents`, and review the diff as you would code.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.documents import (
    READMES,
    TUTORIALS,
    WORKED,
    Block,
    answers,
    blocks,
    documents,
    headings,
    name_of,
    newcomers_folder,
    run_shell,
    tidy,
)


@pytest.mark.parametrize("path", [*READMES, *WORKED], ids=lambda path: path.name)
def test_every_command_of_a_document_prints_what_it_shows(path: Path) -> None:
    shown = {}
    printed = {}
    with newcomers_folder(path) as folder:
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

    assert [as_compared(block) for block in blocks(chinese)] == [as_compared(block) for block in blocks(english)]
    assert [heading.level for heading in headings(chinese)] == [heading.level for heading in headings(english)]


def as_compared(block: Block) -> tuple[str, str]:
    """Of a tutorial's reader each writes in a language of their own, with the same commands."""
    is_own = block.document in {name_of(path) for path in TUTORIALS} and block.language != "sh"
    return (block.language, block.comment if is_own else block.text)
