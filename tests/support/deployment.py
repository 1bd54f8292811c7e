"""What the files under deploy/ and the compose file say, read for the tests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from tests.support.peers import CHECKOUT

COMPOSE_FILE = CHECKOUT / "docker-compose.kafka.yml"
PROMETHEUS_FILE = CHECKOUT / "deploy" / "prometheus" / "prometheus.yml"
DOCKERFILE = CHECKOUT / "deploy" / "Dockerfile"


@dataclass(frozen=True)
class Instruction:
    """One instruction of a Dockerfile, its continued lines joined."""

    name: str
    rest: str


def compose_services() -> dict[str, dict[str, Any]]:
    """The services of the compose file, by name, with YAML's merges made."""
    services: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE_FILE.read_text())["services"]
    return services


def our_services() -> dict[str, dict[str, Any]]:
    """The compose services that run our own image."""
    return {name: each for name, each in compose_services().items() if "build" in each}


def without_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Replace each `${NAME:-default}` by its default, as on a machine that sets nothing."""
    return {name: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value) for name, value in environment.items()}


def docker_instructions() -> list[Instruction]:
    """The instructions of our Dockerfile, in order."""
    joined = re.sub(r"\\\n\s*", "", _without_comments(DOCKERFILE.read_text()))
    lines = (line.split(maxsplit=1) for line in joined.splitlines() if line.strip())
    return [Instruction(name, rest) for name, rest in lines]


def docker_environment() -> dict[str, str]:
    """The variables that our image sets."""
    pairs = (
        pair.split("=", maxsplit=1)
        for instruction in docker_instructions()
        if instruction.name == "ENV"
        for pair in instruction.rest.split()
    )
    return dict(pairs)


def _without_comments(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.lstrip().startswith("#"))
