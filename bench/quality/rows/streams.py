"""What the rows that learn as they go have in common: predictions at one step of a case, judged by a later truth."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.quality.bootstrap import Judged
from bench.quality.running import Belief, Given, Learning
from bench.quality.watching import watched


@dataclass(slots=True)
class Predictions:
    """What was predicted in one run, with all that a batch reference may know of it."""

    judged: Judged = field(default_factory=Judged)
    """Scores and what came true."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    """The company's own fields at each prediction, and how old the case was."""
    at: list[float] = field(default_factory=list)
    """When, in seconds since 1970."""


def predictions(
    learning: Learning,
    events: Sequence[Given],
    label: str,
    *,
    score_of: Callable[[Belief], float | None],
    truth: Callable[[str], bool],
) -> Predictions:
    """Let the product take a stream, learning as it goes, and note what it says where it is asked.

    Parameters
    ----------
    learning
        The product.
    events
        The stream, in time order.
    label
        What the bar says.
    score_of
        What the product says; None where it is not asked.
    truth
        Whether the case named by `claim_ref` ended badly.
    """
    found = Predictions()
    first_at: dict[str, float] = {}
    last_at: dict[str, float] = {}
    for given in watched(events, label):
        belief = learning.take(given)
        case, at = str(belief.event.claim_ref), given.at.timestamp()
        begun = first_at.setdefault(case, at)
        score = score_of(belief)
        if score is not None:
            found.judged.add(score, truth(case), case)
            ages = {"days since first": (at - begun) / 86_400, "days since last": (at - last_at.get(case, at)) / 86_400}
            calendar = {"month": float(given.at.month), "weekday": float(given.at.weekday())}
            found.rows.append({**belief.event.attributes, **ages, **calendar})
            found.at.append(at)
        last_at[case] = at
    return found


def rows_of(file: Path) -> Iterator[dict[str, str]]:
    """Read a gzipped table of truths: nothing that the product sees comes from it."""
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
