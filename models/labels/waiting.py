"""Predictions that wait in the state until their label is known, one way or the other."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple
from zlib import crc32

from models.entries import PendingPrediction
from models.moments import DAY, NEVER
from models.packing import packed_numbers
from models.parameters.labels import LabelParams
from models.state import CustomerState
from schemas.actions import ActionName
from schemas.examples import CensoredBy, Phase
from schemas.snapshots import HORIZONS, Horizon

INTERVENTIONS: frozenset[ActionName] = frozenset({"contacted", "offer", "promise", "promise_kept", "resolved"})
"""Actions that may keep a customer from complaining."""

_ALWAYS_KEPT = 2
"""Predictions that may wait for the short horizon before the next ones are thinned out."""


class Learnt(NamedTuple):
    """Something new about a prediction, for the learner."""

    prediction: PendingPrediction
    """What was predicted, and from what."""
    phase: Phase
    """What is new."""
    horizons: tuple[Horizon, ...]
    """Of which horizons."""
    at: float
    """Since when it is known, in seconds since 1970."""
    label: bool = False
    """Whether a complaint came within them."""
    censored_by: CensoredBy | None = None
    """Why there is no clean label."""


def keep_prediction(
    state: CustomerState, key: str, at: float, dense: tuple[float, ...], labels: LabelParams
) -> list[Learnt]:
    """Keep a prediction for learning, if chance (a hash of customer and time) and room allow.

    The first two that wait for the short horizon are always kept, the next with the chance `thinning`, and so on; what
    is kept counts by the inverse of its chance, so that a customer with many events weighs as many, and takes no more
    room. One in a week also waits for the long horizon.

    Returns
    -------
    list of Learnt
        The prediction, with its label unknown; empty where it was not kept.
    """
    waiting = state.predictions
    weight = 1.0
    if waiting:
        soon = len([prediction for prediction in waiting if not prediction.matured])
        if soon >= labels.pending or at - waiting[-1].at < labels.spacing_days * DAY:
            return []
        if soon >= _ALWAYS_KEPT:
            chance = labels.thinning ** (soon - _ALWAYS_KEPT + 1)
            if chance < 1.0 and crc32(f"{key}|{at:.3f}".encode()) >= chance * 2**32:
                return []
            weight = round(1.0 / chance, 4)
    newest_long = _newest_long(waiting)
    prediction = PendingPrediction(
        at=at,
        weight=weight,
        is_long=newest_long == NEVER or at - newest_long >= labels.long_spacing_days * DAY,
        score_7d=state.score_7d,
        score_30d=state.score_30d,
        probability_7d=state.probability_7d,
        probability_30d=state.probability_30d,
        snapshot=state.snapshot,
        learner=state.learner,
        shadow=state.shadow,
        level=max([alert.level for alert in state.alerts]) if state.alerts else 0,
        channel=state.channel,
        matured=0,
        complained_at=NEVER,
        intervened_at=NEVER,
        dense=packed_numbers(dense),
        case=case_of(state, labels),
        hashed=state.categories,
    )
    state.predictions = [*waiting, prediction]
    return [Learnt(prediction, "predicted", horizons_of(prediction), at)]


def case_of(state: CustomerState, labels: LabelParams) -> str:
    """Name the case of the last event; empty where it has none, or complaints answer by the customer."""
    return state.cases[-1].ref if labels.unit == "case" and state.cases else ""


def horizons_of(prediction: PendingPrediction) -> tuple[Horizon, ...]:
    """Return the horizons that a prediction waits for: both, or the short one."""
    return HORIZONS if prediction.is_long else HORIZONS[:1]


def ends_of(prediction: PendingPrediction, labels: LabelParams) -> tuple[float, float]:
    """Return when the two horizons of a prediction end, in seconds since 1970."""
    return prediction.at + labels.short_days * DAY, prediction.at + labels.long_days * DAY


def next_end(predictions: Sequence[PendingPrediction], labels: LabelParams) -> float:
    """Return when the next of some predictions must be looked at (seconds since 1970); infinity if there is none."""
    due = inf
    if predictions:
        # What `_look_at` says of each, written out: every event asks it of all that wait, and calls take half the time.
        short, long, grace = labels.short_days * DAY, labels.long_days * DAY, labels.grace_days * DAY
        for prediction in predictions:
            if not prediction.matured:
                at = prediction.at + short
            elif not prediction.is_long:
                at = prediction.at + short + grace
            elif prediction.matured < len(HORIZONS):
                at = prediction.at + long
            else:
                at = prediction.at + long + grace
            if at < due:
                due = at
    return due


def mature(state: CustomerState, at: float, labels: LabelParams) -> list[Learnt]:
    """Decide every label whose horizon has ended by `at`, and let go of predictions that nothing can correct any more.

    A quiet horizon in which somebody acted for the customer is censored: nobody knows what would have come without.
    """
    if not state.predictions:
        return []
    learnt: list[Learnt] = []
    waiting: list[PendingPrediction] = []
    for prediction in state.predictions:
        while (ended_at := _look_at(prediction, labels)) <= at and prediction.matured < len(horizons_of(prediction)):
            learnt.append(_ended(prediction, HORIZONS[prediction.matured], ended_at))
            prediction = prediction._replace(matured=prediction.matured + 1)
        if ended_at > at:
            waiting.append(prediction)
    state.predictions = waiting
    return learnt


def complain(state: CustomerState, at: float, labels: LabelParams) -> list[Learnt]:
    """Tell every prediction that waits about a complaint at `at`.

    It decides the horizons that are still open, and corrects those that have been called quiet although they had not
    ended by then. With `labels.unit = "case"`, a complaint that names a case says nothing of the other cases. A
    prediction made after the complaint, which arrived late, is about a customer who had complained already: it is
    censored.
    """
    now, learnt, waiting = max(at, state.clock), [], []
    about = case_of(state, labels)
    for prediction in state.predictions:
        if about and prediction.case and prediction.case != about:
            waiting.append(prediction)
            continue
        if prediction.at > at:
            learnt += _censored(prediction, "complained_before", now)
            continue
        if not prediction.complained_at:
            prediction = prediction._replace(complained_at=at)
            called_quiet, still_open = _reached(prediction, labels)
            if called_quiet:
                learnt.append(Learnt(prediction, "corrected", called_quiet, now, True))
            if still_open:
                learnt.append(Learnt(prediction, "complained", still_open, now, True))
        waiting.append(prediction)
    state.predictions = waiting
    return learnt


def intervene(state: CustomerState, at: float) -> None:
    """Note on every prediction that waits that somebody acted for the customer."""
    state.predictions = [
        prediction._replace(intervened_at=at) if not prediction.intervened_at and prediction.at < at else prediction
        for prediction in state.predictions
    ]


def review(state: CustomerState, at: float) -> None:
    """Let who has looked at the customer, and sees no reason to act, vouch for the quiet.

    What was done for the customer before no longer keeps a quiet horizon from being a clean negative; what is done
    later does, and a complaint that comes all the same is one.
    """
    state.predictions = [
        prediction._replace(intervened_at=NEVER) if NEVER < prediction.intervened_at <= at else prediction
        for prediction in state.predictions
    ]


def leave(state: CustomerState, at: float) -> list[Learnt]:
    """Censor every horizon that is still open because the customer left; known complaints keep theirs."""
    now = max(at, state.clock)
    learnt = [one for p in state.predictions if not p.complained_at for one in _censored(p, "left", now)]
    state.predictions = [p for p in state.predictions if p.complained_at]
    return learnt


def _newest_long(waiting: Sequence[PendingPrediction]) -> float:
    """Return when the last prediction was made that waits for the long horizon; `NEVER` where there is none."""
    prediction: PendingPrediction
    for prediction in reversed(waiting):
        if prediction.is_long:
            return prediction.at
    return NEVER


def _look_at(prediction: PendingPrediction, labels: LabelParams) -> float:
    """Return when a prediction must be looked at next: a horizon ends, or the grace after the last one does."""
    ends = ends_of(prediction, labels)
    if prediction.matured <= prediction.is_long:
        return ends[prediction.matured]
    return ends[prediction.is_long] + labels.grace_days * DAY


def _ended(prediction: PendingPrediction, horizon: Horizon, ended_at: float) -> Learnt:
    """Say what one horizon came to."""
    if NEVER < prediction.complained_at <= ended_at:
        return Learnt(prediction, "matured", (horizon,), ended_at, True)
    if NEVER < prediction.intervened_at <= ended_at:
        return Learnt(prediction, "censored", (horizon,), ended_at, censored_by="intervened")
    return Learnt(prediction, "matured", (horizon,), ended_at)


def _reached(prediction: PendingPrediction, labels: LabelParams) -> tuple[tuple[Horizon, ...], tuple[Horizon, ...]]:
    """Return the horizons that the complaint falls into: those that have ended, and those that are open."""
    ends = dict(zip(HORIZONS, ends_of(prediction, labels), strict=True))
    reached = [horizon for horizon in horizons_of(prediction) if prediction.complained_at <= ends[horizon]]
    ended = HORIZONS[: prediction.matured]
    return tuple(h for h in reached if h in ended), tuple(h for h in reached if h not in ended)


def _censored(prediction: PendingPrediction, censored_by: CensoredBy, at: float) -> list[Learnt]:
    """Give up the horizons that are still open."""
    open_horizons = horizons_of(prediction)[prediction.matured :]
    return [Learnt(prediction, "censored", open_horizons, at, censored_by=censored_by)] if open_horizons else []
