"""Every command line of Docker, Compose and kubectl that we write down is one that the real programs read."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.command_help import complaint
from tests.support.deployment import COMPOSE_FILE, compose_services, without_variables
from tests.support.documents import blocks, documents
from tests.support.peers import CHECKOUT

_LINE = re.compile(r"(?<![\w/.-])(?:/usr/bin/)?((?:docker|kubectl) [a-z-].*)")
_GUIDES = [CHECKOUT / "docs" / "how-to" / name for name in ("run-with-compose.md", "run-with-compose.zh-CN.md")]
_DEMO = {"FORESHOCK_CLOCK": "event", "FORESHOCK_ATTRIBUTES": "member_level,sales_channel,tenure_years"}


def places() -> Iterator[tuple[str, str]]:
    """Text in which a command may stand, and where it is: code of documents, lines of deployment files."""
    for path in documents():
        name = path.relative_to(CHECKOUT).as_posix()
        prose = path.read_text("utf-8")
        for block in blocks(path):
            prose = prose.replace(block.text, "")
            if block.language == "sh":
                yield from ((name, line) for line in re.sub(r"\\\n\s*", " ", block.text).splitlines())
        yield from ((name, code) for code in re.findall(r"`([^`\n]+)`", prose))
    files = [COMPOSE_FILE, CHECKOUT / "Makefile", *sorted((CHECKOUT / "deploy").rglob("*"))]
    for path in files:
        if path.is_file() and path.suffix not in {".json", ".pyc"}:
            name = path.relative_to(CHECKOUT).as_posix()
            yield from ((name, re.split(r" {3,}", line.strip())[0]) for line in _spoken(path))


def _spoken(path: Path) -> list[str]:
    """Lines without what a comment is set off with, so that columns after a command can be told from it."""
    return [re.sub(r"^\s*#\s*", "", line) for line in path.read_text("utf-8").splitlines()]


def command_lines() -> list[tuple[str, str]]:
    found = {(name, match[1].strip(" )")) for name, text in places() if (match := _LINE.search(text))}
    return sorted((name, re.split(r"\s(?:\||>|&&)\s|\s#", line)[0]) for name, line in found)


LINES = command_lines()


def of(program: str) -> Any:
    lines = [each for each in LINES if program_of(each[1]) == program]
    return pytest.mark.parametrize(("where", "line"), lines, ids=[f"{name}: {line}" for name, line in lines])


def program_of(line: str) -> str:
    first, second = line.split()[:2]
    return second if second in {"compose", "buildx"} else first


def check(where: str, line: str) -> None:
    assert complaint(shlex.split(line)) == "", f"{where}: {line}"


@pytest.mark.docker
@of("docker")
def test_docker_reads_it(where: str, line: str) -> None:
    check(where, line)


@pytest.mark.compose
@of("compose")
def test_compose_reads_it(where: str, line: str) -> None:
    check(where, line)


@pytest.mark.buildx
@of("buildx")
def test_buildx_reads_it(where: str, line: str) -> None:
    check(where, line)


@pytest.mark.kubectl
@of("kubectl")
def test_kubectl_reads_it(where: str, line: str) -> None:
    check(where, line)


def test_the_search_finds_what_is_written_down() -> None:
    told = {(name, line) for name, line in LINES}

    assert ("docs/how-to/run-on-kubernetes.md", "kubectl apply -k deploy/k8s/overlays/first-look") in told
    assert ("docs/how-to/run-with-compose.md", "docker compose ps") in told
    assert ("docs/how-to/run-with-compose.md", "docker compose down --volumes") in told
    assert ("deploy/Dockerfile", "docker build -f deploy/Dockerfile -t foreshock:0.1.0 .") in told
    assert ("deploy/systemd/foreshock-compose.service", "docker compose -f docker-compose.kafka.yml stop") in told
    assert ("docker-compose.kafka.yml", "docker compose -f docker-compose.kafka.yml up --build --detach --wait") in told
    assert {program_of(line) for _, line in told} == {"docker", "compose", "buildx", "kubectl"}


@pytest.mark.compose
@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("docker compose up --detatch", "docker compose up has no --detatch"),
        ("docker compose start-all", "docker compose has no command start-all"),
        ("docker compose -f", "docker compose -f wants a value"),
        ("docker compose", "docker compose wants a command"),
        ("docker compose exec score ask --no-flag-of-theirs", ""),
        ("docker compose up --scale score=3 --wait", ""),
    ],
)
def test_compose_refuses_what_it_does_not_know(line: str, wrong: str) -> None:
    assert complaint(line.split()) == wrong


@pytest.mark.kubectl
@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("kubectl apply --kustomise x", "kubectl apply has no --kustomise"),
        ("kubectl create secrets generic x", "kubectl create has no command secrets"),
        ("kubectl exec pod -- foreshock --anything", ""),
    ],
)
def test_kubectl_refuses_what_it_does_not_know(line: str, wrong: str) -> None:
    assert complaint(line.split()) == wrong


def composed(folder: Path, *words: str) -> dict[str, Any]:
    """What Compose itself makes of the file, without an engine."""
    done = subprocess.run(
        ["docker", "compose", "--file", COMPOSE_FILE, *words, "config", "--format", "json"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    services: dict[str, Any] = json.loads(done.stdout)["services"]
    return services


@pytest.mark.compose
def test_compose_understands_the_file_as_the_tests_do(tmp_path: Path) -> None:
    demo = str(CHECKOUT / "deploy" / "compose" / "demo.env")
    found = composed(tmp_path, "--env-file", demo, "--profile", "demo", "--profile", "tools")

    assert found.keys() == compose_services().keys()
    for name, told in compose_services().items():
        made = found[name]
        assert made["image"] == told["image"]
        assert made.get("command") == told.get("command")
        assert made.get("environment", {}) == without_variables(told.get("environment", {}), **_DEMO)
        assert [each["source"] for each in made.get("secrets", ())] == told.get("secrets", [])
        assert made.get("tmpfs") == told.get("tmpfs")
        assert made["networks"].keys() == set(told["networks"])
        assert made["depends_on"].keys() == told["depends_on"].keys() if "depends_on" in told else True


@pytest.mark.compose
@pytest.mark.parametrize("guide", _GUIDES, ids=lambda path: path.name)
def test_the_pages_files_of_ones_own_are_merged(guide: Path, tmp_path: Path) -> None:
    files = [block.text for block in blocks(guide) if block.language == "yaml" and "# company.yml" in block.text]
    made = []
    for text in files:
        (tmp_path / "company.yml").write_text(text.replace("DIGEST", "0" * 64), "utf-8")
        made.append((yaml.safe_load(text)["services"], composed(tmp_path, "--file", "company.yml")))
    (sinks, delivers), (_, pinned) = made

    told = sinks["deliver"]
    assert told["environment"].items() <= delivers["deliver"]["environment"].items()
    assert {each["source"] for each in delivers["deliver"]["secrets"]} == {
        *told["secrets"],
        *compose_services()["deliver"]["secrets"],
    }
    assert pinned["kafka"]["image"] == f"{compose_services()['kafka']['image']}@sha256:{'0' * 64}"
