from __future__ import annotations

import re
import subprocess

import pytest

from tests.support.peers import CHECKOUT

# Written in halves, so that this file does not name what it forbids.
FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w.~-])/(root|work|farm|home/[a-z]\w*|Users/[A-Za-z]\w*)/" + r"\w"),
    "the host of a package registry": re.compile(
        r"(py" + r"pi|pythonhos" + r"ted|npm" + r"js|proxy\.golang|deb\.debian|crates)\.[a-z]{2,}\b"
    ),
    "an index to install from": re.compile(
        r"--(extra-)?index" + r"-url[ =]|--find-" + r"links[ =]|--trusted" + r"-host[ =]"
    ),
}


def project_files() -> list[str]:
    """Everything that is committed or would be with the next `git add`."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        check=True,
    )
    names = listed.stdout.decode().split("\0")
    return sorted(name for name in names if name and (CHECKOUT / name).is_file())


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_committed_file_contains(what: str) -> None:
    found = [
        f"{name}:{number}: {line.strip()[:120]}"
        for name in project_files()
        if b"\0" not in (content := (CHECKOUT / name).read_bytes())
        for number, line in enumerate(content.decode().splitlines(), start=1)
        if FORBIDDEN[what].search(line)
    ]

    assert found == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a path of one machine", "see /ho" + "me/li/foreshock/models"),
        ("the host of a package registry", "https://py" + "pi.org/simple"),
        ("an index to install from", "--index" + "-url https://mirror.example/simple"),
    ],
)
def test_the_search_finds_what_it_looks_for(what: str, text: str) -> None:
    assert FORBIDDEN[what].search(text)
