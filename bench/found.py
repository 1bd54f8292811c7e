"""What a part of the bench hands back: figures, tables, and how they stand against what is to be reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.brokers import Brokers

MEASURE_COLUMNS = ("measure", "reached", "to reach", "reached?")
"""What the last table shows."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure that has a target."""

    name: str
    """What was measured, and against what."""

    reached: float | None
    """The figure; `None` where it could not be measured."""

    target: float
    """What it should be."""

    at_least: bool = False
    """Whether more is better; otherwise less is."""

    unit: str = ""
    """What it counts; empty for a ratio."""

    reason: str = ""
    """Why it could not be measured."""

    @property
    def is_met(self) -> bool | None:
        """Whether the target is reached; `None` where nothing was measured."""
        if self.reached is None:
            return None
        return self.reached >= self.target if self.at_least else self.reached <= self.target

    def row(self) -> list[str]:
        """Write it as a row of the last table."""
        met = {True: "yes", False: "no", None: f"not measured: {self.reason}"}[self.is_met]
        side = "at least" if self.at_least else "at most"
        reached = "-" if self.reached is None else self._text(self.reached)
        return [self.name, reached, f"{side} {self._text(self.target)}", met]

    def plain(self) -> dict[str, Any]:
        """Return it for a file."""
        return asdict(self) | {"is_met": self.is_met}

    def _text(self, value: float) -> str:
        """Write a value with as many digits as mean something."""
        digits = 0 if abs(value) >= 100 else 2 if self.unit else 3
        return f"{value:,.{digits}f}{' ' if self.unit else 'x'}{self.unit}"


@dataclass(frozen=True, slots=True)
class Table:
    """Figures for people."""

    title: str
    columns: Sequence[str]
    """The first column names things, the others are numbers."""
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Found:
    """What a part has found."""

    figures: dict[str, Any]
    """Everything, with units in the names."""

    measures: Sequence[Measure] = ()
    """Figures that have a target."""

    tables: Sequence[Table] = ()
    """For people."""

    notes: Sequence[str] = ()
    """What one must know to read the tables."""

    faults: Sequence[str] = ()
    """What makes figures worth nothing."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run of the bench was asked for, and what all its parts share."""

    file: Path
    """Events as `bench.events.write_events` wrote them."""

    events: int
    """How many they are."""

    event_bytes: float
    """Their mean size."""

    people: int
    """Whose they are."""

    rounds: int
    """How often each figure is taken; medians are quoted."""

    seed: int
    """Where all chance comes from."""

    brokers: Brokers
    """Gives a part its broker."""

    console: Console
    """Where progress is told."""

    carriers: Sequence[str] = ()
    """Carriers to compare."""

    grown: Sequence[int] = ()
    """Numbers of customers to compare, the smallest first."""

    profiles: Path | None = None
    """Folder for profiles; `None` for none."""

    def plain(self) -> dict[str, Any]:
        """Return it for a file."""
        names = ("events", "event_bytes", "people", "rounds", "seed", "carriers", "grown")
        return {name: getattr(self, name) for name in names}


@dataclass(slots=True)
class Collected:
    """What all parts have found."""

    parts: dict[str, Found] = field(default_factory=dict)

    @property
    def measures(self) -> Iterator[Measure]:
        """Every figure that has a target."""
        for found in self.parts.values():
            yield from found.measures

    @property
    def faults(self) -> list[str]:
        """Everything that makes figures worth nothing."""
        return [fault for found in self.parts.values() for fault in found.faults]

    def plain(self) -> dict[str, Any]:
        """Return it for a file."""
        figures = {name: found.figures for name, found in self.parts.items()}
        return {**figures, "measures": [measure.plain() for measure in self.measures], "faults": self.faults}


def measure_rows(measures: Iterable[Measure]) -> Iterator[list[str]]:
    """Write measures as rows of the last table."""
    return (measure.row() for measure in measures)
