"""A version of Foreshock that can be run: this checkout, or a former one with an environment of its own."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from bench.report import CHECKOUT
from models.row_formats import ROW_FORMAT

_KEPT = CHECKOUT / ".cache" / "upgrade"
_FORMATS = "models/row_formats.py"
_INSTALL_SECONDS = 900.0
_SHORT = 10


class NoVersionError(RuntimeError):
    """A version cannot be had here; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Version:
    """What can be run."""

    name: str
    """As it is told: a tag or the beginning of a commit."""

    checkout: Path
    """Root of its files."""

    python: Path
    """Interpreter that has what it needs."""

    row_format: int
    """Format of the rows that it writes."""

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of one of its commands; it has to be run in `checkout`, with `environment`."""
        return [str(self.python), "-m", "foreshock", *arguments]

    def environment(self, **variables: str) -> dict[str, str]:
        """Return an environment in which only this version is found, with no setting of the caller's."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FORESHOCK_")}
        return kept | {"PYTHONPATH": str(self.checkout)} | variables


def this_version() -> Version:
    """Return the checkout that this is run from."""
    name = _git("describe", "--always", "--dirty=+", f"--abbrev={_SHORT}", "--tags")
    return Version(name, CHECKOUT, Path(sys.executable), ROW_FORMAT)


def former_version(commit: str | None = None) -> Version:
    """Return a former version, checked out and with its locked requirements installed, now or in an earlier run.

    Parameters
    ----------
    commit
        A tag or commit. Without it the last release before this commit, or, where none was tagged, the last commit
        whose rows have the format before today's.

    Raises
    ------
    NoVersionError
        If there is none, or its requirements cannot be installed.
    """
    named = commit or _last_release() or _before_this_format()
    found = _git("rev-parse", "--verify", "--quiet", f"{named}^{{commit}}")
    if not found:
        raise NoVersionError(
            f"git knows no {named}: name a tag or a commit, and fetch it first if the clone is shallow"
        )
    checkout = _checked_out(found)
    told = found[:_SHORT] if named.startswith(found[:_SHORT]) or "^" in named else f"{named} ({found[:_SHORT]})"
    return Version(told, checkout, _installed(checkout), _row_format(checkout))


def _last_release() -> str:
    """Name the last tag before this commit, or nothing."""
    return _git("describe", "--tags", "--abbrev=0", "HEAD^")


def _before_this_format() -> str:
    """Name the commit before the one from which on rows have today's format."""
    changes = _git("log", "--format=%H", f"-SROW_FORMAT = {ROW_FORMAT}", "--", _FORMATS).split()
    if not changes:
        raise NoVersionError("git does not tell since when rows have today's format: name a tag or a commit")
    return f"{changes[-1]}^"


def _checked_out(commit: str) -> Path:
    """Lay the files of a commit down, unless they are there."""
    folder = _KEPT / commit[:_SHORT]
    if not folder.exists():
        half = folder.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)
        packed = subprocess.run(["git", "archive", commit], cwd=CHECKOUT, capture_output=True, check=True)  # noqa: S607
        with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
            archive.extractall(half, filter="data")
        half.rename(folder)
    return folder


def _installed(checkout: Path) -> Path:
    """Make an environment with what a checkout's lock names and the checkout itself, and return its interpreter."""
    folder = checkout.with_suffix(".environment")
    python, stamp = folder / "bin" / "python", folder / ".set-up"
    wanted = hashlib.sha256((checkout / "requirements.lock").read_bytes() + sys.version.encode()).hexdigest()
    if not (stamp.exists() and stamp.read_text(encoding="utf-8") == wanted):
        shutil.rmtree(folder, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(folder)])
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        _run([*install, "--require-hashes", "--requirement", str(checkout / "requirements.lock")])
        _run([*install, "--no-build-isolation", "--editable", str(checkout)])
        stamp.write_text(wanted, encoding="utf-8")
    return python


def _row_format(checkout: Path) -> int:
    """Read which format of rows a checkout writes."""
    found = re.search(r"^ROW_FORMAT = (\d+)", (checkout / _FORMATS).read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise NoVersionError(f"{checkout.name} is older than formats of rows: name a later commit")
    return int(found[1])


def _git(*arguments: str) -> str:
    """Return what git says, or nothing."""
    done = subprocess.run(["git", *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False)  # noqa: S607
    return done.stdout.strip() if done.returncode == 0 else ""


def _run(command: list[str]) -> None:
    """Run a command, or say the end of what it said."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False)
    if done.returncode:
        raise NoVersionError(f"{' '.join(command[:5])} failed: {(done.stdout + done.stderr).strip()[-800:]}")
