"""How many of the predictions that were made have a final label: without it, no figure can be believed."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from models.quality.judged import Judgeable

_DAY = 86_400


class MaturityReport(NamedTuple):
    """What became of predictions of one horizon."""

    phases: dict[str, int]
    """Examples by phase (predicted, complained, matured, censored, corrected), since the beginning."""
    censored_by: dict[str, int]
    """Censored ones by reason, since the beginning."""
    made: int
    """Predictions of the last days that are watched."""
    final: int
    """Those of them whose label is final."""
    censored: int
    """Those of them that will never have a clean label."""
    share: float | None
    """Final ones among those made; None before the first."""


class Maturity:
    """Counts predictions and their labels by the day of the prediction.

    Parameters
    ----------
    days
        Days watched: twice the horizon, so that a healthy stream stands near one half.
    """

    def __init__(self, days: int) -> None:
        self._watched = days
        self._phases: Counter[str] = Counter()
        self._censored_by: Counter[str] = Counter()
        self._days: dict[int, list[int]] = {}

    def take(self, example: Judgeable) -> None:
        """Count an example, whichever its phase."""
        phase = example.phase
        self._phases[phase] += 1
        day = int(example.predicted_at.timestamp()) // _DAY
        if phase == "predicted":
            counts = self._days.get(day)
            if counts is None:
                counts = self._open(day)
            counts[0] += 1
        elif phase == "matured" and day in self._days:
            self._days[day][1] += 1
        elif phase == "censored":
            self._censored_by[example.censored_by or "unknown"] += 1
            if day in self._days:
                self._days[day][2] += 1

    def report(self) -> MaturityReport:
        """Say how much is known of the last days."""
        made, final, censored = (sum(counts[which] for counts in self._days.values()) for which in range(3))
        share = final / made if made else None
        return MaturityReport(dict(self._phases), dict(self._censored_by), made, final, censored, share)

    def to_plain(self) -> dict[str, Any]:
        """Write all counts."""
        return {
            "phases": dict(self._phases),
            "censored_by": dict(self._censored_by),
            "days": [[day, *counts] for day, counts in self._days.items()],
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any], days: int) -> Maturity:
        """Read what `to_plain` wrote."""
        maturity = cls(days)
        maturity._phases.update(plain["phases"])
        maturity._censored_by.update(plain["censored_by"])
        maturity._days = {day: counts for day, *counts in plain["days"]}
        return maturity

    def _open(self, day: int) -> list[int]:
        """Begin a day, and forget those no longer watched."""
        counts = self._days[day] = [0, 0, 0]
        newest = max(self._days)
        for old in [known for known in self._days if known <= newest - self._watched]:
            del self._days[old]
        return counts
