"""Incidents of a service desk: which solutions the caller rejects. One in a hundred, learned as it goes."""

from __future__ import annotations

from datetime import UTC, datetime

from bench.quality import references
from bench.quality.bootstrap import Judged, estimate
from bench.quality.figures import Figure, Run, cost
from bench.quality.metrics import Metric, auc, average_precision
from bench.quality.rows.streams import Predictions, predictions, rows_of
from bench.quality.running import PARAMS, Belief, Learning, events_of
from models.params import load_params
from schemas.events import Claim

SET, MAPPING = "servicenow_incidents", "servicenow_incidents"

_METRICS: dict[str, tuple[Metric, float | None]] = {"AUC": (auc, 0.69), "AP": (average_precision, None)}
_FORTNIGHT, _MONTH = 14 * 86_400.0, 30 * 86_400.0


def measure(run: Run) -> list[Figure]:
    """Ask at the first resolution of each incident."""
    if not (files := [run.folders.judged / SET / "events.csv.gz"])[0].is_file():
        return []
    reopened = {
        row["number"]: datetime.fromisoformat(row["reopen_ts"]).replace(tzinfo=UTC).timestamp()
        for row in rows_of(run.folders.judged / SET / "incidents.csv.gz")
        if int(row["reopen"])
    }
    events = events_of(MAPPING, files)
    params = load_params(PARAMS / "servicenow_incidents.toml")
    learners = {"incidents, cold": Learning(params)}
    if run.folders.test is not None:
        learned = Learning(params)
        learned.learn_all(events_of(MAPPING, run.folders.files(SET, "events")))
        learners["incidents, warm"] = learned.started_again()
    figures = []
    for row, learning in learners.items():
        found = predictions(learning, events, row, score_of=_Asked(), truth=lambda number: number in reopened)
        peer = _reference(found, reopened) if run.with_references and row.endswith("cold") else None
        figures += [
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
    return figures


class _Asked:
    """Reads the product's belief at the first resolution of each incident."""

    def __init__(self) -> None:
        self._resolved: set[str] = set()

    def __call__(self, belief: Belief) -> float | None:
        """Give the probability for the shorter horizon, or nothing where the product is not asked."""
        event = belief.event
        if not isinstance(event, Claim) or event.step != "Resolved":
            return None
        number = str(event.claim_ref)
        if number in self._resolved:
            return None
        self._resolved.add(number)
        return belief.risk.probability_7d


def _reference(found: Predictions, reopened: dict[str, float]) -> Judged | None:
    """Let gradient boosting be fitted every month on incidents that are a fortnight old: both labels wait alike."""
    numbers = found.judged.groups
    known = [max(at + _FORTNIGHT, reopened.get(number, 0.0)) for number, at in zip(numbers, found.at, strict=True)]
    labels = [label > 0 for label in found.judged.labels]
    scores = references.refitted(found.rows, labels, known, found.at, _MONTH)
    return None if scores is None else Judged(scores, found.judged.labels, numbers)
