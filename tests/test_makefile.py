from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.peers import CHECKOUT

TOO_OLD = "#!/bin/sh\nexit 1\n"
WITHOUT_ENSUREPIP = '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\n'


def make_setup(folder: Path, python: str) -> subprocess.CompletedProcess[str]:
    """Run `make setup` in a fresh copy, where every python on PATH is the given script."""
    for name in ("Makefile", "pyproject.toml", "requirements-dev.lock"):
        shutil.copyfile(CHECKOUT / name, folder / name)
    programs = folder / "bin"
    programs.mkdir()
    for name in ("python", "python3", "python3.11", "python3.12", "python3.13", "python3.14"):
        (programs / name).write_text(python)
        (programs / name).chmod(0o755)
    make = shutil.which("make")
    assert make
    return subprocess.run(
        [make, "setup"],
        cwd=folder,
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("python", "said"),
    [(TOO_OLD, "needs Python 3.11 or newer"), (WITHOUT_ENSUREPIP, "apt-get install python3-venv")],
    ids=["too old", "without ensurepip"],
)
def test_a_python_that_cannot_serve_is_named_with_the_remedy(tmp_path: Path, python: str, said: str) -> None:
    done = make_setup(tmp_path, python)

    assert done.returncode != 0
    assert said in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_make_alone_lists_every_command_once() -> None:
    listed = subprocess.run(["make"], cwd=CHECKOUT, capture_output=True, text=True, timeout=120, check=True)
    commands = [line.split()[1] for line in listed.stdout.splitlines()]

    assert commands == sorted(set(commands), key=commands.index)
    assert {"setup", "demo", "test", "check", "fix", "docs", "bench", "bench-quality", "lock"} <= set(commands)
