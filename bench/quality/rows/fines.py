"""Road traffic fines: who appeals. A stream of thirteen years, learned as it goes, from nothing."""

from __future__ import annotations

from datetime import UTC, datetime

from bench.quality.figures import Figure, Run
from bench.quality.metrics import auc, average_precision, top_precision
from bench.quality.rows.streams import Stream, measure_stream, rows_of
from bench.quality.running import Belief
from models.moments import DAY
from schemas.events import Claim
from schemas.labels import Complaint

ASKED_AT = "Insert Fine Notification"
"""The step at which the product is asked: 79 % of appeals follow it directly."""

# Midnight in Rome is the evening before in UTC.
_FIRST, _LAST = datetime(2000, 12, 31, 20, tzinfo=UTC), datetime(2013, 12, 31, 20, tzinfo=UTC)


def measure(run: Run) -> list[Figure]:
    """Ask right after each notification, 2001 to 2013."""
    if not _STREAM.events(run.folders.judged):
        return []
    appeals = {
        row["case"]: datetime.fromisoformat(row["appeal_ts"]).replace(tzinfo=UTC).timestamp()
        for row in rows_of(run.folders.judged / _STREAM.name / "cases.csv.gz")
        if row["appeal"] == "1"
    }
    return measure_stream(run, _STREAM, appeals)


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


_STREAM = Stream(
    name="road_traffic_fines",
    row="fines",
    metrics={
        "AUC": (auc, 0.69),
        "AP": (average_precision, 0.135),
        "top-5 % precision": (top_precision(0.05), 0.20),
    },
    asked=_Asked,
    patience=180 * DAY,
    refitted_every=365.25 * DAY,
)
