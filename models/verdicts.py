"""What a snapshot says about its own quality: told anew as labels mature, because ranking thousands of them is dear."""

from __future__ import annotations

from typing import Any

from models.quality import Comparison, Figures, Quality
from models.quality import Interval as Difference
from schemas.snapshots import HORIZONS, Contest, Horizon, Interval
from schemas.snapshots import Quality as SnapshotQuality

ANEW = 20
"""Figures are told anew when one in so many of the judged labels is new."""

CONTESTED_ANEW = 4
"""The same for the comparison with a challenger, which draws hundreds of samples."""


class Verdicts:
    """Figures and comparison as they were last told.

    Parameters
    ----------
    judged
        Final labels per horizon that quality looks back on.
    """

    def __init__(self, judged: int) -> None:
        self.matured = 0
        """Final labels so far, to be counted by the owner."""
        self._judged = judged
        self._figured_at = self._contested_at = -1
        self._figures: dict[Horizon, SnapshotQuality] = {}
        self._contest: dict[Horizon, Contest] = {}

    def figures(self, quality: Quality) -> dict[Horizon, SnapshotQuality]:
        """Return the figures of both horizons, not much older than the labels."""
        if self._figured_at < 0 or self.matured - self._figured_at >= self._judged // ANEW:
            self._figured_at = self.matured
            self._figures = {horizon: _told(quality.figures(horizon)) for horizon in HORIZONS}
        return self._figures

    def contest(self, quality: Quality, challenger: str | None) -> dict[Horizon, Contest]:
        """Return how a challenger compares with the champion; empty where there is none."""
        if challenger is None:
            return {}
        if self._contested_at < 0 or self.matured - self._contested_at >= self._judged // CONTESTED_ANEW:
            self._contested_at = self.matured
            self._contest = {horizon: _compared(quality.compare(horizon), challenger) for horizon in HORIZONS}
        return self._contest

    def to_plain(self) -> list[Any]:
        """Write when they were told; what was told is in the snapshot itself."""
        return [self.matured, self._figured_at, self._contested_at]

    @classmethod
    def from_plain(
        cls,
        plain: list[Any],
        judged: int,
        figures: dict[Horizon, SnapshotQuality],
        contest: dict[Horizon, Contest],
    ) -> Verdicts:
        """Go on from what `to_plain` wrote and the snapshot said.

        Raises
        ------
        ValueError
            If it is something else.
        """
        verdicts = cls(judged)
        verdicts.matured, verdicts._figured_at, verdicts._contested_at = plain
        verdicts._figures, verdicts._contest = figures, contest
        return verdicts


def _told(figures: Figures) -> SnapshotQuality:
    """Cut figures down to what a snapshot carries."""
    return SnapshotQuality(
        matured=figures.examples,
        positives=figures.positives,
        auc=figures.auc,
        average_precision=figures.average_precision,
        ece=figures.ece,
        brier=figures.brier,
        log_loss=figures.log_loss,
    )


def _compared(comparison: Comparison, challenger: str) -> Contest:
    """Write down a comparison."""

    def plain(difference: Difference | None) -> Interval | None:
        return None if difference is None else Interval(**difference._asdict())

    return Contest(
        challenger=challenger,
        examples=comparison.examples,
        positives=comparison.positives,
        auc=plain(comparison.auc),
        average_precision=plain(comparison.average_precision),
        log_loss=plain(comparison.log_loss),
    )
