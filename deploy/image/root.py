"""A root folder that stands for a container: made by debootstrap, entered by chroot, in a mount namespace of its own.

Mounts end with the process that needed them, so nothing has to be taken down.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""What Docker gives a container whose image says nothing."""

PROGRAMS = ("debootstrap", "chroot", "unshare", "mount")
"""What this needs, besides root."""

PACKAGES = ("ca-certificates", "python3", "python3-venv")
"""What stands for the Python of the base image."""


class StepFailedError(RuntimeError):
    """A step did not do what it should; the message has the end of what it said."""


@dataclass(frozen=True)
class Mount:
    """Something of this machine, or nothing, at a place of the root."""

    target: str
    source: Path | None = None
    """File or folder; without one, an empty folder in memory."""

    owner: str = ""
    """Numbers of user and group whose that folder is; without them everybody may write to it."""


def missing(programs: Sequence[str] = PROGRAMS) -> list[str]:
    """Name what keeps this machine from making roots."""
    names = [name for name in programs if shutil.which(name, path=f"{os.environ.get('PATH', '')}:{PATH}") is None]
    return names if os.geteuid() == 0 else ["root's rights", *names]


def mirror_of(release: str) -> list[str]:
    """Return where this machine's own apt takes a release from; nothing if it does not know it."""
    asked = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", f"Codename: {release}"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.stdout.split()[:1]


class Root:
    """One root folder.

    Parameters
    ----------
    folder
        Where it is.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def debian(cls, folder: Path, release: str) -> Root:
        """Make a small Debian with a Python of its own, which also answers to `python`."""
        made = ["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", release, str(folder)]
        run([*made, *mirror_of(release)], env={"PATH": PATH, **passed_on()})
        (folder / "usr/local/bin/python").symlink_to("/usr/bin/python3")
        shutil.rmtree(folder / "var/cache/apt/archives", ignore_errors=True)
        shutil.rmtree(folder / "var/lib/apt/lists", ignore_errors=True)
        return cls(folder)

    def copy(self, folder: Path) -> Root:
        """Make another one like it."""
        run(["cp", "--archive", "--reflink=auto", str(self.folder), str(folder)])
        return Root(folder)

    def path(self, place: str) -> Path:
        """Return where a place of the root is on this machine."""
        return self.folder / place.lstrip("/")

    def command(
        self,
        words: Sequence[str],
        workdir: str = "/",
        user: str = "0:0",
        mounts: Sequence[Mount] = (),
        is_read_only: bool = False,
    ) -> list[str]:
        """Return the command line that runs `words` inside; the process that it starts becomes that program.

        Parameters
        ----------
        words
            Program and arguments.
        workdir
            Folder that it starts in.
        user
            Numbers of user and group; whoever is not root has no capability and can gain none.
        mounts
            What it finds at which place.
        is_read_only
            Whether only `mounts` can be written to.
        """
        root = shlex.quote(str(self.folder))
        script = [f"mount --bind {root} {root}"]
        if is_read_only:
            script.append(f"mount -o remount,bind,ro {root}")
        script += [self._mounted(each) for each in mounts]
        script += [f"mount -t proc proc {root}/proc", f'exec chroot {root} "$@"']
        guard = _without_rights(*user.split(":"))
        inside = [*guard, "env", f"--chdir={workdir}", *words]
        return ["unshare", "--mount", "--propagation", "private", "sh", "-euc", "\n".join(script), "sh", *inside]

    def place_for(self, mount: Mount) -> None:
        """Make what `mount` is put over, while the root can still be written to."""
        target = self.path(mount.target)
        if mount.source is not None and mount.source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        else:
            target.mkdir(parents=True, exist_ok=True)

    def _mounted(self, mount: Mount) -> str:
        target = shlex.quote(str(self.path(mount.target)))
        if mount.source is None:
            uid, _, gid = mount.owner.partition(":")
            whose = f"mode=0755,uid={uid},gid={gid}" if mount.owner else "mode=1777"
            return f"mount -t tmpfs -o {whose},nosuid,nodev,noexec tmpfs {target}"
        return f"mount --bind -o ro {shlex.quote(str(mount.source))} {target}"


def _without_rights(uid: str, gid: str) -> list[str]:
    """Return what makes the next program somebody's who has no right that root has; nothing for root."""
    if uid == "0":
        return []
    given_up = ("--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all")
    return ["setpriv", "--reuid", uid, "--regid", gid, *given_up]


def passed_on() -> dict[str, str]:
    """Return what of this machine's environment a build is told: where to go out, and how pip finds packages."""
    names = ("http_proxy", "https_proxy", "no_proxy", "ssl_cert_file", "requests_ca_bundle")
    return {name: value for name, value in os.environ.items() if name.lower() in names or name.startswith("PIP_")}


def machine_files() -> list[Mount]:
    """Return the files of this machine that a build needs to go out: names, and what `passed_on` and pip point to."""
    named = [Path(word) for value in passed_on().values() for word in value.split() if word.startswith("/")]
    found = [Path("/etc/resolv.conf"), Path("/etc/hosts"), Path("/etc/pip.conf"), *named]
    return [Mount(str(path), path.resolve()) for path in found if path.exists()]


def run(words: Sequence[str], env: Mapping[str, str] | None = None, seconds: float = 1800.0) -> str:
    """Run a command to its end, and return what it said.

    Raises
    ------
    StepFailedError
        If it fails, with the end of what it said.
    """
    done = subprocess.run(
        words, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds, check=False
    )
    if done.returncode:
        raise StepFailedError(f"{words[0]} … {words[-1]!r} ended with {done.returncode}:\n{done.stdout[-3000:]}")
    return done.stdout
