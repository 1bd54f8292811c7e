"""What the report reads of an example: the only place of the report that knows how examples are written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from models.moments import DAY
from schemas.examples import RiskExample
from schemas.snapshots import Horizon


class Judged(NamedTuple):
    """A prediction for one horizon, and whether it came true."""

    horizon_days: Horizon
    """Which horizon."""
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


def judged_in(example: RiskExample) -> Iterator[Judged]:
    """Yield what a matured example settles, one per horizon; nothing for other phases."""
    if example.phase != "matured":
        return
    for days in example.horizons:
        yield Judged(
            horizon_days=days,
            label=example.label,
            probability=example.probability_7d if days == 7 else example.probability_30d,
            weight=example.weight,
            week=week_of(example.predicted_at.timestamp()),
            cold=example.snapshot == 0,
            cohorts=(
                ("channel", example.channel),
                ("language", example.language),
                ("elder", "yes" if example.elder else "no"),
            ),
        )


def week_of(at: float) -> int:
    """Count whole weeks from 1970-01-05, a Monday."""
    return int((at / DAY - 4) // 7)
