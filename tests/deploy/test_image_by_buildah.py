"""What buildah says of an image, and what runc is told to run; `make test-image` has both do it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.image.building import Built
from deploy.image.oci import MEMORY_BYTES, PIDS, Runc, built_of
from deploy.image.proving import Chrooted, mounts_of
from deploy.image.root import Root
from tests.support.deployment import compose_services, our_services, worker_services
from tests.support.secrets_read import MOUNTED

CONFIG = {
    "User": "10001:10001",
    "ExposedPorts": {"8088/tcp": {}},
    "Env": ["PATH=/opt/foreshock/.venv/bin:/usr/bin", "FORESHOCK_WEB_HOST=0.0.0.0"],
    "Entrypoint": ["foreshock"],
    "Cmd": ["worker"],
    "Healthcheck": {"Test": ["CMD", "ask", "livez"]},
    "WorkingDir": "/var/lib/foreshock",
    "Labels": {"org.opencontainers.image.version": "0.1.0"},
    "StopSignal": "SIGTERM",
}


@pytest.fixture
def built(tmp_path: Path) -> Built:
    return built_of(Root(tmp_path / "root"), CONFIG)


def specification(built: Built, folder: Path) -> dict[str, Any]:
    line = Runc(built, mounts_of(built, folder / "secrets"), folder / "bundles").line(["ask", "livez"], {"A": "b=c"})
    told: dict[str, Any] = json.loads((Path(line[line.index("--bundle") + 1]) / "config.json").read_text())
    return told


def test_what_an_image_says_of_itself_is_read(built: Built) -> None:
    assert built.environment == {"PATH": "/opt/foreshock/.venv/bin:/usr/bin", "FORESHOCK_WEB_HOST": "0.0.0.0"}
    assert (built.user, built.workdir, built.exposed) == ("10001:10001", "/var/lib/foreshock", ["8088"])
    assert (built.entrypoint, built.cmd) == (["foreshock"], ["worker"])
    assert (built.healthcheck, built.stop_signal) == (["ask", "livez"], "SIGTERM")


def test_a_container_is_what_compose_makes_of_a_worker(built: Built, tmp_path: Path) -> None:
    told, service = specification(built, tmp_path), worker_services()["ingest"]
    process, limits = told["process"], told["linux"]["resources"]

    assert f"{process['user']['uid']}:{process['user']['gid']}" == service["user"]
    assert told["root"]["readonly"] is service["read_only"]
    assert not any(process["capabilities"].values())
    assert process["noNewPrivileges"] is True
    assert process["env"] == ["A=b=c"]
    assert f"{limits['memory']['limit'] // 1024**2}m" == service["mem_limit"]
    assert limits["pids"]["limit"] == service["pids_limit"]
    assert (limits["memory"]["limit"], limits["pids"]["limit"]) == (MEMORY_BYTES, PIDS)


def test_what_can_be_written_to_is_what_compose_lays_in_memory(built: Built, tmp_path: Path) -> None:
    mounts = {each["destination"]: set(each.get("options", ())) for each in specification(built, tmp_path)["mounts"]}

    for folder, options in (each.split(":") for each in our_services()["score"]["tmpfs"]):
        assert set(options.split(",")) <= mounts[folder]
    assert "ro" in mounts[MOUNTED.rstrip("/")]
    assert len(compose_services()["score"]["tmpfs"]) == 2


def test_without_runc_the_folders_belong_to_the_same_user(built: Built, tmp_path: Path) -> None:
    line = Chrooted(built, mounts_of(built, tmp_path)).line(["ask", "livez"], {"A": "b=c"})

    script = line[line.index("-euc") + 1]
    assert f"mode=0755,uid=10001,gid=10001,nosuid,nodev,noexec tmpfs {built.root.folder}/var/lib/foreshock" in script
    assert line[-5:] == ["env", "-i", "A=b=c", "ask", "livez"]
