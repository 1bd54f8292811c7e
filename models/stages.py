"""The stage of dissatisfaction: content, dissatisfied (silent), grumbling, complaint, escalated."""

from __future__ import annotations

from models.heat import calm_at, heat_at
from models.moments import DAY, NEVER
from models.params import Params
from models.state import CustomerState

CONTENT, DISSATISFIED, GRUMBLING, COMPLAINT, ESCALATED = range(5)
"""Indices into `schemas.alerts.STAGES`."""


def stage_of(state: CustomerState, at: float, params: Params) -> int:
    """Decide the stage at a time, from evidence and from what was there before.

    Entry and exit differ (hysteresis): a customer becomes dissatisfied at `stages.dissatisfied_heat` and is content
    again only below `stages.calm_heat`.

    Parameters
    ----------
    state
        What is remembered; `state.stage` is the stage until now.
    at
        Seconds since 1970, not before the last change of the state.

    Returns
    -------
    int
        Index into `schemas.alerts.STAGES`.
    """
    stages = params.stages
    if state.complaint_open and at < state.complained_at + stages.complaint_days * DAY:
        return ESCALATED if state.escalated else COMPLAINT
    heat = heat_at(state, at, params)
    if heat < stages.calm_heat:
        return CONTENT
    if state.grumbled_at and at < state.grumbled_at + stages.grumble_days * DAY:
        return GRUMBLING
    if heat >= stages.dissatisfied_heat or state.stage > CONTENT:
        return DISSATISFIED
    return CONTENT


def stage_moments(state: CustomerState, params: Params) -> tuple[float, float, float]:
    """Return the times at which the stage may change if nothing happens; `NEVER` where there is none."""
    if state.stage == CONTENT:
        return NEVER, NEVER, NEVER
    stages = params.stages
    return (
        calm_at(state, params),
        state.grumbled_at + stages.grumble_days * DAY if state.grumbled_at else NEVER,
        state.complained_at + stages.complaint_days * DAY if state.complaint_open else NEVER,
    )
