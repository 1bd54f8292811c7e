from __future__ import annotations

import fnmatch
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from streams.settings import Settings
from tests.support.deployment import Instruction, docker_environment, docker_instructions
from tests.support.peers import CHECKOUT

HELP_OF_EVERY_COMMAND = """
import click, foreshock
from click.testing import CliRunner
from foreshock.cli import main

print(foreshock.__file__)
for name in main.list_commands(click.Context(main)):
    result = CliRunner().invoke(main, [name, "--help"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    print(name)
"""


def named(name: str) -> list[Instruction]:
    return [each for each in docker_instructions() if each.name == name]


def copied_from_the_checkout() -> list[str]:
    return [
        source.rstrip("/") for each in named("COPY") if "--from=" not in each.rest for source in each.rest.split()[:-1]
    ]


def test_everything_that_the_image_copies_exists_and_reaches_the_builder() -> None:
    kept = [
        line.removeprefix("!").rstrip("/")
        for line in (CHECKOUT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]

    assert sorted(copied_from_the_checkout()) == sorted(kept)
    assert all((CHECKOUT / source).exists() for source in kept)


def test_the_image_holds_every_package_of_ours() -> None:
    packages = {path.parent.name for path in CHECKOUT.glob("*/__init__.py")}

    assert packages <= set(copied_from_the_checkout())


def test_every_setting_of_the_image_exists() -> None:
    ours = {name for name in docker_environment() if name.startswith("FORESHOCK_")}

    assert {name.removeprefix("FORESHOCK_").lower() for name in ours} <= Settings.model_fields.keys()


def test_the_image_exposes_the_port_of_its_pages() -> None:
    port = docker_environment()["FORESHOCK_WEB_PORT"]

    assert [each.rest for each in named("EXPOSE")] == [port]
    assert int(port) == Settings().web_port
    assert docker_environment()["FORESHOCK_WEB_HOST"] == "0.0.0.0"


def test_the_image_runs_as_a_numbered_user_that_is_not_root() -> None:
    users = [each.rest for each in named("USER")]

    assert len(users) == 1
    assert all(part.isdigit() and int(part) > 0 for part in users[0].split(":"))


def test_the_image_installs_only_what_is_locked_and_hashed() -> None:
    installs = [each.rest for each in named("RUN") if "pip install" in each.rest]

    assert installs
    assert all("--require-hashes" in each or "--no-deps" in each for each in installs)


def test_what_the_image_copies_is_enough_to_start_every_command(tmp_path: Path) -> None:
    for source in copied_from_the_checkout():
        origin, target = CHECKOUT / source, tmp_path / source
        if origin.is_dir():
            shutil.copytree(origin, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(origin, target)

    done = subprocess.run(
        [sys.executable, "-c", HELP_OF_EVERY_COMMAND],
        cwd=tmp_path,
        # The checkout is on this interpreter's path as well; what stands first wins.
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    started_from, *commands = done.stdout.split()
    assert started_from.startswith(str(tmp_path))
    assert {"worker", "topics", "check", "replay"} <= set(commands)


@pytest.mark.parametrize("secret", [".env", "foreshock.toml", ".git/config", "deploy/Dockerfile"])
def test_nothing_else_reaches_the_builder(secret: str) -> None:
    lines = (CHECKOUT / ".dockerignore").read_text().splitlines()
    kept = [line.removeprefix("!").rstrip("/") for line in lines if line.startswith("!")]

    assert "*" in lines
    assert not any(fnmatch.fnmatch(secret, pattern) for pattern in kept)
