"""Markdown of this project, read for the tests: fenced blocks, links and headings.

`python -m tests.support.documents` runs every command of every document that is not marked `not run: REASON`, and
writes what it prints where that is shown, after a change of what commands print. Review its diff as you would code.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.support.peers import CHECKOUT

_FENCE = re.compile(r"^(?P<fence>`{3,})(?P<language>[^\n`]*)\n(?P<text>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--((?:(?!-->).)*)-->\s*\Z", re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_TERMINAL = {"COLUMNS": "100", "LC_ALL": "C.UTF-8"}
_HEADING = re.compile(r"^(#{1,6}) +(.*)$", re.MULTILINE)

READMES = [CHECKOUT / "README.md", CHECKOUT / "README.zh-CN.md"]
TUTORIALS = [CHECKOUT / "docs/tutorial/first-alert.md", CHECKOUT / "docs/tutorial/first-alert.zh-CN.md"]


class Heading(NamedTuple):
    """One heading."""

    level: int
    text: str


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    document: str
    line: int
    language: str
    text: str
    comment: str
    """The HTML comment right before it, empty if there is none."""


def documents() -> list[Path]:
    """Every Markdown file of the project, those that are generated included."""
    folders = ("docs", "examples", "deploy", "bench")
    found = [*CHECKOUT.glob("*.md"), *(path for folder in folders for path in (CHECKOUT / folder).rglob("*.md"))]
    return sorted(found)


def name_of(path: Path) -> str:
    """Name a document from the root of the checkout."""
    return path.relative_to(CHECKOUT).as_posix()


def blocks(path: Path) -> list[Block]:
    """The fenced blocks of a document, in their order."""
    text = path.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        before = text[: match.start()]
        comment = _COMMENT.search(before)
        found.append(
            Block(
                document=name_of(path),
                line=before.count("\n") + 1,
                language=match["language"].strip(),
                text=match["text"],
                comment=comment[1].strip() if comment else "",
            )
        )
    return found


def prose(path: Path) -> str:
    """A document without its fenced blocks."""
    return _FENCE.sub("", path.read_text(encoding="utf-8"))


def links(path: Path) -> list[str]:
    """Where a document's links lead; what only looks like one in code is none."""
    return _LINK.findall(re.sub(r"`[^`\n]*`", "code", prose(path)))


def headings(path: Path) -> list[Heading]:
    """The headings of a document, in their order."""
    return [Heading(len(marks), text.strip()) for marks, text in _HEADING.findall(prose(path))]


def anchors(path: Path) -> set[str]:
    """The anchors that headings of a document make, as GitHub does."""
    texts = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.text) for heading in headings(path))
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in texts}


def answers(path: Path) -> list[tuple[Block, Block | None]]:
    """Commands that are run, each with the block that shows what it prints; `None` where nothing is shown.

    Every command is run, unless a comment before it says why not: `not run: it needs a broker`.
    """
    found = blocks(path)
    commands = [block for block in found if block.language == "sh" and not block.comment.startswith("not run: ")]
    return [(command, _answer(command, found)) for command in commands]


def files(path: Path) -> dict[str, str]:
    """Files that a document asks its reader to save, by name: blocks right after a comment `save as NAME`."""
    return {
        block.comment.removeprefix("save as "): block.text
        for block in blocks(path)
        if block.comment.startswith("save as ")
    }


def _answer(command: Block, found: list[Block]) -> Block | None:
    following = found[found.index(command) + 1 :]
    return following[0] if following and following[0].language in {"text", "json"} else None


@contextmanager
def newcomers_folder(path: Path) -> Iterator[Path]:
    """Give the folder in which a document's reader works, with what the document asks to save.

    Of a tutorial it is empty but for that; elsewhere the examples are where they are in a checkout.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if path not in TUTORIALS:
            (folder / "examples").symlink_to(CHECKOUT / "examples")
        for file, text in files(path).items():
            (folder / file).write_text(text, encoding="utf-8")
        yield folder


def run_shell(script: str, folder: Path) -> str:
    """Run a block as a newcomer would, with the environment's commands first on the path; return what is shown.

    A terminal of 100 columns without a language is assumed, and no setting of whoever runs the tests.
    """
    ours = {name: value for name, value in os.environ.items() if not name.startswith("FORESHOCK_")}
    done = subprocess.run(
        ["sh", "-eu", "-c", script.replace(".venv/bin/", "")],
        cwd=folder,
        env=ours | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"} | _TERMINAL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return tidy(done.stdout)


def tidy(text: str) -> str:
    """Leave out blanks at the end of lines, and blank lines around."""
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines()).strip("\n")


def write_shown_output(path: Path) -> None:
    """Run the commands of a document and write what they print where it is shown."""
    text = path.read_text(encoding="utf-8")
    with newcomers_folder(path) as folder:
        for command, answer in answers(path):
            printed = run_shell(command.text, folder)
            if answer is not None:
                before, fence, after = text.partition(f"```{command.language}\n{command.text}```")
                shown = f"```{answer.language}\n{answer.text}```"
                text = before + fence + after.replace(shown, f"```{answer.language}\n{printed}\n```", 1)
    path.write_text(text, encoding="utf-8")


def worked() -> list[Path]:
    """Documents of which at least one command is run."""
    return [path for path in documents() if answers(path)]


if __name__ == "__main__":
    for each in worked():
        write_shown_output(each)
