"""Figures of a set of judged predictions; None where there are too few to say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from river.metrics import MSE, ConfusionMatrix, LogLoss, Precision, Recall

from models.quality.judged import MILLION, Judged
from models.quality.ranking import Ranking
from models.quality.reliability import expected_calibration_error, reliability

LEAST = 200
"""Examples from which figures are given: below, AUC of a 5 % class is uncertain by more than a tenth."""

LEAST_OF_CLASS = 10
"""Complaints, and calm customers, from which figures are given."""


class Figures(NamedTuple):
    """How good a set of predictions was, weighted by how many each stands for."""

    examples: int
    """How many are judged."""
    positives: int
    """Complaints among them."""
    positive_share: float | None = None
    """Weighted share of complaints."""
    auc: float | None = None
    """Area under the ROC curve."""
    average_precision: float | None = None
    """Average precision."""
    ece: float | None = None
    """Expected calibration error over ten bins of equal mass."""
    brier: float | None = None
    """Mean squared error of the probability."""
    log_loss: float | None = None
    """Mean negative log of the probability of what came true, in nats."""
    precision: float | None = None
    """Share of complaints among those alerted on; None if nobody was."""
    recall: float | None = None
    """Share of complaints that were alerted on."""
    flagged_share: float | None = None
    """Share of predictions alerted on."""


def figures_of(rows: Sequence[Judged], least: int = LEAST, least_of_class: int = LEAST_OF_CLASS) -> Figures:
    """Judge predictions; below the least numbers only their counts are told."""
    positives = sum(row.label for row in rows)
    if len(rows) < least or min(positives, len(rows) - positives) < least_of_class:
        return Figures(len(rows), positives)
    weights = [row.weight for row in rows]
    complained = [row.weight * row.label for row in rows]
    areas = Ranking([row.probability for row in rows]).areas(complained, calm_of(weights, complained))
    log_loss, brier, alerts = LogLoss(), MSE(), ConfusionMatrix()
    for row in rows:
        log_loss.update(row.label, inside(row.probability), row.weight)
        brier.update(row.label, row.probability, row.weight)
        alerts.update(row.label, row.flagged, row.weight)
    flagged = sum(row.weight for row in rows if row.flagged)
    return Figures(
        examples=len(rows),
        positives=positives,
        positive_share=sum(complained) / sum(weights),
        auc=areas and areas.auc,
        average_precision=areas and areas.average_precision,
        ece=expected_calibration_error(reliability(rows)),
        brier=brier.get(),
        log_loss=log_loss.get(),
        precision=Precision(alerts).get() if flagged else None,
        recall=Recall(alerts).get(),
        flagged_share=flagged / sum(weights),
    )


def calm_of(weights: Sequence[float], complained: Sequence[float]) -> list[float]:
    """Return what is left of each weight for the calm class."""
    return [0.0 if hit else weight for weight, hit in zip(weights, complained, strict=True)]


def inside(probability: float) -> float:
    """Keep a probability half a millionth away from certainty, where rounding may have put it."""
    return min(max(probability, 0.5 / MILLION), 1.0 - 0.5 / MILLION)
