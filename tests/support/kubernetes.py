"""Manifests of Kubernetes: as their files are, or as kubectl renders them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import yaml

KINDS = ("Deployment", "StatefulSet", "Job")


def files_of(folder: Path) -> list[dict[str, Any]]:
    """Return the resources that a folder's files hold."""
    paths = [path for path in sorted(folder.glob("*.yaml")) if path.name != "kustomization.yaml"]
    return [one for path in paths for one in yaml.safe_load_all(path.read_text("utf-8"))]


def rendered(folder: Path) -> list[dict[str, Any]]:
    """Return what `kubectl kustomize` makes of a folder."""
    done = subprocess.run(
        ["kubectl", "kustomize", str(folder)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr  # a field that is deprecated or unknown is a warning
    return list(yaml.safe_load_all(done.stdout))


def workloads(documents: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what runs pods, by name."""
    return {one["metadata"]["name"]: one for one in documents if one["kind"] in KINDS}


def pod(workload: dict[str, Any]) -> dict[str, Any]:
    """Return the specification of a workload's pods."""
    spec: dict[str, Any] = workload["spec"]["template"]["spec"]
    return spec


def container(workload: dict[str, Any]) -> dict[str, Any]:
    """Return the one container of a workload's pods."""
    (only,) = pod(workload)["containers"]
    return dict(only)


def environment_of(workload: dict[str, Any], documents: list[dict[str, Any]]) -> dict[str, str]:
    """Return the variables of a workload's container; what the cluster fills in is its field's name."""
    maps = {one["metadata"]["name"]: one["data"] for one in documents if one["kind"] == "ConfigMap"}
    told = container(workload)
    found = {
        name: value for each in told.get("envFrom", ()) for name, value in maps[each["configMapRef"]["name"]].items()
    }
    own = {
        each["name"]: each.get("value") or each["valueFrom"]["fieldRef"]["fieldPath"] for each in told.get("env", ())
    }
    return {**found, **own}


def given_to(workload: dict[str, Any]) -> set[str]:
    """Return the keys of secrets that a workload's container can read.

    Raises
    ------
    AssertionError
        If a whole secret is mounted, or a volume is not.
    """
    found: set[str] = set()
    mounted = {each["name"] for each in container(workload)["volumeMounts"]}
    for volume in pod(workload)["volumes"]:
        assert volume["name"] in mounted
        if "secret" in volume:
            items = volume["secret"].get("items")
            assert items, f"{volume['name']} is the whole secret"
            found |= {item["key"] for item in items}
            assert all(item["key"] == item["path"] for item in items)
    return found
