"""What a row of the table says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.quality.bootstrap import Estimate
from bench.quality.running import Clock

Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of one set."""

    row: str
    """The set, such as `stc3 zh`."""
    what: str
    """What is measured, such as `AUC, turn 1`."""
    found: Estimate | None
    """What came out; None where the product does not say it or nothing came true."""
    target: float | None = None
    """What is to be reached; None where that is the batch reference."""
    reference: float | None = None
    """What a batch learner reaches on the same split; None where it was not run."""
    better: Better = "higher"
    """Which way is good."""
    microseconds_per_event: float | None = None
    """Processor time of the product per event."""
    note: str = ""
    """What one must know to read it."""

    @property
    def name(self) -> str:
        """Its key in files of floors."""
        return f"{self.row}: {self.what}"

    @property
    def is_reached(self) -> bool | None:
        """Whether the target is met; None where there is none, or nothing was found."""
        target = self.reference if self.target is None else self.target
        if self.found is None or target is None:
            return None
        return self.found.value >= target if self.better == "higher" else self.found.value <= target


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the sets are."""

    train: Path
    """Laid out like the published halves: one folder per set."""
    test: Path | None = None
    """The same, to be judged on; None makes folds of `train`."""

    def files(self, name: str, stem: str) -> list[Path]:
        """Give the training files of a set whose names begin with `stem`, in order."""
        return _files(self.train, name, stem)

    def test_files(self, name: str, stem: str) -> list[Path]:
        """Give the files to judge on, in order; none without a test folder."""
        return _files(self.test, name, stem) if self.test else []

    @property
    def judged(self) -> Path:
        """The folder whose streams are judged where the product learns as it goes."""
        return self.test or self.train


@dataclass(frozen=True, slots=True)
class Run:
    """What a group of rows is asked."""

    folders: Folders
    """Where the sets are."""
    with_references: bool = True
    """Whether the batch references run too."""


def cost(clocks: list[Clock]) -> float | None:
    """Microseconds of processor time per event over several runs of the product."""
    events = sum(clock.events for clock in clocks)
    return 1e6 * sum(clock.seconds for clock in clocks) / events if events else None


def _files(folder: Path, name: str, stem: str) -> list[Path]:
    """Find exports by the beginning of their names."""
    return sorted(folder.joinpath(name).glob(f"{stem}*.gz"))
