"""Environments of the peers: what Quix Streams and Bytewax need does not go together with what we need.

Each has our own locked requirements, so that the core is the same, and on top the peer's from `bench/peers/*.lock`.
They are made on demand under `.cache/bench`, without a look at what the peers ask of packages that we pin: Quix
Streams caps pydantic below the version that the core runs on, and works with it.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.report import CHECKOUT

_OWN = CHECKOUT / "requirements.lock"
_FOLDER = CHECKOUT / ".cache" / "bench"
_INTERPRETERS = ("python3.11", "python3.12", "python3.13", "python3.14")
_INSTALL_SECONDS = 600.0


class NoEnvironmentError(RuntimeError):
    """A peer cannot be installed here; the message says why."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a peer runs."""

    python: Path
    """Its interpreter."""

    version: str
    """Version of that interpreter."""

    package: str
    """What was installed: the peer and its version."""


def environment_of(peer: str) -> Environment:
    """Return the environment of a peer, made now unless one of the same requirements is there.

    Parameters
    ----------
    peer
        Name of its lock under `bench/peers`.

    Raises
    ------
    NoEnvironmentError
        If no interpreter here can have it.
    """
    lock = CHECKOUT / "bench" / "peers" / f"{peer}.lock"
    reasons: list[str] = []
    for interpreter in (sys.executable, *_INTERPRETERS):
        version = _version(interpreter)
        if version is None or any(reason.startswith(f"Python {version}:") for reason in reasons):
            continue
        try:
            return Environment(_made(peer, interpreter, version, lock), version, _package(lock))
        except NoEnvironmentError as error:
            reasons.append(f"Python {version}: {error}")
    raise NoEnvironmentError("; ".join(reasons))


def _made(peer: str, interpreter: str, version: str, lock: Path) -> Path:
    """Make the environment for one interpreter and return its own."""
    folder = _FOLDER / f"{peer}-{version}"
    python, stamp = folder / "bin" / "python", folder / ".set-up"
    wanted = hashlib.sha256(_OWN.read_bytes() + lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    _run([interpreter, "-m", "venv", str(folder)])
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    locked = ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    _run([*install, *locked, "--requirement", str(_OWN), "--requirement", str(lock)])
    stamp.write_text(wanted)
    return python


def _package(lock: Path) -> str:
    """Name the peer and its version, as it was asked for."""
    return lock.with_suffix(".in").read_text().strip()


def _run(command: list[str]) -> None:
    """Run a command, or say the end of what it said."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoEnvironmentError(str(error)) from None
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise NoEnvironmentError(said[-1] if said else f"ended with code {done.returncode}")


def _version(interpreter: str) -> str | None:
    """Return an interpreter's version; a shim may exist and refuse to run."""
    command = [interpreter, "-c", "import platform; print(platform.python_version())"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
