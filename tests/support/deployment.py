"""What the files under deploy/ and the compose file say, read for the tests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from deploy.image.dockerfile import Instruction, our_stages
from tests.support.peers import CHECKOUT

COMPOSE_FILE = CHECKOUT / "docker-compose.kafka.yml"
PROMETHEUS_FILE = CHECKOUT / "deploy" / "prometheus" / "prometheus.yml"
SECRETS = "/run/secrets/"
"""Where compose puts secrets."""
EXACT = re.compile(r"v?\d+\.\d+(\.\d+)?(-[a-z]+)?")
"""A tag that names one release of what is inside; never `latest`, nor a major version that moves."""


def compose() -> dict[str, Any]:
    """The compose file, with YAML's merges made."""
    told: dict[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text())
    return told


def compose_services() -> dict[str, dict[str, Any]]:
    """The services of the compose file, by name."""
    services: dict[str, dict[str, Any]] = compose()["services"]
    return services


def our_services() -> dict[str, dict[str, Any]]:
    """The compose services that run our own image."""
    return {name: each for name, each in compose_services().items() if "build" in each}


def worker_services() -> dict[str, dict[str, Any]]:
    """The compose services that run a worker."""
    return {name: each for name, each in our_services().items() if each["command"][0] == "worker"}


def without_variables(environment: Mapping[str, str], **given: str) -> dict[str, str]:
    """Fill in each `${NAME:-default}`: what is given, else the default, as on a machine that sets nothing."""
    return {
        name: re.sub(r"\$\{(\w+):-([^}]*)\}", lambda match: given.get(match[1], match[2]), value)
        for name, value in environment.items()
    }


def docker_instructions() -> list[Instruction]:
    """The instructions of the image that our Dockerfile ends with, and of the stages before it, in order."""
    return [each for stage in our_stages() for each in stage.instructions]


def docker_environment() -> dict[str, str]:
    """The variables that our image sets."""
    return our_stages()[-1].environment
