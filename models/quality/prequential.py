"""Quality on labels that are final, per horizon, as of the newest examples."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, NamedTuple

from models.quality.comparison import Comparison, compare
from models.quality.figures import LEAST, LEAST_OF_CLASS, Figures, calm_of, figures_of
from models.quality.judged import Judgeable, Judged, Window, in_millionths
from models.quality.leads import Leads, LeadTimes
from models.quality.maturity import Maturity, MaturityReport
from models.quality.ranking import Point, Ranking
from models.quality.reliability import Bin, reliability

HORIZONS = (7, 30)
"""Days."""

WINDOW = 5_000
"""Judged predictions kept per horizon: at 3 % positives AUC is then known to about .02, in 120 KB of state for both."""

ALERT_LEVEL = 2
"""From this level on (yellow: call this week) somebody is asked to act."""

CURVE_POINTS = 50
"""Points of a precision-recall curve: more cannot be told apart on a screen."""

_DIMENSIONS = ("channel", "elder", "language")

_PREDICTED: dict[int, Callable[[Judgeable], tuple[float, float | None]]] = {
    horizon: attrgetter(f"probability_{horizon}d", f"challenger_{horizon}d") for horizon in HORIZONS
}


class QualityReport(NamedTuple):
    """How good the predictions of one horizon are, on the newest final labels."""

    horizon_days: int
    """Days within which a complaint counts."""
    figures: Figures
    """Over all judged predictions of the window."""
    by_cohort: dict[str, dict[str, Figures]]
    """By channel, elder and language, of cohorts large enough to say anything about."""
    reliability: tuple[Bin, ...]
    """The reliability curve."""
    curve: tuple[Point, ...]
    """The precision-recall curve."""
    leads: LeadTimes
    """How long before the newest complaints they were predicted."""
    maturity: MaturityReport
    """How much of what was predicted is judged at all."""
    uncorrected: int
    """Late truths whose wrong label was no longer in the window."""


class Quality:
    """Takes every example and keeps what a report needs: bounded, and plain numbers when written down.

    Only matured examples are judged. Taking one costs no more than an append; sorting waits for a report.

    Parameters
    ----------
    threshold
        Calibrated probability from which a prediction alone counts as an alert, per horizon in days.
    window
        Judged predictions kept per horizon.
    least, least_of_class
        Examples, and examples of either class, from which figures are given.
    """

    def __init__(
        self,
        threshold: dict[int, float],
        window: int = WINDOW,
        least: int = LEAST,
        least_of_class: int = LEAST_OF_CLASS,
    ) -> None:
        self._threshold = threshold
        self._size = window
        self._least = least, least_of_class
        self._windows = {horizon: Window(window) for horizon in HORIZONS}
        self._leads = {horizon: Leads(window) for horizon in HORIZONS}
        self._maturity = {horizon: Maturity(2 * horizon) for horizon in HORIZONS}
        self._uncorrected = dict.fromkeys(HORIZONS, 0)

    def take(self, example: Judgeable) -> None:
        """Take an example of any phase into account, for each of its horizons."""
        phase = example.phase
        for horizon in example.horizons:
            self._maturity[horizon].take(example)
            if phase == "matured":
                self._windows[horizon].add(self._judge(example, horizon))
            elif phase == "corrected":
                self._uncorrected[horizon] += not self._windows[horizon].correct(self._judge(example, horizon))
            elif phase == "complained" and example.lead_seconds is not None:
                flagged = self._is_flagged(example, _PREDICTED[horizon](example)[0], horizon)
                self._leads[horizon].add(example.lead_seconds, flagged)

    def figures(self, horizon: int) -> Figures:
        """Return the figures of one horizon, in days, without curves and cohorts: a fifth of a report's cost."""
        return figures_of(list(self._windows[horizon].rows), *self._least)

    def report(self, horizon: int) -> QualityReport:
        """Judge the predictions of one horizon, in days."""
        rows = list(self._windows[horizon].rows)
        figures = figures_of(rows, *self._least)
        told = figures.auc is not None
        return QualityReport(
            horizon_days=horizon,
            figures=figures,
            by_cohort=self._by_cohort(rows),
            reliability=reliability(rows) if told else (),
            curve=_curve(rows) if told else (),
            leads=self._leads[horizon].report(),
            maturity=self._maturity[horizon].report(),
            uncorrected=self._uncorrected[horizon],
        )

    def compare(self, horizon: int, seed: str = "") -> Comparison:
        """Set the challenger against the champion on the judged predictions that both made."""
        return compare(self._windows[horizon].rows, *self._least, seed=seed)

    def to_plain(self) -> dict[str, Any]:
        """Write all that later reports depend on."""
        return {
            f"{horizon}d": {
                "window": self._windows[horizon].to_plain(),
                "leads": self._leads[horizon].to_plain(),
                "maturity": self._maturity[horizon].to_plain(),
                "uncorrected": self._uncorrected[horizon],
            }
            for horizon in HORIZONS
        }

    @classmethod
    def from_plain(
        cls,
        plain: dict[str, Any],
        threshold: dict[int, float],
        window: int = WINDOW,
        least: int = LEAST,
        least_of_class: int = LEAST_OF_CLASS,
    ) -> Quality:
        """Go on from what `to_plain` wrote, bit for bit.

        Raises
        ------
        KeyError, ValueError
            If it is something else.
        """
        quality = cls(threshold, window, least, least_of_class)
        for horizon in HORIZONS:
            kept = plain[f"{horizon}d"]
            quality._windows[horizon] = Window.from_plain(kept["window"], window)
            quality._leads[horizon] = Leads(window, kept["leads"])
            quality._maturity[horizon] = Maturity.from_plain(kept["maturity"], 2 * horizon)
            quality._uncorrected[horizon] = kept["uncorrected"]
        return quality

    def _judge(self, example: Judgeable, horizon: int) -> Judged:
        """Keep of an example what figures need."""
        probability, challenger = _PREDICTED[horizon](example)
        return Judged(
            in_millionths(probability),
            None if challenger is None else in_millionths(challenger),
            bool(example.label),
            example.weight,
            self._is_flagged(example, probability, horizon),
            (example.channel, example.elder, example.language),
        )

    def _is_flagged(self, example: Judgeable, probability: float, horizon: int) -> bool:
        """Say whether somebody was asked to act: by a standing alert, or by the probability."""
        return example.level >= ALERT_LEVEL or probability >= self._threshold[horizon]

    def _by_cohort(self, rows: list[Judged]) -> dict[str, dict[str, Figures]]:
        """Judge each cohort that is large enough, one dimension at a time."""
        judged: dict[str, dict[str, Figures]] = {}
        for which, dimension in enumerate(_DIMENSIONS):
            groups: dict[str, list[Judged]] = {}
            for row in rows:
                groups.setdefault(str(row.cohort[which]).lower(), []).append(row)
            figures = {value: figures_of(group, *self._least) for value, group in sorted(groups.items())}
            judged[dimension] = {value: told for value, told in figures.items() if told.auc is not None}
        return judged


def _curve(rows: list[Judged]) -> tuple[Point, ...]:
    """Draw the precision-recall curve."""
    complained = [row.weight * row.label for row in rows]
    ranking = Ranking([row.probability for row in rows])
    return tuple(ranking.curve(complained, calm_of([row.weight for row in rows], complained), CURVE_POINTS))
