"""A figure with its interval: whole dialogues or customers are drawn again, because what one says hangs together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.quality.metrics import Metric, Numbers

RESAMPLES = 1000
"""Enough that the ends of a 90 % interval move by less than a tenth of its width."""

SEED = 20_260_101
"""Where the resampling's chance comes from: the same predictions give the same interval."""

# Numbers held at once: 32 MB per array.
_AT_ONCE = 4_000_000


@dataclass(slots=True)
class Judged:
    """Predictions of one test set (a fold, a file, a seed) with what came true."""

    scores: list[float] = field(default_factory=list)
    """What the product said, higher for worse; or 0 and 1 where it flagged."""
    labels: list[float] = field(default_factory=list)
    """What came true, 0 or 1."""
    groups: list[str] = field(default_factory=list)
    """Which predictions belong together: dialogue, case or customer."""

    def add(self, score: float, label: bool, group: str) -> None:
        """Note one prediction."""
        self.scores.append(float(score))
        self.labels.append(float(label))
        self.groups.append(group)


@dataclass(frozen=True, slots=True)
class Estimate:
    """One figure and how far it may be off."""

    value: float
    """Mean over the test sets."""
    low: float
    """Lower end of the 90 % interval."""
    high: float
    """Upper end."""
    count: int
    """Predictions."""
    positive_count: int
    """How many of them came true."""


def estimate(metric: Metric, parts: Iterable[Judged]) -> Estimate | None:
    """Measure each test set and average; resample groups within each for the interval.

    Returns
    -------
    Estimate or None
        None where the metric says nothing, as without positives.
    """
    sets = [part for part in parts if part.scores]
    if not sets:
        return None
    drawn = np.mean([resampled(metric, part, number) for number, part in enumerate(sets)], axis=0)
    if np.isnan(drawn[0]):
        return None
    low, high = np.nanquantile(drawn[1:], [0.05, 0.95])
    positive_count = int(sum(sum(part.labels) for part in sets))
    return Estimate(float(drawn[0]), float(low), float(high), sum(len(part.scores) for part in sets), positive_count)


def resampled(
    metric: Metric, part: Judged, number: int = 0, names: Sequence[str] = (), resamples: int = RESAMPLES
) -> Numbers:
    """Measure a test set as it is, and then as often as asked, each time with groups drawn anew.

    Parameters
    ----------
    metric
        What to measure.
    part
        Predictions and what came true (at least one).
    number
        Tells the chance of several test sets apart.
    names
        All groups that there are, also those without a prediction: sets with the same names are then drawn alike, and
        can be compared resample by resample. Empty for the groups of the part.
    resamples
        How often groups are drawn.

    Returns
    -------
    array (resamples + 1)
        The plain figure first.
    """
    chance = np.random.default_rng([SEED, number])
    labels, scores = np.array(part.labels), np.array(part.scores)
    place = _places([*names, *part.groups])[len(names) :]
    group_count = int(place.max()) + 1 if not names else len(names)
    rows = max(1, _AT_ONCE // len(scores))
    found = [metric(labels, scores, np.ones((1, len(scores))))]
    for begin in range(0, resamples, rows):
        size = min(rows, resamples - begin)
        times = chance.multinomial(group_count, np.full(group_count, 1 / group_count), size=size)
        found.append(metric(labels, scores, times[:, place].astype(np.float64)))
    return np.concatenate(found)


def _places(groups: Sequence[str]) -> NDArray[np.int64]:
    """Number the groups in the order in which they first come."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(group, len(numbers)) for group in groups], dtype=np.int64)
