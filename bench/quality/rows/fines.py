"""Road traffic fines: who appeals. A stream of thirteen years, learned as it goes, from nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.quality import references
from bench.quality.bootstrap import Judged, estimate
from bench.quality.figures import Figure, Run, cost
from bench.quality.metrics import Metric, auc, average_precision, top_precision
from bench.quality.rows.streams import Predictions, predictions, rows_of
from bench.quality.running import PARAMS, Belief, Given, Learning, events_of
from models.params import load_params
from schemas.events import Claim
from schemas.labels import Complaint

SET, MAPPING = "road_traffic_fines", "road_traffic_fines"

ASKED_AT = "Insert Fine Notification"
"""The step at which the product is asked: 79 % of appeals follow it directly."""

_METRICS: dict[str, tuple[Metric, float]] = {
    "AUC": (auc, 0.69),
    "AP": (average_precision, 0.135),
    "top-5 % precision": (top_precision(0.05), 0.20),
}

# Midnight in Rome is the evening before in UTC.
_FIRST, _LAST = datetime(2000, 12, 31, 20, tzinfo=UTC), datetime(2013, 12, 31, 20, tzinfo=UTC)
_YEAR = 365.25 * 86_400


def measure(run: Run) -> list[Figure]:
    """Ask right after each notification, 2001 to 2013; and once more with what the training half taught."""
    if not (files := [run.folders.judged / SET / "events.csv.gz"])[0].is_file():
        return []
    events = events_of(MAPPING, files)
    appeals = _appeals(run.folders.judged)
    params = load_params(PARAMS / "road_traffic_fines.toml")
    figures = _figures(run, "fines, cold", Learning(params), events, appeals)
    if run.folders.test is not None:
        history = events_of(MAPPING, run.folders.files(SET, "events"))
        learned = Learning(params)
        learned.learn_all(history)
        figures += _figures(run, "fines, warm", learned.started_again(), events, appeals)
    return figures


def _figures(
    run: Run, row: str, learning: Learning, events: Sequence[Given], appeals: dict[str, float]
) -> list[Figure]:
    """Take the stream once, and measure."""
    asked = _Asked()
    found = predictions(learning, events, row, score_of=asked, truth=lambda case: case in appeals)
    peer = _reference(found, appeals) if run.with_references and row.endswith("cold") else None
    return [
        Figure(
            row,
            what,
            estimate(metric, [found.judged]),
            target,
            references.value_of(estimate(metric, [peer])) if peer else None,
            microseconds_per_event=cost([learning.clock]),
        )
        for what, (metric, target) in _METRICS.items()
    ]


class _Asked:
    """Reads the product's belief at each notification of a case that has not appealed yet."""

    def __init__(self) -> None:
        self._appealed: set[str] = set()

    def __call__(self, belief: Belief) -> float | None:
        """Give the probability for the longer horizon, or nothing where the product is not asked."""
        if isinstance(belief.event, Complaint):
            self._appealed.add(belief.given.customer_id)
        is_asked = (
            isinstance(belief.event, Claim)
            and belief.event.step == ASKED_AT
            and belief.given.customer_id not in self._appealed
        )
        return belief.risk.probability_30d if is_asked and _FIRST <= belief.given.at < _LAST else None


def _appeals(folder: Path) -> dict[str, float]:
    """Read which cases were ever appealed, and when: the truth, in seconds since 1970."""
    return {
        row["case"]: datetime.fromisoformat(row["appeal_ts"]).replace(tzinfo=UTC).timestamp()
        for row in rows_of(folder / SET / "cases.csv.gz")
        if row["appeal"] == "1"
    }


def _reference(found: Predictions, appeals: dict[str, float]) -> Judged | None:
    """Let gradient boosting be fitted every year on cases that are half a year old: both labels wait alike."""
    patience = timedelta(days=180).total_seconds()
    cases = found.judged.groups
    known = [max(at + patience, appeals.get(case, 0.0)) for case, at in zip(cases, found.at, strict=True)]
    labels = [label > 0 for label in found.judged.labels]
    scores = references.refitted(found.rows, labels, known, found.at, _YEAR)
    return None if scores is None else Judged(scores, found.judged.labels, cases)
