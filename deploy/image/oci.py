"""The image by the tools that others use: buildah performs the Dockerfile, runc runs what comes of it.

No engine and no registry are needed: the base is a root made here, put where its name would be looked for.
"""

from __future__ import annotations

import configparser
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deploy.image.building import Built, Told
from deploy.image.root import PATH, Mount, Root, machine_files, run

PROGRAMS = ("buildah", "runc")
"""What this needs, besides what makes the base."""
MEMORY_BYTES = 512 * 1024 * 1024
PIDS = 128
"""The limits of most services of the compose file."""
_OURS = "localhost/foreshock"


class Buildah:
    """Builds in a storage of its own.

    Parameters
    ----------
    work
        Folder for the storage, some 3 GB.
    tell
        Is told of each step.
    """

    def __init__(self, work: Path, tell: Told) -> None:
        self._work, self._tell = work, tell
        # Plain copies: overlays cannot be made everywhere.
        self._words = ["buildah", "--root", f"{work}/storage", "--runroot", f"{work}/storage-run"]
        self._words += ["--storage-driver", "vfs"]

    def build(self, checkout: Path, bases: Mapping[str, Root]) -> Built:
        """Perform the Dockerfile of a checkout, and return the image as a root and what it says of itself.

        Raises
        ------
        StepFailedError
            If a step fails, with the end of what it said.
        """
        for name, base in bases.items():
            self._put(name, base)
        said = self._run("bud", "--isolation", "chroot", "--pull-never", "--format", "docker", *self._volumes(),
                         "--file", f"{checkout}/deploy/Dockerfile", "--tag", _OURS, str(checkout))  # fmt: skip
        for line in said.splitlines():
            if " STEP " in line or line.startswith("STEP "):
                self._tell(line[:100])
        config = json.loads(self._run("inspect", "--type", "image", _OURS))["Docker"]["config"]
        self._run("from", "--pull-never", "--name", "proved", _OURS)
        return built_of(Root(Path(self._run("mount", "proved").strip())), config)

    def _put(self, name: str, base: Root) -> None:
        """Make a root an image, under the name that `FROM` has for it."""
        self._run("from", "--name", "base", "scratch")
        run(["cp", "--archive", f"{base.folder}/.", self._run("mount", "base").strip()])
        self._run("config", "--env", f"PATH={PATH}", "base")
        self._run("commit", "--quiet", "--rm", "base", f"docker.io/library/{name}")
        self._tell(f"{name} is that root")

    def _volumes(self) -> list[str]:
        """Return what gives a step this machine's way to packages; buildah itself gives it names and proxies."""
        told = configparser.RawConfigParser()
        told.read("/etc/pip.conf")
        if not told.has_section("global"):
            told.add_section("global")
        for name, value in os.environ.items():
            if name.startswith("PIP_"):
                told.set("global", name.removeprefix("PIP_").lower().replace("_", "-"), value)
        with (self._work / "pip.conf").open("w", encoding="utf-8") as file:
            told.write(file)
        named = [mount for mount in machine_files() if not mount.target.startswith("/etc/") or "/ssl/" in mount.target]
        given = [Mount("/etc/pip.conf", self._work / "pip.conf"), *named]
        return [word for each in given for word in ("--volume", f"{each.source}:{each.target}:ro")]

    def _run(self, *words: str) -> str:
        return run([*self._words, *words])


def built_of(root: Root, config: Mapping[str, Any]) -> Built:
    """Read what an image says of itself, in Docker's form."""
    return Built(
        root,
        environment={"PATH": PATH, **dict(each.split("=", 1) for each in config["Env"])},
        labels=dict(config["Labels"]),
        workdir=config["WorkingDir"],
        user=config["User"],
        exposed=[each.removesuffix("/tcp") for each in config["ExposedPorts"]],
        entrypoint=list(config["Entrypoint"]),
        cmd=list(config["Cmd"]),
        healthcheck=list(config["Healthcheck"]["Test"][1:]),
        stop_signal=config["StopSignal"],
    )


class Runc:
    """Runs programs of an image as Docker would have them run: in containers, by runc.

    Parameters
    ----------
    built
        The image.
    mounts
        What a program finds at which place.
    work
        Folder for bundles.
    """

    def __init__(self, built: Built, mounts: Sequence[Mount], work: Path) -> None:
        self._built, self._mounts, self._work, self._count = built, mounts, work, 0
        work.mkdir(parents=True, exist_ok=True)

    def line(self, words: Sequence[str], environment: Mapping[str, str]) -> list[str]:
        """Return the command line that runs `words` in a container of their own."""
        self._count += 1
        name = f"foreshock-{os.getpid()}-{self._count}"
        bundle = self._work / name
        bundle.mkdir()
        (bundle / "config.json").write_text(json.dumps(self._specification(words, environment)), encoding="utf-8")
        return [*self._words, "run", "--bundle", str(bundle), name]

    def pid(self, line: Sequence[str], pid: int) -> int:
        """Return the process inside, by the command line that was started; `pid` is that of runc."""
        return int(json.loads(run([*self._words, "state", line[-1]]))["pid"])

    @property
    def _words(self) -> list[str]:
        return ["runc", "--root", f"{self._work}/states"]

    def _specification(self, words: Sequence[str], environment: Mapping[str, str]) -> dict[str, Any]:
        """Say in the words of OCI what compose says in its own: nobody's program, nothing writable but memory."""
        uid, gid = map(int, self._built.user.split(":"))
        kinds = ("bounding", "effective", "inheritable", "permitted", "ambient")
        return {
            "ociVersion": "1.0.2",
            "process": {
                "user": {"uid": uid, "gid": gid},
                "args": list(words),
                "env": [f"{name}={value}" for name, value in environment.items()],
                "cwd": self._built.workdir,
                "capabilities": {kind: [] for kind in kinds},
                "noNewPrivileges": True,
            },
            "root": {"path": str(self._built.root.folder), "readonly": True},
            "mounts": [
                {"destination": "/proc", "type": "proc", "source": "proc"},
                {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
                *map(_mounted, self._mounts),
            ],
            "linux": {
                # The network is this machine's: the broker of the proof is there.
                "namespaces": [{"type": kind} for kind in ("pid", "ipc", "mount")],
                "resources": {"memory": {"limit": MEMORY_BYTES}, "pids": {"limit": PIDS}},
                "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/timer_list"],
                "readonlyPaths": ["/proc/sys", "/proc/sysrq-trigger"],
            },
        }


def _mounted(mount: Mount) -> dict[str, Any]:
    if mount.source is None:
        options = ["nosuid", "nodev", "noexec", "size=64m"]
        if mount.owner:
            uid, gid = mount.owner.split(":")
            options += [f"uid={uid}", f"gid={gid}"]
        return {"destination": mount.target, "type": "tmpfs", "source": "tmpfs", "options": options}
    return {"destination": mount.target, "type": "bind", "source": str(mount.source), "options": ["rbind", "ro"]}
