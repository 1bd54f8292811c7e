"""Which real programs and data the tests can meet on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
KAFKA_LIBS = CHECKOUT / ".cache" / "kafka" / "libs"
"""Where `tests.support.kafka fetch` puts Apache Kafka's jars."""


@dataclass(frozen=True)
class Peer:
    """One thing that is not ours and that some tests need."""

    name: str
    """The marker of the tests that need it."""

    where: str | None
    """Where it was found; `None` if it is missing."""

    remedy: str
    """What to do to have it."""

    @property
    def is_missing(self) -> bool:
        """Whether the tests that need it cannot run."""
        return self.where is None

    @property
    def complaint(self) -> str:
        """What a skipped test says."""
        return f"no {self.name} here: {self.remedy}"


def find_peers(environ: Mapping[str, str] = os.environ) -> dict[str, Peer]:
    """Look for every peer, without starting any.

    Parameters
    ----------
    environ
        `FORESHOCK_TEST_BOOTSTRAP` names a running Kafka to use, `FORESHOCK_REAL_DATA` the
        folder of real data sets.

    Returns
    -------
    dict[str, Peer]
        One entry per peer, found or missing, by the marker's name.
    """
    found = (
        Peer(name, find(environ), remedy)
        for name, (find, remedy) in {
            "kafka": (_kafka, "install java and maven, then `make test-kafka`"),
            "kafka_node": (_kafka_node, "install java and maven, then `make test-kafka`"),
            "prometheus": (_prometheus, "install the Debian package prometheus"),
            "alertmanager": (_alertmanager, "install the Debian package prometheus-alertmanager"),
            "postgresql": (_postgresql, "install the Debian package postgresql"),
            "chromium": (_chromium, "install the Debian package chromium"),
            "kubectl": (_kubectl, "install kubectl 1.27 or newer"),
            "docker": (_docker, "install Docker's command line"),
            "compose": (_docker_plugin("compose"), "install Docker's plugin Compose 2"),
            "buildx": (_docker_plugin("buildx"), "install Docker's plugin buildx"),
            "realdata": (real_data, "set FORESHOCK_REAL_DATA to the folder of the data sets"),
        }.items()
    )
    return {peer.name: peer for peer in found}


def required_peers(peers: Mapping[str, Peer], environ: Mapping[str, str] = os.environ) -> set[str]:
    """Names in `FORESHOCK_TEST_REQUIRE`: a missing one fails its tests instead of skipping them.

    Raises
    ------
    ValueError
        If a name is not that of a peer, so that a slip of the pen cannot relax the requirement.
    """
    names = {name for name in environ.get("FORESHOCK_TEST_REQUIRE", "").split(",") if name}
    if unknown := names - peers.keys():
        raise ValueError(f"FORESHOCK_TEST_REQUIRE names {sorted(unknown)}; the peers are {sorted(peers)}")
    return names


def summary_lines(peers: Iterable[Peer], required: Iterable[str]) -> list[str]:
    """One line per peer, for the end of a test run."""
    needed = set(required)
    lines = []
    for peer in peers:
        if not peer.is_missing:
            lines.append(f"found    {peer.name:<13} {peer.where}")
        elif peer.name in needed:
            lines.append(f"MISSING  {peer.name:<13} required, so this run fails: {peer.remedy}")
        else:
            lines.append(f"missing  {peer.name:<13} its tests were skipped: {peer.remedy}")
    return lines


def real_data(environ: Mapping[str, str] = os.environ) -> str | None:
    """Folder of the real data sets: named by the environment, or beside the checkout."""
    named = environ.get("FORESHOCK_REAL_DATA")
    folder = Path(named) if named else CHECKOUT.parent / "shared" / "data"
    return str(folder) if folder.is_dir() else None


def postgresql_bin() -> Path | None:
    """Folder with `initdb` and `postgres` of the newest PostgreSQL, which Debian keeps off PATH."""
    if initdb := shutil.which("initdb"):
        return Path(initdb).resolve().parent
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(versions, key=lambda path: int(path.parts[-3]), default=None)
    return newest.parent if newest else None


def alertmanager_program() -> str | None:
    """The Alertmanager binary, under its own name or Debian's."""
    return shutil.which("alertmanager") or shutil.which("prometheus-alertmanager")


def chromium_program() -> str | None:
    """A Chromium or Chrome that can run headless."""
    return _first_program("chromium", "chromium-browser", "google-chrome")


def _kafka(environ: Mapping[str, str]) -> str | None:
    if bootstrap := environ.get("FORESHOCK_TEST_BOOTSTRAP"):
        return f"the broker at {bootstrap}"
    return _kafka_node(environ)


def _kafka_node(environ: Mapping[str, str]) -> str | None:
    jars = sorted(KAFKA_LIBS.glob("kafka_2.13-*.jar"))
    if jars and shutil.which("java"):
        return f"{jars[-1].stem} in {KAFKA_LIBS.relative_to(CHECKOUT)}"
    return None


def _prometheus(environ: Mapping[str, str]) -> str | None:
    return shutil.which("prometheus") if shutil.which("promtool") else None


def _alertmanager(environ: Mapping[str, str]) -> str | None:
    return alertmanager_program()


def _postgresql(environ: Mapping[str, str]) -> str | None:
    folder = postgresql_bin()
    return str(folder) if folder else None


def _chromium(environ: Mapping[str, str]) -> str | None:
    return chromium_program()


def _kubectl(environ: Mapping[str, str]) -> str | None:
    """A kubectl whose kustomize reads what we write; those before 1.27 have an older one, or do not say which."""
    if not (found := shutil.which("kubectl")):
        return None
    asked = [found, "version", "--client", "--output=json"]
    said = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False).stdout
    return found if re.search(r'"kustomizeVersion": "v[5-9]', said) else None


def _docker(environ: Mapping[str, str]) -> str | None:
    return shutil.which("docker")


def _docker_plugin(name: str) -> Callable[[Mapping[str, str]], str | None]:
    """Look where Docker's command line looks for its plugins."""

    def find(environ: Mapping[str, str]) -> str | None:
        if not shutil.which("docker"):
            return None
        system = [
            Path(top) / "docker/cli-plugins"
            for top in ("/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec")
        ]
        places = [Path(environ.get("DOCKER_CONFIG", Path.home() / ".docker")) / "cli-plugins", *system]
        return next((str(place / f"docker-{name}") for place in places if (place / f"docker-{name}").exists()), None)

    return find


def _first_program(*names: str) -> str | None:
    found: Callable[[str], str | None] = shutil.which
    return next((path for name in names if (path := found(name))), None)
