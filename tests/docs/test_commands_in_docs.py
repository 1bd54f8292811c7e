"""Every command of ours that a document shows exists, with its options, and so do the files that it reads."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from foreshock.cli import main
from tests.support.documents import Block, blocks, documents, name_of
from tests.support.peers import CHECKOUT

_STARTS = re.compile(r"(?:^|\s|&&|\|)(?:\.venv/bin/)?(?:python -m )?foreshock\s+(?P<rest>[^|&>]*)")
_TARGET = re.compile(r"^([a-z][a-z-]*):.*## ", re.MULTILINE)


def shell_blocks() -> list[Block]:
    return [block for path in documents() for block in blocks(path) if block.language == "sh"]


def shell_lines(text: str) -> Iterator[str]:
    """Commands, one per line, with continued lines joined and comments left out."""
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        command = re.sub(r"(^|\s)#.*", "", line).strip()
        if command:
            yield command


def our_commands(text: str) -> Iterator[list[str]]:
    for line in shell_lines(text):
        for match in _STARTS.finditer(line):
            yield shlex.split(match["rest"].replace(">", " "))


def complaints_about(words: list[str]) -> list[str]:
    """What is wrong with a command line: names that do not exist."""
    command: click.Command = main
    context = click.Context(main)
    known = {option for each in command.params for option in each.opts}
    waits_for_value = False
    for word in words:
        name = word.partition("=")[0]
        if waits_for_value:
            waits_for_value = False
        elif name.startswith("-") and word != "-":
            if name not in known | {"--help", "-h"}:
                return [f"no option {name}"]
            option = next((each for each in command.params if name in each.opts), None)
            waits_for_value = isinstance(option, click.Option) and not option.is_flag and "=" not in word
        elif isinstance(command, click.Group):
            inner = command.get_command(context, word)
            if inner is None:
                return [f"no command {word}"]
            command = inner
            known = {option for each in command.params for option in each.opts}
        elif word.startswith("examples/") and not (CHECKOUT / word).exists():
            return [f"no file {word}"]
    return []


@pytest.mark.parametrize("block", shell_blocks(), ids=lambda block: f"{block.document}:{block.line}")
def test_every_command_of_ours_in_a_block_exists_with_its_options(block: Block) -> None:
    wrong = {" ".join(words): found for words in our_commands(block.text) if (found := complaints_about(words))}

    assert wrong == {}


def test_every_target_of_make_that_a_document_names_exists() -> None:
    targets = set(_TARGET.findall((CHECKOUT / "Makefile").read_text()))
    named = {
        (block.document, found)
        for block in shell_blocks()
        for line in shell_lines(block.text)
        for found in re.findall(r"^make ([a-z-]+)", line)
    }

    assert named
    assert {each for each in named if each[1] not in targets} == set()


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ("replay --no-such-option events.jsonl", ["no option --no-such-option"]),
        ("topics destroy", ["no command destroy"]),
        ("replay examples/no-such-story.jsonl", ["no file examples/no-such-story.jsonl"]),
        ("--config foreshock.toml worker --roles score", []),
    ],
)
def test_the_search_finds_what_does_not_exist(words: str, wrong: list[str]) -> None:
    assert complaints_about(words.split()) == wrong


def test_the_documents_show_every_command() -> None:
    shown = {words[0] for block in shell_blocks() for words in our_commands(block.text) if words}
    missing = set(main.list_commands(click.Context(main))) - shown - {"demo"}

    assert missing == set()


@pytest.mark.parametrize("path", [path for path in documents() if "reference" not in path.parts], ids=name_of)
def test_every_block_says_its_language(path: Path) -> None:
    assert [block.line for block in blocks(path) if not block.language] == []
