"""Which labels may be believed yet: predictions wait in the state until the complaint comes or the horizon ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from models.params import DAY, Params
from models.state import CustomerState, PendingPrediction
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
    released_at: datetime
    """When that became known."""


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
            dense=[round(value, DIGITS) for value in dense],
            hashed=hashed,
        ),
    ]


def mature(state: CustomerState, at: float) -> list[Matured]:
    """Release the negatives whose horizon has ended by `at` without a complaint."""
    released: list[Matured] = []
    waiting: list[PendingPrediction] = []
    for prediction in state.predictions:
        if not prediction.short_released and prediction.at + SHORT <= at:
            released.append(Matured(prediction, 7, False, _moment(prediction.at + SHORT)))
            prediction = prediction._replace(short_released=True)
        if prediction.at + LONG <= at:
            released.append(Matured(prediction, 30, False, _moment(prediction.at + LONG)))
        else:
            waiting.append(prediction)
    if released:
        state.predictions = waiting
    return released


def complained(state: CustomerState, at: float) -> list[Matured]:
    """Release every waiting prediction because the customer complained at `at`.

    A prediction made after the complaint (which then arrived late) is dropped: it knew of nothing, and its own label
    is unknown. A short horizon that has ended before is a negative, or was released as one.
    """
    released: list[Matured] = []
    now = _moment(max(at, state.clock))
    for prediction in state.predictions:
        elapsed = at - prediction.at
        if elapsed < 0:
            continue
        if not prediction.short_released:
            released.append(Matured(prediction, 7, elapsed <= SHORT, now))
        released.append(Matured(prediction, 30, elapsed <= LONG, now))
    state.predictions = []
    return released


def _moment(seconds: float) -> datetime:
    """Turn seconds since 1970 into a time."""
    return datetime.fromtimestamp(seconds, UTC)
