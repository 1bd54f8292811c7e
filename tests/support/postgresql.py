"""A real PostgreSQL on loopback, in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from tests.support.peers import postgresql_bin
from tests.support.ports import free_port

START_SECONDS = 60
STOP_SECONDS = 20


class PostgresqlNode:
    """One PostgreSQL server, which can be stopped and started again.

    It refuses to run as root; there it runs as `postgres`, or as `nobody`.

    Parameters
    ----------
    asks_password
        Whether it lets only its owner in without one.
    """

    def __init__(self, asks_password: bool = False) -> None:
        folder = postgresql_bin()
        assert folder is not None
        self._programs = folder
        self._user = _unprivileged()
        # Not pytest's folder: another user could not reach it.
        self.folder = Path(tempfile.mkdtemp(prefix="foreshock-postgresql-"))
        self.port = free_port()
        self._owner = "postgres" if asks_password else "foreshock"
        self._sockets = self.folder if asks_password else ""
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0

    @property
    def url(self) -> str:
        """Where its first database is."""
        return self._url("postgres")

    def new_database(self) -> str:
        """Make an empty database; returns its address. It sorts by words, as Debian's does, not by bytes."""
        self._databases += 1
        name = f"test{self._databases}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "foreshock", name)
        return self._url(name)

    def new_user(self, name: str, password: str) -> None:
        """Make a user with a password, and a database of the same name that is theirs."""
        ask = ("psql", "-q", "-h", str(self._sockets), "-p", str(self.port), "-U", self._owner, "-d", "postgres", "-c")
        self._run(*ask, f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
        self._run(*ask, f"CREATE DATABASE {name} OWNER {name}")

    def __enter__(self) -> Self:
        """Make and start it, and return once it answers."""
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", self._owner, "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8")
        if self._owner != "foreshock":
            rules = "local all postgres trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
            (self.folder / "data" / "pg_hba.conf").write_text(rules)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start it, and return once it answers.

        Raises
        ------
        RuntimeError
            If it does not in time, with the end of its log.
        """
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(self._programs / "postgres"),
                    *("-D", str(self.folder / "data"), "-p", str(self.port)),
                    *("-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self._sockets}"),
                    *("-c", "fsync=off", "-c", "shared_buffers=16MB"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self._user.pw_uid if self._user else None,
                group=self._user.pw_gid if self._user else None,
                extra_groups=[] if self._user else None,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            asked = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
            if subprocess.run(asked, check=False).returncode == 0:
                return
            time.sleep(0.1)
        said = (self.folder / "log").read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"PostgreSQL was not ready within {START_SECONDS} s:\n{said[-2_000:]}")

    def stop(self) -> None:
        """Stop it at once, as a crash of its machine would."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(3)  # SIGQUIT: immediate shutdown
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _url(self, name: str) -> str:
        return f"postgresql://foreshock@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            user=self._user.pw_uid if self._user else None,
            group=self._user.pw_gid if self._user else None,
            extra_groups=[] if self._user else None,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{done.stdout}{done.stderr}")


def _unprivileged() -> pwd.struct_passwd | None:
    """Whom to run it as; `None` means as whom we are."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return pwd.getpwnam("postgres" if "postgres" in names else "nobody")
