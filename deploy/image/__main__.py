"""`python -m deploy.image`: perform the Dockerfile on a clean Debian root, and prove the image that comes of it.

Without Docker: debootstrap makes the root that stands for the base. Then, with `--by buildah`, buildah performs the
Dockerfile and runc runs the image; with `--by chroot`, our own reader performs it and chroot enters it. Needs root, and
Debian's packages debootstrap and mount, or debootstrap, buildah and runc.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from deploy.image import oci
from deploy.image.building import Builder, Built
from deploy.image.context import copy_context
from deploy.image.dockerfile import Stage, our_stages
from deploy.image.proving import Chrooted, mounts_of, prove
from deploy.image.root import PROGRAMS, Root, StepFailedError, missing, run

CHECKOUT = Path(__file__).parents[2]
LARGEST = 12
"""Folders that the table of sizes names."""


def main() -> int:
    """Perform, prove, and print sizes and times; 1 if a promise is not kept, 2 where it cannot be tried."""
    parser = argparse.ArgumentParser(prog="python -m deploy.image", description=__doc__)
    parser.add_argument("--work", type=Path, help="where the roots go (600 MB each); without it a temporary folder")
    parser.add_argument("--by", choices=("buildah", "chroot"), help="buildah where it and runc are, unless said")
    options = parser.parse_args()
    by = options.by or ("chroot" if missing(oci.PROGRAMS) else "buildah")
    if lacking := missing((*PROGRAMS, *oci.PROGRAMS) if by == "buildah" else PROGRAMS):
        print(f"needs {', '.join(lacking)}: run as root where Debian's debootstrap is installed", file=sys.stderr)
        return 2
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="foreshock-image-", dir=options.work) as folder:
        Path(folder).chmod(0o755)  # the image's own user looks in, too
        try:
            _perform(Path(folder), by)
        except StepFailedError as error:
            print(f"FAILED  {error}", file=sys.stderr)
            return 1
    print(f"The image does what it says. {time.monotonic() - began:.0f} s in all.")
    return 0


def _perform(work: Path, by: str) -> None:
    stages = our_stages()
    (base,) = {stage.base for stage in stages}
    version, release = base.split(":")[1].split("-slim-")
    began = time.monotonic()
    debian = Root.debian(work / "base", release)
    found = run(debian.command(["python3", "--version"])).split()[1]
    if not found.startswith(f"{version}."):
        raise StepFailedError(
            f"Debian {release} has Python {found}, the image {version}: they cannot stand for another"
        )
    _tell(f"{time.monotonic() - began:7.1f} s  debootstrap, Debian {release} with Python {found}")
    print(
        f"  differs from {base}: Python is Debian's, below /usr; the base is Debian's smallest with ca-certificates,\n"
        "  so its own size says nothing; layers, users' limits and Docker's network are not there."
    )
    built = _by_buildah(work, {base: debian}) if by == "buildah" else _by_chroot(work, {base: debian}, stages)
    _print_sizes(built, debian)
    secrets = work / "secrets"
    run([str(CHECKOUT / "deploy" / "compose" / "make-secrets"), str(secrets)])
    secrets.chmod(0o755)  # Docker gives the files one by one; here it is the folder
    mounts = mounts_of(built, secrets)
    prove(built, oci.Runc(built, mounts, work / "bundles") if by == "buildah" else Chrooted(built, mounts), _tell)


def _by_buildah(work: Path, bases: dict[str, Root]) -> Built:
    """Let buildah perform the Dockerfile."""
    began = time.monotonic()
    built = oci.Buildah(work, _tell).build(CHECKOUT, bases)
    _tell(f"{time.monotonic() - began:7.1f} s  {run(['buildah', '--version']).split(' (')[0]}; runs by runc")
    return built


def _by_chroot(work: Path, bases: dict[str, Root], stages: list[Stage]) -> Built:
    """Perform the Dockerfile ourselves."""
    (work / "context").mkdir()
    _tell(f"{copy_context(CHECKOUT, work / 'context')} files reach the builder, by .dockerignore")
    return Builder(work / "context", work, bases, _tell).build(stages)


def _print_sizes(built: Built, base: Root) -> None:
    """Say what the image adds to its base, and what in it is large."""
    added = _megabytes(built.root.folder) - _megabytes(base.folder)
    print(f"  adds {added} MB to its base; the largest of them, in MB:")
    packages = next(built.root.path("/opt/foreshock/.venv/lib").glob("python3.*/site-packages"))
    sizes = sorted(((_megabytes(each), each.name) for each in packages.iterdir()), reverse=True)
    print("  " + ", ".join(f"{name} {size}" for size, name in sizes[:LARGEST]))


def _megabytes(folder: Path) -> int:
    done = subprocess.run(["du", "-sm", str(folder)], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[0])


def _tell(line: str) -> None:
    print(f"  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
