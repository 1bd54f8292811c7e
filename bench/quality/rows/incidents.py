"""Incidents of a service desk: which solutions the caller rejects. One in a hundred, learned as it goes."""

from __future__ import annotations

from datetime import UTC, datetime

from bench.quality.figures import Figure, Run
from bench.quality.metrics import auc, average_precision
from bench.quality.rows.streams import Stream, measure_stream, rows_of
from bench.quality.running import Belief
from models.moments import DAY
from schemas.events import Claim


def measure(run: Run) -> list[Figure]:
    """Ask at the first resolution of each incident."""
    if not _STREAM.events(run.folders.judged):
        return []
    reopened = {
        row["number"]: datetime.fromisoformat(row["reopen_ts"]).replace(tzinfo=UTC).timestamp()
        for row in rows_of(run.folders.judged / _STREAM.name / "incidents.csv.gz")
        if int(row["reopen"])
    }
    return measure_stream(run, _STREAM, reopened)


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


_STREAM = Stream(
    name="servicenow_incidents",
    row="incidents",
    metrics={"AUC": (auc, 0.69), "AP": (average_precision, None)},
    asked=_Asked,
    patience=14 * DAY,
    refitted_every=30 * DAY,
)
