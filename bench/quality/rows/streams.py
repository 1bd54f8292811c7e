"""What the rows that learn as they go have in common: predictions at one step of a case, judged by a later truth."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.quality import references
from bench.quality.bootstrap import Judged, estimate
from bench.quality.figures import Figure, Run, cost
from bench.quality.metrics import Metric
from bench.quality.running import PARAMS, Belief, Given, Learning, events_of
from bench.quality.watching import watched
from models.params import load_params

Asked = Callable[[Belief], float | None]
"""What the product says after an event; None where it is not asked."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A set whose cases end well or badly, asked about at one step of each."""

    name: str
    """Its folder, its mapping and its parameters."""
    row: str
    """What the table calls it."""
    metrics: Mapping[str, tuple[Metric, float | None]]
    """What is measured, with what is to be reached."""
    asked: Callable[[], Asked]
    """Makes what reads the product's belief, anew for each run."""
    patience: float
    """Seconds after which the batch reference takes quiet for an answer."""
    refitted_every: float
    """Seconds between two fits of the batch reference."""

    def events(self, folder: Path) -> list[Path]:
        """Name the export in a folder of sets; empty where it is not there."""
        file = folder / self.name / "events.csv.gz"
        return [file] if file.is_file() else []


def measure_stream(run: Run, stream: Stream, ended: Mapping[str, float]) -> list[Figure]:
    """Take the stream from nothing, and, with a half to judge on, once more with what the training half taught.

    Parameters
    ----------
    run
        What to measure on.
    stream
        The set.
    ended
        Cases that ended badly, and when that became known, in seconds since 1970.
    """
    events = events_of(stream.name, stream.events(run.folders.judged))
    params = load_params(PARAMS / f"{stream.name}.toml")
    figures = _figures(run, stream, f"{stream.row}, cold", Learning(params), events, ended)
    if run.folders.test is not None:
        learned = Learning(params)
        learned.learn_all(events_of(stream.name, run.folders.files(stream.name, "events")))
        figures += _figures(run, stream, f"{stream.row}, warm", learned.started_again(), events, ended)
    return figures


def _figures(
    run: Run, stream: Stream, row: str, learning: Learning, events: Sequence[Given], ended: Mapping[str, float]
) -> list[Figure]:
    """Take the stream once, and measure."""
    found = predictions(learning, events, row, score_of=stream.asked(), truth=ended.__contains__)
    peer = _reference(stream, found, ended) if run.with_references and row.endswith("cold") else None
    return [
        Figure(
            row,
            what,
            estimate(metric, [found.judged]),
            target,
            references.value_of(estimate(metric, [peer])) if peer else None,
            microseconds_per_event=cost([learning.clock]),
        )
        for what, (metric, target) in stream.metrics.items()
    ]


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
    learning: Learning, events: Sequence[Given], label: str, *, score_of: Asked, truth: Callable[[str], bool]
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


def _reference(stream: Stream, found: Predictions, ended: Mapping[str, float]) -> Judged | None:
    """Let gradient boosting be fitted now and then on cases that are old enough: both labels wait alike."""
    cases = found.judged.groups
    known = [max(at + stream.patience, ended.get(case, 0.0)) for case, at in zip(cases, found.at, strict=True)]
    labels = [label > 0 for label in found.judged.labels]
    scores = references.refitted(found.rows, labels, known, found.at, stream.refitted_every)
    return None if scores is None else Judged(scores, found.judged.labels, cases)
