"""From scores to log-odds and to a yes or no."""

from __future__ import annotations

from collections.abc import Iterable

from models.log_odds import probability_of


class Platt:
    """Scores to log-odds, online: a logistic regression of two numbers by Newton's steps (Platt 1999).

    Before anything is learned, a score of 1 means odds of 7 to 1.
    """

    def __init__(self) -> None:
        self.slope, self.offset = 2.0, 0.0
        # Certainty of slope and offset: worth ten even answers before the first.
        self._curvature = [2.5, 0.0, 2.5]

    def learn(self, score: float, is_yes: bool, weight: float) -> None:
        """Take one answer into account."""
        probability = probability_of(self.slope * score + self.offset)
        importance = weight * max(probability * (1.0 - probability), 0.01)
        xx, x1, one = self._curvature
        xx, x1, one = xx + importance * score * score, x1 + importance * score, one + importance
        self._curvature = [xx, x1, one]
        step = weight * (is_yes - probability) / (xx * one - x1 * x1)
        self.slope += step * (one * score - x1)
        self.offset += step * (xx - x1 * score)

    def to_plain(self) -> list[float]:
        """Write it as plain numbers."""
        return [self.slope, self.offset, *self._curvature]

    @classmethod
    def from_plain(cls, plain: list[float]) -> Platt:
        """Read what `to_plain` wrote."""
        platt = cls()
        platt.slope, platt.offset, *platt._curvature = plain
        return platt


def best_threshold(scores: Iterable[float], platt: Platt) -> float:
    """Give the score above which saying yes has the best expected F1; 0 where there are no scores.

    How often a score is right, is what calibration says of it, not what its few own answers were: the best F1 of
    2,000 answers lies where chance put it, and is .01 to .02 worse on the next conversations.
    """
    ordered = sorted(scores, reverse=True)
    chances = [probability_of(platt.slope * score + platt.offset) for score in ordered]
    yes = sum(chances)
    best, threshold, hits = 0.0, 0.0, 0.0
    for place, (score, chance) in enumerate(zip(ordered, chances, strict=True), start=1):
        hits += chance
        f1 = 2.0 * hits / (place + yes)
        if f1 > best:
            following = ordered[place] if place < len(ordered) else score - 0.1
            best, threshold = f1, (score + following) / 2.0
    return threshold
