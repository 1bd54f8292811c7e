"""How warm a customer's recent unhappiness still is, and how their mood moves: both by event time."""

from __future__ import annotations

from math import exp2, log2

from models.moments import DAY, NEVER
from models.params import Params
from models.state import CustomerState

FAST_GAIN = 0.5
"""Weight of one new text in fast sentiment: two contacts in a row decide it."""

SLOW_GAIN = 0.1
"""Weight of one new text in slow sentiment: about ten contacts make a normal."""


def decayed(value: float, elapsed_seconds: float, half_life_days: float) -> float:
    """Cool a value down by the time that has passed: after one half-life, half of it is left.

    Parameters
    ----------
    value
        What there was.
    elapsed_seconds
        Event time since then. Never wall-clock time, so that a replay gives the same answer as the live stream.
    half_life_days
        Time to halve, in days. Must be positive.

    Raises
    ------
    ValueError
        If `elapsed_seconds` is negative or `half_life_days` is not positive.

    Examples
    --------
    >>> decayed(4.0, elapsed_seconds=7 * 86_400.0, half_life_days=7.0)
    2.0
    """
    if elapsed_seconds < 0:
        raise ValueError(f"elapsed_seconds must not be negative, got {elapsed_seconds}")
    if half_life_days <= 0:
        raise ValueError(f"half_life_days must be positive, got {half_life_days}")
    return value * exp2(-elapsed_seconds / (half_life_days * DAY))


def recency(at: float, then: float, half_life_days: float) -> float:
    """Say how fresh something is: 1 now, one half after a half-life, 0 if it never happened."""
    if not then:
        return 0.0
    return exp2((then - at) / (half_life_days * DAY)) if then <= at else 1.0


def heat_at(state: CustomerState, at: float, params: Params) -> float:
    """Return dissatisfaction heat at a time not before the last change, in complaint-equivalents."""
    return decayed(state.heat, max(0.0, at - state.heat_at), params.memory.heat_half_life_days)


def warm(state: CustomerState, amount: float, at: float, params: Params) -> None:
    """Add heat for something that happened at `at`; if that is in the past, it has cooled since."""
    now = max(state.heat_at, at)
    half_life = params.memory.heat_half_life_days
    state.heat = decayed(state.heat, now - state.heat_at, half_life) + decayed(amount, now - at, half_life)
    state.heat_at = now


def cool(state: CustomerState, share: float, at: float, params: Params) -> None:
    """Take a share (0 to 1) of the heat away."""
    now = max(state.heat_at, at)
    state.heat = decayed(state.heat, now - state.heat_at, params.memory.heat_half_life_days) * (1.0 - share)
    state.heat_at = now


def calm_at(state: CustomerState, params: Params) -> float:
    """Return when heat will have fallen below the calm level if nothing happens; `NEVER` if it is there already."""
    calm = params.stages.calm_heat
    if state.heat <= calm:
        return NEVER
    # One second more: at the exact crossing, rounding decides whether heat is still at the level.
    return state.heat_at + params.memory.heat_half_life_days * DAY * log2(state.heat / calm) + 1.0


def feel(state: CustomerState, polarity: float, at: float, params: Params) -> None:
    """Move fast and slow sentiment towards what was just heard; a late text counts for less."""
    memory = params.memory
    now = max(state.spoke_at, at)
    for name, gain, half_life in (
        ("fast", FAST_GAIN, memory.fast_half_life_days),
        ("slow", SLOW_GAIN, memory.slow_half_life_days),
    ):
        before = decayed(getattr(state, name), now - state.spoke_at, half_life) if state.spoke_at else 0.0
        weight = decayed(gain, now - at, half_life)
        setattr(state, name, before * (1.0 - weight) + weight * polarity)
    state.spoke_at = now
