from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from deploy.image.context import Ignored, copy_context
from deploy.image.dockerfile import Instruction, our_stages
from streams.settings import Settings
from tests.support.deployment import docker_environment, docker_instructions
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
    return [source.rstrip("/") for each in named("COPY") if not each.flags for source in each.told.split()[:-1]]


def test_everything_that_the_image_copies_exists_and_reaches_the_builder() -> None:
    kept = Ignored((CHECKOUT / ".dockerignore").read_text()).kept

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
    copy_context(CHECKOUT, tmp_path)

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


@pytest.mark.parametrize(
    "path",
    [".env", "foreshock.toml", ".git/config", "deploy/Dockerfile", "secrets/web-token", "models/__pycache__/heat.pyc"],
)
def test_nothing_else_reaches_the_builder(path: str) -> None:
    assert Ignored((CHECKOUT / ".dockerignore").read_text())(path)


def test_what_reaches_the_builder_is_copied_as_it_is(tmp_path: Path) -> None:
    count = copy_context(CHECKOUT, tmp_path)
    found = {each.relative_to(tmp_path).as_posix() for each in tmp_path.rglob("*") if each.is_file()}

    assert count == len(found)
    assert {each.split("/")[0] for each in found} == {each.split("/")[0] for each in copied_from_the_checkout()}
    assert os.access(tmp_path / "deploy" / "image" / "ask.py", os.X_OK)


def test_only_what_was_built_gets_into_the_image() -> None:
    build, image = our_stages()
    taken = [each for each in image.named("COPY") if each.flags]

    assert [each.flags["from"] for each in taken] == [build.name]
    assert not [each for each in image.named("RUN") if "pip" in each.rest or "apt" in each.rest]
    assert build.base == image.base
    assert re.fullmatch(r"python:3\.\d+-slim-[a-z]+", image.base)


def test_a_signal_reaches_the_worker_itself() -> None:
    # In the shell's form a shell would get it, and the worker would be killed after the deadline.
    assert all(each.told.startswith("[") for name in ("ENTRYPOINT", "CMD") for each in named(name))
    assert [each.told for each in named("STOPSIGNAL")] == ["SIGTERM"]


def test_the_health_check_asks_whether_the_worker_is_alive() -> None:
    (check,) = named("HEALTHCHECK")
    program, page = Instruction("CMD", check.told.removeprefix("CMD ")).command

    assert page == "livez"
    assert f"/usr/local/bin/{program}" in {each.told.split()[-1] for each in named("COPY")}
    assert {"interval", "timeout", "start-period", "retries"} == check.flags.keys()


def test_the_labels_say_what_the_image_is() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    (labels,) = (each.pairs for each in named("LABEL"))
    told = {name.removeprefix("org.opencontainers.image."): value for name, value in labels.items()}

    assert (told["version"], told["licenses"]) == (project["version"], project["license"])
    assert told["base.name"].endswith(our_stages()[-1].base)
    assert {"title", "description", "revision"} <= told.keys()
