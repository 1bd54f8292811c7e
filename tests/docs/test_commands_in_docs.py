"""Every command of ours that a document shows exists, with its options, and so do the files that it reads."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from foreshock.cli import main
from tests.support.documents import Block, blocks, documents, name_of
from tests.support.peers import CHECKOUT

_STARTS = re.compile(r"(?:^|\s|&&|\|)(?:\.venv/bin/)?(?:python -m )?foreshock\s+(?P<rest>[^|&>]*)")
_TARGET = re.compile(r"^([a-z][a-z-]*):.*## ", re.MULTILINE)


@pytest.fixture(autouse=True)
def no_file_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that a command reads are its reader's own, and none is to be written."""
    for kind in (click.File, click.Path):
        monkeypatch.setattr(kind, "convert", lambda self, value, param, context: value)


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
    """What our own command line says against a command, which it reads and does not run."""
    command: click.Command = main
    context: click.Context | None = None
    while True:
        try:
            context = command.make_context(command.name, list(words), parent=context)
        except click.exceptions.Exit:
            return []
        except click.UsageError as error:
            return [error.format_message()]
        if not isinstance(command, click.Group):
            return []
        try:
            _, inner, words = command.resolve_command(context, [*context._protected_args, *context.args])
        except click.UsageError as error:
            return [error.format_message()]
        assert inner is not None
        command = inner


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


@pytest.mark.parametrize("block", shell_blocks(), ids=lambda block: f"{block.document}:{block.line}")
def test_every_file_of_the_checkout_that_a_command_names_exists(block: Block) -> None:
    named = re.findall(r"(?<![\w/.-])((?:examples|deploy|bench|docs|tests)/[\w/.-]*\w|[\w.-]+\.yml)", block.text)

    assert [name for name in named if not (CHECKOUT / name).exists()] == []


def test_every_service_that_a_document_tells_compose_to_run_is_in_the_compose_file() -> None:
    services = yaml.safe_load((CHECKOUT / "docker-compose.kafka.yml").read_text(encoding="utf-8"))["services"]
    named = {
        (block.document, found)
        for block in shell_blocks()
        for found in re.findall(r"docker compose (?:exec|run|logs|restart|stop)(?: --?\w\S*)* ([a-z]\S*)", block.text)
    }

    assert named
    assert {each for each in named if each[1] not in services} == set()


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ("replay --no-such-option events.jsonl", "No such option: --no-such-option"),
        ("topics destroy", "No such command 'destroy'."),
        ("replay", "Missing argument 'FILES...'."),
        ("import --mapping", "Option '--mapping' requires an argument."),
        ("replay events.jsonl --report-language fr", "'fr' is not one of 'zh', 'en', 'both'."),
        ("--config foreshock.toml worker --roles score", ""),
        ("replay no-such-file.jsonl", ""),
    ],
)
def test_the_search_finds_what_our_command_line_would_refuse(words: str, wrong: str) -> None:
    found = complaints_about(words.split())

    assert bool(found) == bool(wrong)
    assert wrong in "".join(found)


def test_the_documents_show_every_command() -> None:
    shown = {words[0] for block in shell_blocks() for words in our_commands(block.text) if words}
    missing = set(main.list_commands(click.Context(main))) - shown - {"demo"}

    assert missing == set()


@pytest.mark.parametrize("path", [path for path in documents() if "reference" not in path.parts], ids=name_of)
def test_every_block_says_its_language(path: Path) -> None:
    assert [block.line for block in blocks(path) if not block.language] == []
