"""Whoever runs is given the secrets that its role reads, and no other: what a role reads is found out by making it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from streams.settings import ROLES
from tests.support.deployment import docker_environment, our_services, without_variables
from tests.support.kubernetes import container, environment_of, files_of, given_to, rendered, workloads
from tests.support.peers import CHECKOUT
from tests.support.secrets_read import secret_settings, secrets_read
from tests.support.units import UNIT, service

K8S = CHECKOUT / "deploy" / "k8s"
ALONE = sorted(name for name, each in our_services().items() if each["command"][0] in {"worker", "topics", "database"})
EVERY_SINK = {
    "FORESHOCK_SINKS": "webhook,alertmanager,database,wecom,dingtalk,feishu,slack,email",
    "FORESHOCK_WEBHOOK_URL": "https://crm.example/foreshock",
    "FORESHOCK_ALERTMANAGER_URLS": "http://alertmanager:9093",
}
OF_SINKS = {
    *("webhook-secret", "webhook-previous-secret", "database-url"),
    *("wecom-url", "dingtalk-url", "feishu-url", "slack-url", "email-url"),
}
READ = {
    "ingest": {"pseudonym-key"},
    "score": {"snapshot-key"},
    "learn": {"snapshot-key"},
    "group": set(),
    "tick": set(),
    "deliver": OF_SINKS,
}
"""What each role reads besides the token of the pages, though it is offered everything."""


@pytest.mark.parametrize("role", ROLES)
def test_a_role_reads_its_own_secrets_only(role: str, tmp_path: Path) -> None:
    read = secrets_read(EVERY_SINK, ["worker", "--roles", role], tmp_path)

    assert read == READ[role] | {"web-token"}


def test_every_secret_is_some_roles_or_the_brokers() -> None:
    known = {name.replace("-", "_") for read in READ.values() for name in read}

    assert secret_settings() == known | {"web_token", "sasl_password", "ssl_key_password"}


@pytest.mark.parametrize("name", ALONE)
def test_a_service_of_compose_is_given_what_it_reads(name: str, tmp_path: Path) -> None:
    told = our_services()[name]
    environment = docker_environment() | without_variables(told["environment"])

    assert secrets_read(environment, told["command"], tmp_path) == set(told.get("secrets", ()))


def test_a_workload_of_the_base_is_given_what_it_reads(tmp_path: Path) -> None:
    documents = files_of(K8S / "base")

    assert read_and_given(documents, tmp_path) == {
        "foreshock-ingest": {"pseudonym-key", "web-token"},
        "foreshock-score": {"snapshot-key", "web-token"},
        "foreshock-learn": {"snapshot-key", "web-token"},
        "foreshock-group": {"web-token"},
        "foreshock-deliver": {"web-token"},
        "foreshock-topics": set(),
    }


@pytest.mark.kubectl
@pytest.mark.parametrize("overlay", ["first-look", "production"])
def test_a_workload_of_an_overlay_is_given_what_it_reads(overlay: str, tmp_path: Path) -> None:
    given = read_and_given(rendered(K8S / "overlays" / overlay), tmp_path)

    brokers = {"sasl-password"} if overlay == "production" else set()
    assert all(brokers <= each for each in given.values())
    assert [name for name, each in given.items() if "pseudonym-key" in each] == ["foreshock-ingest"]


def test_the_unit_of_systemd_is_given_what_it_reads(tmp_path: Path) -> None:
    told = service(UNIT)
    credentials = {line.partition(":")[0] for line in told["LoadCredential"]}
    named = dict(line.replace("%d/", "/run/secrets/").split("=", 1) for line in told["Environment"])
    read = secrets_read(named, ["worker"], tmp_path)

    # Its pages stay on the machine, and models are signed with a key that comes of the other: both can be given.
    assert read - credentials == {"web-token", "snapshot-key"}
    assert credentials <= read


def read_and_given(documents: list[dict[str, Any]], folder: Path) -> dict[str, set[str]]:
    """What each workload is given, after a look that it reads just that."""
    found = {}
    for name, workload in workloads(documents).items():
        (folder / name).mkdir()
        environment = docker_environment() | environment_of(workload, documents)
        given = given_to(workload)
        read = secrets_read(environment, container(workload)["args"], folder / name)
        named = {Path(value).name for value in environment.values() if value.startswith("/run/secrets/")}

        assert read == given - {"ca.pem"}, name
        assert named == given, name
        found[name] = given
    return found
