from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.peers import CHECKOUT

LOCKS = ("requirements.lock", "requirements-dev.lock")


def project() -> dict[str, Any]:
    return tomllib.loads((CHECKOUT / "pyproject.toml").read_text())


def locked(lock: str) -> dict[str, set[str]]:
    """Locked versions by canonical name; two where Python's version decides."""
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([\w.!]+)", (CHECKOUT / lock).read_text(), re.M):
        versions.setdefault(canonicalize_name(name), set()).add(version)
    return versions


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_is_hashed(lock: str) -> None:
    text = (CHECKOUT / lock).read_text()
    blocks = re.split(r"\n(?=[a-z0-9])", text)[1:]

    assert len(blocks) > 30
    assert [block for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        ("requirements.lock", ["demo", "chat", "database", "rocksdb"]),
        ("requirements-dev.lock", ["demo", "chat", "database", "rocksdb", "dev"]),
    ],
)
def test_the_locks_satisfy_what_the_project_asks_for(lock: str, extras: list[str]) -> None:
    told = project()
    asked = [*told["project"]["dependencies"], *told["dependency-groups"]["build"]]
    for extra in extras:
        asked += told["project"]["optional-dependencies"][extra]
    versions = locked(lock)

    unmet = [
        text
        for text in asked
        if not all(
            Requirement(text).specifier.contains(version)
            for version in versions.get(canonicalize_name(Requirement(text).name), {"0"})
        )
    ]

    assert unmet == []


def test_both_locks_name_the_same_versions() -> None:
    runtime, development = (locked(lock) for lock in LOCKS)

    assert {name: development.get(name) for name in runtime} == runtime


def test_a_wheel_would_put_no_package_into_anybodys_environment(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
        timeout=240,
    )
    (wheel,) = tmp_path.glob("*.whl")

    with zipfile.ZipFile(wheel) as archive:
        folders = {name.split("/")[0] for name in archive.namelist()}

    assert folders == {"foreshock-0.1.0.dist-info"}
