"""A real Prometheus on loopback: what it scrapes from us, and what it answers."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Self

from tests.support.ports import free_port

START_SECONDS = 60
CHECK_SECONDS = 300.0  # rules of weeks, on a machine with much else to do
STOP_SECONDS = 15


class PrometheusNode:
    """One Prometheus server with a configuration of the test's choosing.

    Parameters
    ----------
    folder
        A folder of its own, for its data and log.
    config
        A `prometheus.yml`; paths in it count from its own place.
    """

    def __init__(self, folder: Path, config: Path) -> None:
        self.folder = folder
        self.config = config
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where its web page and API are."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        """Start it, and return once it is ready.

        Raises
        ------
        RuntimeError
            If it ends or is not ready in time, with the end of its log.
        """
        with (self.folder / "prometheus.log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    "prometheus",
                    f"--config.file={self.config}",
                    f"--storage.tsdb.path={self.folder / 'tsdb'}",
                    f"--web.listen-address=127.0.0.1:{self.port}",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C in the terminal is for pytest, which stops us
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._is_ready():
                return self
            time.sleep(0.1)
        self.__exit__()
        said = (self.folder / "prometheus.log").read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"Prometheus was not ready within {START_SECONDS} s:\n{said[-2_000:]}")

    def __exit__(self, *_: object) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def api(self, path: str, **parameters: str) -> Any:
        """Ask the HTTP API, such as `api("query", query="up")`; returns its `data`."""
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=30) as answer:
            return json.load(answer)["data"]

    def query(self, expression: str) -> dict[frozenset[tuple[str, str]], float]:
        """Values of an instant query, by the label pairs of each series."""
        series = self.api("query", query=expression)["result"]
        return {frozenset(each["metric"].items()): float(each["value"][1]) for each in series}

    def wait_for_scrape(self, seconds: float = 120.0) -> list[dict[str, Any]]:
        """Return the active targets once each has been scraped, well or badly.

        Raises
        ------
        RuntimeError
            If a target has not been tried within `seconds`.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            targets: list[dict[str, Any]] = self.api("targets", state="active")["activeTargets"]
            if targets and all(target["health"] != "unknown" for target in targets):
                return targets
            time.sleep(0.2)
        raise RuntimeError(f"Prometheus scraped nothing within {seconds} s")

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def promtool(*arguments: str, text: str = "") -> str:
    """Run promtool on `text`; returns what it said.

    Raises
    ------
    RuntimeError
        If it found fault, with its words.
    """
    done = subprocess.run(
        ["promtool", *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=CHECK_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"promtool {' '.join(arguments)} found fault:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr
