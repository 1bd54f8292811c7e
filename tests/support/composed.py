"""The compose file's services as processes of this machine: its commands, variables, secrets, files, health checks.

What a container would find under a name is put in its place: another service's host and port, a secret's or a
mounted file's path, a volume. What compose adds by itself (limits, users, the read-only root) is not here; `make
test-image` has that for our own image.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.deployment import (
    PROMETHEUS_FILE,
    SECRETS,
    compose_services,
    docker_environment,
    our_stages,
    without_variables,
    worker_services,
)
from tests.support.peers import CHECKOUT, alertmanager_program, postgresql_bin
from tests.support.ports import free_ports

STOP_SECONDS = 30.0
_WEB_PORT = "FORESHOCK_WEB_PORT"


def make_secrets(folder: Path) -> Path:
    """Run the script that makes secrets; returns the folder with them."""
    secrets = folder / "secrets"
    subprocess.run([CHECKOUT / "deploy" / "compose" / "make-secrets", secrets], check=True, capture_output=True)
    return secrets


class Composed:
    """Runs services of the compose file one by one, and asks how they are.

    Parameters
    ----------
    folder
        A folder of its own, for secrets, volumes and logs.
    kafka, postgresql
        Where these run, as `host:port`: the tests have nodes of their own for them.
    environment
        What stands in the user's environment, or in the file of `--env-file`.
    """

    def __init__(self, folder: Path, kafka: str, postgresql: str, **environment: str) -> None:
        self.folder = folder
        self.secrets = folder / "secrets"
        self._given = environment
        prometheus, alertmanager = free_ports(2)
        self.places = {
            "kafka:19092": kafka,
            "postgres:5432": postgresql,
            "prometheus:9090": f"127.0.0.1:{prometheus}",
            "alertmanager:9093": f"127.0.0.1:{alertmanager}",
        }
        """Where each service is that others name."""
        self.ports = dict(zip(worker_services(), free_ports(len(worker_services())), strict=True))
        """Where the pages of each worker are."""
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._put_secrets_in_place()

    def start(self, service: str) -> subprocess.Popen[bytes]:
        """Start one service's command."""
        with self.log(service).open("ab") as log:
            self._processes[service] = subprocess.Popen(
                self._command(service),
                cwd=self.folder,
                env=self._environment(service),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self._processes[service]

    def run(self, service: str, *arguments: str) -> str:
        """Run one service's command, or another one in its place, to its end; returns what it said."""
        done = subprocess.run(
            [*self._entrypoint(service), *arguments] if arguments else self._command(service),
            cwd=self.folder,
            env=self._environment(service),
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, f"{service}: {done.stdout}{done.stderr}"
        return done.stdout

    def complaint(self, service: str) -> str:
        """Run a service's own health check; returns what it finds wrong, and nothing if it passes."""
        mode, *words = compose_services()[service]["healthcheck"]["test"]
        assert mode == "CMD", f"{service} has a shell's check, which needs its image"
        done = subprocess.run(
            self._program([self._placed(word, service) for word in words]),
            env=self._environment(service),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return (done.stdout + done.stderr or "failed") if done.returncode else ""

    def wait_until_healthy(self, service: str, seconds: float = 240.0) -> None:
        """Wait until a service's health check passes.

        Raises
        ------
        AssertionError
            If it has ended, or the check does not pass in time.
        """
        deadline = time.monotonic() + seconds
        while wrong := self.complaint(service):
            process = self._processes.get(service)
            assert process is None or process.poll() is None, f"{service} ended:\n{self.said(service)}"
            assert time.monotonic() < deadline, f"{service}: {wrong}\n{self.said(service)}"
            time.sleep(0.3)

    def stop(self, service: str) -> int:
        """Ask a service to stop, and return how it ended."""
        process = self._processes.pop(service)
        process.terminate()
        return process.wait(STOP_SECONDS)

    def said(self, service: str) -> str:
        """Return the end of what it logged."""
        return self.log(service).read_text(errors="replace")[-3000:] if self.log(service).exists() else ""

    def log(self, service: str) -> Path:
        """Return where a service logs."""
        return self.folder / f"{service}.log"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()

    def _put_secrets_in_place(self) -> None:
        """Make the secrets, and have the database's address name the test's own server."""
        make_secrets(self.folder)
        address = self.secrets / "database-url"
        address.chmod(0o600)
        address.write_text(address.read_text().replace("postgres:5432", self.places["postgres:5432"]))

    def _environment(self, service: str) -> dict[str, str]:
        told = without_variables(compose_services()[service].get("environment", {}), **self._given)
        ours = docker_environment() if "build" in compose_services()[service] else {}
        others = {name: value for name, value in os.environ.items() if not name.startswith("FORESHOCK_")}
        placed = {name: self._placed(value, service) for name, value in {**ours, **told}.items() if name != "PATH"}
        return {**others, **placed, "PYTHONPATH": str(CHECKOUT), **self._own_address(service)}

    def _own_address(self, service: str) -> Mapping[str, str]:
        """Have a worker's pages to itself, on loopback."""
        if service not in self.ports:
            return {}
        return {_WEB_PORT: str(self.ports[service]), "FORESHOCK_WEB_HOST": "127.0.0.1"}

    def _command(self, service: str) -> list[str]:
        told = [self._placed(str(word), service) for word in compose_services()[service]["command"]]
        return [*self._entrypoint(service), *told]

    def _entrypoint(self, service: str) -> list[str]:
        if "build" in compose_services()[service]:
            (entrypoint,) = our_stages()[-1].named("ENTRYPOINT")
            assert entrypoint.command == ["foreshock"]
            return [sys.executable, "-m", "foreshock"]
        if service == "alertmanager":
            return [str(alertmanager_program()), f"--web.listen-address={self.places['alertmanager:9093']}"]
        assert service == "prometheus"
        return ["prometheus", f"--web.listen-address={self.places['prometheus:9090']}"]

    def _program(self, words: list[str]) -> list[str]:
        """Find a health check's program on this machine."""
        program, *arguments = words
        if program == "ask":
            return [sys.executable, "-IS", str(CHECKOUT / "deploy" / "image" / "ask.py"), *arguments]
        folder = f"{postgresql_bin()}{os.pathsep}{os.environ['PATH']}"
        return [shutil.which(program, path=folder) or program, *arguments]

    def _placed(self, word: str, service: str) -> str:
        """Put this machine's places for those of a container."""
        own = next((at for name, at in self.places.items() if name.startswith(f"{service}:")), "")
        inside = next((name for name in self.places if name.startswith(f"{service}:")), ":").rpartition(":")[2]
        if inside and word == inside:  # a health check's own port
            return own.rpartition(":")[2]
        if inside:
            word = word.replace(f"127.0.0.1:{inside}", own)
        for name, at in self.places.items():
            word = word.replace(name, at)
        word = word.replace(SECRETS, f"{self._secrets_of(service)}/")
        for source, target in self._volumes(service):
            word = re.sub(rf"(^|=){re.escape(target)}(/|$)", rf"\g<1>{source}\g<2>", word)
        return word

    def _secrets_of(self, service: str) -> Path:
        """Where a service finds the secrets that the file gives it, and no others."""
        folder = self.folder / "secrets-of" / service
        folder.mkdir(parents=True, exist_ok=True)
        for name in compose_services()[service].get("secrets", ()):
            if not (folder / name).exists():
                (folder / name).symlink_to(self.secrets / name)
        return folder

    def _volumes(self, service: str) -> list[tuple[Path, str]]:
        """Where a service's volumes are here; Prometheus reads a copy of its file with our places in it."""
        found = []
        for volume in compose_services()[service].get("volumes", ()):
            source, target, *_ = volume.split(":")
            place = CHECKOUT / source if source.startswith("./") else self.folder / source
            if place == PROMETHEUS_FILE:
                place = self._prometheus_file()
            elif not source.startswith("./"):
                place.mkdir(exist_ok=True)
            found.append((place, target))
        return found

    def _prometheus_file(self) -> Path:
        """Write the scrape configuration with a list of our workers where Docker's names would tell them."""
        text = PROMETHEUS_FILE.read_text()
        targets = ", ".join(f'"127.0.0.1:{port}"' for port in self.ports.values())
        text, count = re.subn(
            r"dns_sd_configs:\n(?: {6,}.*\n?)+", f"static_configs:\n      - targets: [{targets}]\n", text
        )
        assert count == 1
        text = text.replace("alertmanager:9093", self.places["alertmanager:9093"])
        text = text.replace(SECRETS, f"{self._secrets_of('prometheus')}/").replace(
            "rules/", f"{PROMETHEUS_FILE.parent}/rules/"
        )
        place = self.folder / "prometheus.yml"
        place.write_text(text)
        return place
