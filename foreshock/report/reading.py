"""What the report reads of an example: the only place of the report that knows how examples are written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from models.params import DAY
from schemas.examples import RiskExample

HORIZONS = (7, 30)
"""Days within which a complaint counts, shortest first."""


class Judged(NamedTuple):
    """A prediction for one horizon, and whether it came true."""

    horizon_days: int
    """7 or 30."""
    label: bool
    """Whether a complaint came within the horizon; final."""
    probability: float
    """What was predicted."""
    weight: float
    """How many predictions it stands for, >= 1."""
    week: int
    """Whole weeks from 1970-01-05, a Monday, to the prediction."""
    cold: bool
    """Whether it was made before the first snapshot, by a model that knew nothing."""
    cohorts: tuple[tuple[str, str], ...]
    """What is known of the customer's group: name and value, such as channel and hotline."""


def phase_of(example: RiskExample) -> str:
    """Say what the example tells: `matured` for a final label, which is all that older examples told."""
    return str(getattr(example, "phase", "matured"))


def judged_in(example: RiskExample) -> Iterator[Judged]:
    """Yield what a matured example settles, one per horizon; nothing for other phases."""
    if phase_of(example) != "matured":
        return
    horizons = getattr(example, "horizons", None) or (getattr(example, "horizon_days", 0),)
    for days in horizons:
        probability = getattr(example, f"probability_{days}d", None)
        yield Judged(
            horizon_days=int(days),
            label=bool(example.label),
            probability=float(getattr(example, "probability", 0.0) if probability is None else probability),
            weight=float(getattr(example, "weight", 1.0)),
            week=week_of(example.predicted_at.timestamp()),
            cold=example.snapshot == 0,
            cohorts=tuple(_cohorts(example)),
        )


def week_of(at: float) -> int:
    """Count whole weeks from 1970-01-05, a Monday."""
    return int((at / DAY - 4) // 7)


def _cohorts(example: RiskExample) -> Iterator[tuple[str, str]]:
    """Yield the groups that the customer is in, as far as the example says."""
    for name in ("channel", "language"):
        if value := getattr(example, name, None):
            yield name, str(value)
    elder = getattr(example, "elder", None)
    if elder is not None:
        yield "elder", "yes" if elder else "no"
