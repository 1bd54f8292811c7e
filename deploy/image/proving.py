"""What the built image must do: start, be ready, be healthy, be nobody, stop in time, and refuse a wrong setting."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from deploy.image.building import Built, Told
from deploy.image.root import Mount, StepFailedError, run
from streams.broker import EmbeddedBroker, free_port
from streams.exits import ExitCode
from streams.settings import Settings

READY_SECONDS = 90.0
NEEDED = "import alembic, apprise, psycopg, rocksdict, sqlalchemy"
"""What sinks and the store on a disk need, besides what a worker always loads."""
A_STORY = (
    "foreshock simulate --days 20 --customers 300 --output /tmp/events.jsonl && foreshock replay /tmp/events.jsonl"
)
"""The core, the learner and all that they stand on, without a broker."""


class Runner(Protocol):
    """A way to run programs of an image."""

    def line(self, words: Sequence[str], environment: Mapping[str, str]) -> list[str]:
        """Return the command line that runs `words` with these variables and no others."""

    def pid(self, line: Sequence[str], pid: int) -> int:
        """Return the process that a started command line runs, whose own is `pid`."""


class Chrooted:
    """Runs programs in the root by chroot: what `Runc` does, where there is no runc."""

    def __init__(self, built: Built, mounts: Sequence[Mount]) -> None:
        self._built, self._mounts = built, mounts
        for mount in mounts:
            built.root.place_for(mount)

    def line(self, words: Sequence[str], environment: Mapping[str, str]) -> list[str]:
        """Return the command line; the process that it starts becomes the program."""
        told = [f"{name}={value}" for name, value in environment.items()]
        return self._built.root.command(
            ["env", "-i", *told, *words], self._built.workdir, self._built.user, self._mounts, is_read_only=True
        )

    def pid(self, line: Sequence[str], pid: int) -> int:
        """Return the process itself."""
        return pid


class Container:
    """Runs programs of a built image as compose does: its user, nothing writable but memory, no capability.

    Parameters
    ----------
    built
        The image.
    runner
        What runs them.
    environment
        What is set besides what the image sets.
    """

    def __init__(self, built: Built, runner: Runner, environment: dict[str, str]) -> None:
        self.built, self._runner = built, runner
        self._environment = {**built.environment, "HOME": built.workdir, **environment}

    def run(self, words: list[str]) -> str:
        """Run a program to its end."""
        return run(self._runner.line(words, self._environment), seconds=120.0)

    def code(self, words: list[str], **more: str) -> int:
        """Run a program to its end, and return how it ended."""
        line = self._runner.line(words, {**self._environment, **more})
        return subprocess.run(line, capture_output=True, timeout=120, check=False).returncode

    @contextmanager
    def started(self, words: list[str], log: Path) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], int]]]:
        """Start a program, and end it with the block; also says which process it is."""
        line = self._runner.line(words, self._environment)
        with log.open("wb") as output:
            process = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            yield process, lambda: self._runner.pid(line, process.pid)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def mounts_of(built: Built, secrets: Path) -> list[Mount]:
    """Return what compose gives a container of ours to write to, and the folder that becomes /run/secrets."""
    return [Mount("/tmp"), Mount(built.workdir, owner=built.user), Mount("/run/secrets", secrets)]  # noqa: S108


def prove(built: Built, runner: Runner, tell: Told) -> None:
    """Start a worker of the image against a broker outside of it, and hold it to what it promises.

    Raises
    ------
    StepFailedError
        If it does not keep a promise.
    """
    port = free_port()
    with EmbeddedBroker() as broker, tempfile.TemporaryDirectory() as folder:
        image = Container(
            built,
            runner,
            {
                "FORESHOCK_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
                "FORESHOCK_PRODUCER_IDEMPOTENCE": "false",  # the embedded broker knows none
                "FORESHOCK_WEB_HOST": "127.0.0.1",
                "FORESHOCK_WEB_PORT": str(port),
                "FORESHOCK_PSEUDONYM_KEY_FILE": "/run/secrets/pseudonym-key",
                "FORESHOCK_SNAPSHOT_KEY_FILE": "/run/secrets/snapshot-key",
                "FORESHOCK_WEB_TOKEN_FILE": "/run/secrets/web-token",
            },
        )
        python = ["python", "-c"]
        image.run([*python, NEEDED])
        tell("has what sinks and stores need")
        _holds("alerts opened" in image.run(["sh", "-c", A_STORY]), "a replay opened no alert")
        tell("replays twenty simulated days")
        _holds(image.code([*python, "open('/opt/foreshock/x', 'w')"]) != 0, "the image can be written to")
        _holds(image.code([*python, "open('x', 'w')"]) == 0, "its own folder cannot be written to")
        image.run([*built.entrypoint, "topics", "create"])
        tell("topics created")
        _prove_worker(image, port, Path(folder) / "log", tell)
        wrong = {"FORESHOCK_WEB_TOKEN_FILE": "/run/secrets/no-such-file"}
        code = image.code([*built.entrypoint, *built.cmd], **wrong)
        _holds(code == ExitCode.CONFIGURATION, f"a wrong setting ended it with {code}")
        tell(f"a wrong setting ends it with {code}")


def _prove_worker(image: Container, port: int, log: Path, tell: Told) -> None:
    """See a worker ready, healthy, unprivileged and stopped in time."""
    built = image.built
    began = time.monotonic()
    _holds(image.code(built.healthcheck) != 0, "the health check passes without a worker")
    with image.started([*built.entrypoint, *built.cmd], log) as (process, inside):
        while not _is_ready(port):
            _holds(process.poll() is None, f"the worker ended with {process.returncode}:\n{log.read_text()[-3000:]}")
            _holds(time.monotonic() - began < READY_SECONDS, f"not ready in time:\n{log.read_text()[-3000:]}")
            time.sleep(0.1)
        tell(f"/readyz answers after {time.monotonic() - began:.1f} s")
        began = time.monotonic()
        image.run(built.healthcheck)
        tell(f"the health check passes, in {1000 * (time.monotonic() - began):.0f} ms with its start")
        tell(f"is nobody: {_identity(inside(), built.user)}")
        deadline = Settings().stop_deadline_seconds
        began = time.monotonic()
        process.send_signal(getattr(signal, built.stop_signal))
        try:
            code = process.wait(deadline + 5.0)
        except subprocess.TimeoutExpired:
            raise StepFailedError(f"{built.stop_signal} did not end it within {deadline:g} s") from None
        took = time.monotonic() - began
    _holds(code == ExitCode.STOPPED, f"{built.stop_signal} ended it with {code}:\n{log.read_text()[-3000:]}")
    _holds(took <= deadline, f"it took {took:.1f} s to stop")
    tell(f"{built.stop_signal} ends it with {code} after {took:.1f} s, of {deadline:g} s that it has")


def _identity(pid: int, user: str) -> str:
    """Say who a process is, by the kernel.

    Raises
    ------
    StepFailedError
        If it is not whom the image names, or could do what only root may.
    """
    told = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    numbers = f"{told['Uid'].split()[0]}:{told['Gid'].split()[0]}"
    _holds(numbers == user, f"it runs as {numbers}, the image says {user}")
    _holds(int(told["CapEff"], 16) == int(told["CapBnd"], 16) == 0, "it has capabilities")
    _holds(told["NoNewPrivs"] == "1", "it could gain rights")
    return f"user {numbers}, no capability, {int(told['VmRSS'].split()[0]) // 1024} MB of memory"


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _holds(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise StepFailedError(otherwise)
