"""The simulated insurer, as a former version has it: who reads is upgraded before who writes."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.upgrade.version import Version
from bench.upgrade.worker import UpgradeError

_CUSTOMERS = 2_000
_EVENTS_PER_DAY = 0.12
"""Per customer, everything that follows from a contact included."""
_DAY = 86_400.0
_STOP_SECONDS = 30.0


@contextmanager
def feeding(version: Version, variables: Mapping[str, str], rate: float, log: Path) -> Iterator[None]:
    """Send events to the source topics for as long as the block runs.

    Some are late, repeated or out of order, and all of them can be read.

    Parameters
    ----------
    version
        Whose insurer it is.
    variables
        Settings of the workers.
    rate
        About how many events per second.
    log
        For what it says.

    Raises
    ------
    UpgradeError
        If it ends before the block does.
    """
    speed = rate * _DAY / (_CUSTOMERS * _EVENTS_PER_DAY)
    command = version.command(
        "simulate", "--bootstrap", variables["FORESHOCK_BOOTSTRAP_SERVERS"],
        "--prefix", variables["FORESHOCK_TOPIC_PREFIX"], "--customers", str(_CUSTOMERS), "--speed", f"{speed:.0f}",
        "--rate", "malformed_share=0",
    )  # fmt: skip
    with log.open("ab") as file:
        process = subprocess.Popen(
            command, cwd=version.checkout, env=version.environment(), stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
        try:
            yield
            if process.poll() is not None:
                said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise UpgradeError(f"the insurer stopped by itself with {process.returncode}:\n{said}")
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
