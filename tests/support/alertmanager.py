"""A real Alertmanager on loopback: what fires there, and what it tells whom."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from tests.support.peers import alertmanager_program
from tests.support.ports import free_port

START_SECONDS = 60
STOP_SECONDS = 15

_CONFIG = """\
global: {{resolve_timeout: 5m}}
route:
  receiver: pager
  group_by: [unit, cause]
  group_wait: 200ms
  group_interval: 200ms
  repeat_interval: 1h
  routes:
    - {{matchers: ['acknowledged="yes"'], receiver: nobody}}
receivers:
  - name: nobody
  - name: pager
    webhook_configs: [{{url: '{pager}', send_resolved: true}}]
inhibit_rules: {inhibit}
"""


class AlertmanagerNode:
    """One Alertmanager, which can be stopped and started again; it then knows no alert.

    Parameters
    ----------
    folder
        A folder of its own.
    pager
        Address that it tells of what fires and what is resolved.
    inhibit_rules
        What hides what.
    """

    def __init__(
        self, folder: Path, pager: str = "http://127.0.0.1:9/", inhibit_rules: Sequence[dict[str, Any]] = ()
    ) -> None:
        self.folder = folder
        self.port = free_port()
        (folder / "alertmanager.yml").write_text(_CONFIG.format(pager=pager, inhibit=json.dumps(list(inhibit_rules))))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where its API is."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, and return once it is ready.

        Raises
        ------
        RuntimeError
            If it is not in time, with the end of its log.
        """
        program = alertmanager_program()
        assert program is not None
        with (self.folder / "alertmanager.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    program,
                    f"--config.file={self.folder / 'alertmanager.yml'}",
                    f"--storage.path={self.folder / 'data'}",
                    f"--web.listen-address=127.0.0.1:{self.port}",
                    "--cluster.listen-address=",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._is_ready():
                return
            time.sleep(0.1)
        self.stop()
        said = (self.folder / "alertmanager.log").read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"Alertmanager was not ready within {START_SECONDS} s:\n{said[-2_000:]}")

    def stop(self) -> None:
        """Stop it."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def firing(self) -> list[dict[str, Any]]:
        """What fires now, by the API v2, by alert id."""
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts?active=true", timeout=30) as answer:
            found: list[dict[str, Any]] = json.load(answer)
        return sorted(found, key=firing_id)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def firing_id(found: dict[str, Any]) -> str:
    """Id of an alert of ours, about one customer or about many."""
    return str(found["labels"].get("alert_id") or found["labels"]["aggregate_id"])
