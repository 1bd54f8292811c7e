"""Unhappiness fades by event time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.heat import calm_at, decayed, feel, heat_at, recency, warm
from models.moments import DAY, NEVER
from models.params import Params
from models.state import CustomerState

PARAMS = Params()
NOW = 1_770_000_000.0


def test_after_one_half_life_half_is_left() -> None:
    assert decayed(4.0, 7 * DAY, 7.0) == 2.0


@pytest.mark.parametrize(("elapsed", "half_life", "told"), [(-1.0, 7.0, "elapsed_seconds"), (1.0, 0.0, "half_life")])
def test_nonsense_is_refused_by_name(elapsed: float, half_life: float, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        decayed(1.0, elapsed, half_life)


def test_what_never_happened_is_not_fresh_and_what_is_ahead_is() -> None:
    assert recency(NOW, NEVER, 7.0) == 0.0
    assert recency(NOW, NOW, 7.0) == 1.0
    assert recency(NOW, NOW - 7 * DAY, 7.0) == pytest.approx(0.5)
    assert recency(NOW, NOW + DAY, 7.0) == 1.0


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(0.1, 3)), min_size=1, max_size=8))
def test_heat_does_not_depend_on_the_order_of_arrival(warmings: list[tuple[float, float]]) -> None:
    ordered, shuffled = CustomerState(), CustomerState()
    for day, amount in sorted(warmings):
        warm(ordered, amount, NOW + day * DAY, PARAMS)
    for day, amount in warmings:
        warm(shuffled, amount, NOW + day * DAY, PARAMS)

    end = NOW + 31 * DAY
    assert heat_at(ordered, end, PARAMS) == pytest.approx(heat_at(shuffled, end, PARAMS))


def test_the_calm_moment_is_when_heat_has_fallen_below_the_level() -> None:
    state = CustomerState()
    warm(state, 3.0, NOW, PARAMS)

    calm = calm_at(state, PARAMS)

    assert heat_at(state, calm, PARAMS) < PARAMS.stages.calm_heat
    assert heat_at(state, calm - 2.0, PARAMS) > PARAMS.stages.calm_heat


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(-1, 1)), max_size=12))
def test_sentiment_stays_in_range_whatever_arrives(heard: list[tuple[float, float]]) -> None:
    state = CustomerState()
    for day, polarity in heard:
        feel(state, polarity, NOW + day * DAY, PARAMS)

    assert -1.0 <= state.fast <= 1.0
    assert -1.0 <= state.slow <= 1.0
