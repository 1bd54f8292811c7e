from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.settings import Settings, load_settings
from tests.support.deployment import (
    COMPOSE_FILE,
    compose_services,
    docker_environment,
    our_services,
    without_variables,
)
from tests.support.kafka import POM, format_storage, new_cluster_id
from tests.support.peers import CHECKOUT


def test_the_compose_file_fits_the_compose_specification() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema"),
            *("--builtin-schema", "vendor.compose-spec", COMPOSE_FILE),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("service", our_services())
def test_every_setting_in_the_compose_file_exists_and_is_accepted(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = docker_environment() | without_variables(our_services()[service]["environment"])
    ours = {name: value for name, value in environment.items() if name.startswith("FORESHOCK_")}
    for name, value in ours.items():
        monkeypatch.setenv(name, value)

    settings = load_settings()

    assert {name.removeprefix("FORESHOCK_").lower() for name in ours} <= Settings.model_fields.keys()
    # Not on loopback, so the built-in key would be refused: the file brings one.
    assert settings.pseudonym_secret()


@pytest.mark.parametrize("service", our_services())
def test_every_command_in_the_compose_file_exists(service: str) -> None:
    from foreshock.cli import main

    result = CliRunner().invoke(main, [*our_services()[service]["command"], "--help"])

    assert result.exit_code == 0, result.output


def test_our_services_talk_to_a_listener_that_kafka_advertises() -> None:
    kafka = compose_services()["kafka"]["environment"]
    advertised = dict(listener.split("://") for listener in kafka["KAFKA_ADVERTISED_LISTENERS"].split(","))
    opened = dict(listener.split("://") for listener in kafka["KAFKA_LISTENERS"].split(","))

    for service in our_services().values():
        assert service["environment"]["FORESHOCK_BOOTSTRAP_SERVERS"] == advertised["PLAINTEXT"]
    for name, address in advertised.items():
        assert opened[name].rpartition(":")[2] == address.rpartition(":")[2]
    assert advertised["PLAINTEXT_HOST"] == Settings().bootstrap_servers


def test_published_ports_lead_to_ports_that_someone_listens_on() -> None:
    services = compose_services()
    published = {name: each["ports"] for name, each in services.items() if "ports" in each}
    inner = {name: int(port.rpartition(":")[2]) for name, ports in published.items() for port in ports}

    assert inner == {
        "kafka": 9092,
        "worker": int(docker_environment()["FORESHOCK_WEB_PORT"]),
        "prometheus": 9090,
        "alertmanager": 9093,
        "grafana": 3000,
    }
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_the_worker_may_finish_before_it_is_killed() -> None:
    grace = re.fullmatch(r"(\d+)s", our_services()["worker"]["stop_grace_period"])

    assert grace
    assert float(grace[1]) > Settings().stop_deadline_seconds


def test_a_worker_that_gives_up_is_started_again() -> None:
    assert our_services()["worker"]["restart"] == "unless-stopped"


def test_files_that_are_mounted_exist() -> None:
    mounts = [
        CHECKOUT / volume.split(":")[0]
        for service in compose_services().values()
        for volume in service.get("volumes", ())
        if volume.startswith("./")
    ]

    assert mounts
    assert all(mount.is_file() or any(mount.iterdir()) for mount in mounts)


def test_the_broker_is_the_version_that_the_tests_run_on() -> None:
    space = {"m": "http://maven.apache.org/POM/4.0.0"}
    version = ElementTree.parse(POM).findtext("m:dependencies/m:dependency/m:version", None, space)

    assert compose_services()["kafka"]["image"] == f"apache/kafka:{version}"


@pytest.mark.kafka
@pytest.mark.kafka_node
def test_apache_kafka_accepts_the_settings_of_the_compose_file(tmp_path: Path) -> None:
    environment = compose_services()["kafka"]["environment"]
    # The image makes properties of its variables in this way.
    properties = {name.removeprefix("KAFKA_").lower().replace("_", "."): value for name, value in environment.items()}

    format_storage(properties | {"log.dirs": str(tmp_path / "data")}, tmp_path, new_cluster_id())
