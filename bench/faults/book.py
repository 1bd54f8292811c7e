"""The book of verdicts: kept in a file from the first one on, so that a run that is broken off is not in vain."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from bench.faults.judge import Verdict
from bench.report import write_json

_DERIVED = {"exact"}


class Book:
    """Verdicts of this run, and those of an earlier one that are not played again.

    Parameters
    ----------
    path
        File to keep them in; `None` keeps them in memory only.
    machine
        From `bench.report.machine`.
    """

    def __init__(self, path: Path | None, machine: Mapping[str, Any]) -> None:
        self.machine = machine
        self._path = path
        self._verdicts: dict[tuple[str, str], Verdict] = {}
        if path is not None and path.exists():
            for found in orjson.loads(path.read_bytes())["verdicts"]:
                self._note(Verdict(**{name: value for name, value in found.items() if name not in _DERIVED}))

    @property
    def verdicts(self) -> list[Verdict]:
        """All of them, by broker, in the order in which they were first written."""
        return sorted(self._verdicts.values(), key=lambda verdict: verdict.broker)

    def write(self, verdict: Verdict) -> None:
        """Write one down."""
        self._note(verdict)
        if self._path is not None:
            content = {"verdicts": [each.as_json() for each in self.verdicts]}
            write_json(self._path, "faults", self.machine, content)

    def _note(self, verdict: Verdict) -> None:
        self._verdicts[verdict.scenario, verdict.broker] = verdict
