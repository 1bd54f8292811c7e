"""Which labels may be believed yet: predictions wait in the state until their horizon has ended."""

from __future__ import annotations

from dataclasses import dataclass

from models.params import DAY, Params
from models.state import NEVER, CustomerState, PendingPrediction
from models.timers import LONG, SHORT
from schemas.snapshots import Horizon

DIGITS = 4
"""Decimal places kept of a feature that waits: far below what a linear model can feel, and half the bytes."""


@dataclass(frozen=True, slots=True)
class Matured:
    """A prediction whose label is now known for one horizon."""

    prediction: PendingPrediction
    """What was predicted, and from what."""
    horizon_days: Horizon
    """Which horizon."""
    label: bool
    """Whether a complaint came within it."""
    released_at: float
    """When its horizon ended, in seconds since 1970."""


def keep_prediction(
    state: CustomerState, at: float, dense: tuple[float, ...], hashed: list[int], params: Params
) -> None:
    """Keep a prediction for learning, if the customer's last one is old enough and there is room."""
    learning = params.learning
    waiting = state.predictions
    if len(waiting) >= learning.pending or (waiting and at - waiting[-1].at < learning.spacing_days * DAY):
        return
    state.predictions = [
        *waiting,
        PendingPrediction(
            at=at,
            probability_7d=round(state.probability_7d, 6),
            probability_30d=round(state.probability_30d, 6),
            snapshot=state.snapshot,
            short_released=False,
            complained_at=NEVER,
            dense=[round(value, DIGITS) for value in dense],
            hashed=hashed,
        ),
    ]


def mature(state: CustomerState, at: float) -> list[Matured]:
    """Release every label whose horizon has ended by `at`: a complaint within it, or none.

    A complaint decides a label at once, but it is released with its horizon's end like its absence. Were complaints
    released first, the learner would see a stream of complaints before the calm that surrounded them, and expect too
    many (docs/decisions/0009).
    """
    released: list[Matured] = []
    waiting: list[PendingPrediction] = []
    for prediction in state.predictions:
        if not prediction.short_released and prediction.at + SHORT <= at:
            released.append(_matured(prediction, 7, prediction.at + SHORT))
            prediction = prediction._replace(short_released=True)
        if prediction.at + LONG <= at:
            released.append(_matured(prediction, 30, prediction.at + LONG))
        else:
            waiting.append(prediction)
    if released:
        state.predictions = waiting
    return released


def decide_labels(state: CustomerState, at: float) -> None:
    """Note a complaint at `at` on every prediction that waits for its label.

    A prediction made after the complaint (which then arrived late) is dropped: it is about a customer who had
    complained already.
    """
    state.predictions = [
        prediction._replace(complained_at=prediction.complained_at or at)
        for prediction in state.predictions
        if prediction.at <= at
    ]


def _matured(prediction: PendingPrediction, horizon_days: Horizon, ended_at: float) -> Matured:
    """Join a prediction with what came true within a horizon."""
    return Matured(prediction, horizon_days, NEVER < prediction.complained_at <= ended_at, ended_at)
