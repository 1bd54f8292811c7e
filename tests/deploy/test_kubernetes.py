from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

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
    """What files hold, without the lists of changes that patches can be."""
    for path in paths:
        yield from (one for one in yaml.safe_load_all(path.read_text("utf-8")) if isinstance(one, dict))


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
    "path", [p for p in FILES if p.parent.name in {"base", "database"} and p.name != "kustomization.yaml"], ids=str
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
    for kind, name in (
        (each["target"]["kind"], each["target"].get("name")) for each in told.get("patches", ()) if "target" in each
    ):
        assert {(each, name) for each in kind.split("|")} <= base or name is None
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
    assert not [name for data in maps for name in data if name.endswith("_KEY_FILE") or name.endswith("_TOKEN_FILE")]
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
    entries = {each["name"]: each for each in container("foreshock-score")["env"]}

    assert entries["FORESHOCK_INSTANCE_ID"]["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}
    assert resources("StatefulSet")["foreshock-score"]["spec"]["serviceName"] in resources("Service")


@pytest.mark.parametrize("kind", ["PodDisruptionBudget", "NetworkPolicy"])
def test_selectors_find_pods(kind: str) -> None:
    labels = [pod["metadata"]["labels"] for pod in pods().values()]
    for one in resources(kind).values():
        spec = one["spec"]
        wanted = spec.get("selector", spec.get("podSelector"))["matchLabels"]
        assert any(wanted.items() <= each.items() for each in labels)


def test_workers_are_scaled_by_the_lag_of_their_own_group() -> None:
    found = list(documents([K8S / "overlays" / "production" / "scaling.yaml"]))
    scaled = [one for one in found if one["kind"] == "ScaledObject"]
    partitions = int(resources("ConfigMap")["foreshock"]["data"]["FORESHOCK_PARTITIONS"])

    for one in scaled:
        target = one["spec"]["scaleTargetRef"]
        assert target["name"] in resources(target["kind"])
        role = re.sub("^foreshock-", "", target["name"])
        (trigger,) = one["spec"]["triggers"]
        assert trigger["metadata"]["consumerGroup"] == f"foreshock.{role}"
        # A topic would change with each generation of the journal; without one KEDA adds up what the group reads.
        assert "topic" not in trigger["metadata"]
        assert trigger["metadata"]["allowIdleConsumers"] == "false"
        assert one["spec"]["maxReplicaCount"] >= partitions
    assert len(scaled) == 2


def test_scalers_reach_the_brokers_as_the_workers_do() -> None:
    found = list(documents([K8S / "overlays" / "production" / "scaling.yaml"]))
    (login,) = (one["spec"] for one in found if one["kind"] == "TriggerAuthentication")
    triggers = [trigger for one in found for trigger in one["spec"].get("triggers", ())]
    (told,) = (one["data"] for one in documents([K8S / "overlays" / "production" / "settings.yaml"]))
    mechanism = Settings.model_fields["sasl_mechanism"].default.replace("SCRAM-SHA-", "scram_sha")

    assert {(each["parameter"], each["key"]) for each in login["secretTargetRef"]} == {
        ("password", Path(told["FORESHOCK_SASL_PASSWORD_FILE"]).name),
        ("ca", Path(told["FORESHOCK_SSL_CA_FILE"]).name),
    }
    assert [(each["parameter"], each["key"] in told) for each in login["configMapTargetRef"]] == [("username", True)]
    for trigger in triggers:
        metadata = trigger["metadata"]
        assert metadata["bootstrapServersFromEnv"] in resources("ConfigMap")["foreshock"]["data"]
        assert (metadata["sasl"], metadata["tls"]) == (mechanism, "enable")
        assert trigger["authenticationRef"]["name"] == "foreshock-brokers"
