from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from schemas.catalogue import TOPICS
from streams.settings import Settings
from tests.support.deployment import docker_environment, docker_instructions
from tests.support.peers import CHECKOUT

K8S = CHECKOUT / "deploy" / "k8s"
FILES = sorted(K8S.rglob("*.yaml"))
KUSTOMIZATIONS = sorted(K8S.rglob("kustomization.yaml"))
VERSION = "1.33"
"""A Kubernetes that clusters run today."""
WORKERS = ("ingest", "score", "learn", "group", "deliver")


def documents(paths: list[Path] = FILES) -> Iterator[dict[str, Any]]:
    for path in paths:
        yield from yaml.safe_load_all(path.read_text("utf-8"))


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Resources of one kind of the base, by name."""
    found = documents(sorted((K8S / "base").glob("*.yaml")))
    return {one["metadata"]["name"]: one for one in found if one["kind"] == kind}


def pods() -> dict[str, dict[str, Any]]:
    """What runs, by the name of what runs it."""
    kinds = [resources(kind) for kind in ("Deployment", "StatefulSet", "Job")]
    return {name: one["spec"]["template"] for each in kinds for name, one in each.items()}


def container(name: str) -> dict[str, Any]:
    (only,) = pods()[name]["spec"]["containers"]
    return dict(only)


@pytest.mark.parametrize(
    "path", [p for p in FILES if p.parent.name == "base" and p.name != "kustomization.yaml"], ids=str
)
def test_resources_fit_the_api(path: Path) -> None:
    for one in documents([path]):
        kubernetes_validate.validate(one, VERSION, strict=True)


@pytest.mark.parametrize("path", KUSTOMIZATIONS, ids=lambda path: path.parent.name)
def test_a_kustomization_names_what_is_there(path: Path) -> None:
    told = yaml.safe_load(path.read_text("utf-8"))

    for resource in told["resources"]:
        assert (path.parent / resource).exists()
    base = {
        (one["kind"], one["metadata"]["name"])
        for one in documents(sorted((K8S / "base").glob("*.yaml")))
        if "metadata" in one
    }
    for patch in documents([path.parent / each["path"] for each in told.get("patches", ())]):
        assert (patch["kind"], patch["metadata"]["name"]) in base
    assert {each["name"] for each in told.get("replicas", ())} <= {name for _, name in base}
    if path.parent.name == "base":
        listed = {*told["resources"], "kustomization.yaml"}
        assert listed == {each.name for each in path.parent.glob("*.yaml")}


def test_every_setting_exists() -> None:
    maps = [one["data"] for one in documents() if one["kind"] == "ConfigMap"]
    named = {name for data in maps for name in data} | {
        entry["name"] for name in pods() for entry in container(name).get("env", ())
    }

    assert len(maps) == 3
    assert {name.removeprefix("FORESHOCK_").lower() for name in named} <= Settings.model_fields.keys()
    # What is read from the network of a cluster needs a token; secrets come from files.
    assert {"FORESHOCK_WEB_TOKEN_FILE", "FORESHOCK_PSEUDONYM_KEY_FILE"} <= named
    assert not {"FORESHOCK_PSEUDONYM_KEY", "FORESHOCK_SASL_PASSWORD"} & named


def test_every_role_runs_somewhere() -> None:
    roles = [role for name in WORKERS for role in container(f"foreshock-{name}")["args"][-1].split(",")]

    assert sorted(roles) == sorted(Settings.model_fields["roles"].get_default(call_default_factory=True))


@pytest.mark.parametrize("name", WORKERS)
def test_probes_ask_the_pages_that_mean_what_they_ask(name: str) -> None:
    worker = container(f"foreshock-{name}")
    (port,) = worker["ports"]

    assert str(port["containerPort"]) == docker_environment()["FORESHOCK_WEB_PORT"]
    assert worker["livenessProbe"]["httpGet"] == {"path": "/livez", "port": port["name"]}
    assert worker["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": port["name"]}


@pytest.mark.parametrize("name", WORKERS)
def test_a_worker_may_finish_and_may_do_little_else(name: str) -> None:
    spec = pods()[f"foreshock-{name}"]["spec"]
    worker = container(f"foreshock-{name}")
    (user,) = (each.rest.split(":")[0] for each in docker_instructions() if each.name == "USER")

    assert spec["terminationGracePeriodSeconds"] > Settings.model_fields["stop_deadline_seconds"].default
    assert str(spec["securityContext"]["runAsUser"]) == user
    assert worker["securityContext"]["readOnlyRootFilesystem"] is True
    assert worker["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert "limits" in worker["resources"]


@pytest.mark.parametrize("name", ["learn", "group"])
def test_what_works_in_one_order_is_one_and_stopped_before_it_is_replaced(name: str) -> None:
    worker = resources("Deployment")[f"foreshock-{name}"]["spec"]

    assert (worker["replicas"], worker["strategy"]) == (1, {"type": "Recreate"})


def test_a_scorer_keeps_its_name() -> None:
    (entry,) = container("foreshock-score")["env"]

    assert entry["name"] == "FORESHOCK_INSTANCE_ID"
    assert entry["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}
    assert resources("StatefulSet")["foreshock-score"]["spec"]["serviceName"] in resources("Service")


@pytest.mark.parametrize("kind", ["PodDisruptionBudget", "NetworkPolicy"])
def test_selectors_find_pods(kind: str) -> None:
    labels = [pod["metadata"]["labels"] for pod in pods().values()]
    for one in resources(kind).values():
        spec = one["spec"]
        wanted = spec.get("selector", spec.get("podSelector"))["matchLabels"]
        assert any(wanted.items() <= each.items() for each in labels)


def test_workers_are_scaled_by_the_lag_of_their_own_group() -> None:
    scaled = list(documents([K8S / "overlays" / "production" / "scaling.yaml"]))

    for one in scaled:
        target = one["spec"]["scaleTargetRef"]
        assert target["name"] in resources(target["kind"])
        role = re.sub("^foreshock-", "", target["name"])
        (trigger,) = one["spec"]["triggers"]
        assert trigger["metadata"]["consumerGroup"] == f"foreshock.{role}"
        assert trigger["metadata"]["topic"].removeprefix("foreshock.") in TOPICS
        partitions = next(
            c["data"]["FORESHOCK_PARTITIONS"]
            for c in documents()
            if c["kind"] == "ConfigMap" and c["data"].get("FORESHOCK_PARTITIONS")
        )
        assert one["spec"]["maxReplicaCount"] <= int(partitions)
    assert len(scaled) == 2
