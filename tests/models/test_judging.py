"""What the models make of a customer, and what is usual for that customer."""

from __future__ import annotations

from math import exp2

import pytest

from models.features import CONTRIBUTORS, NAMES
from models.judging import score_customer
from models.moments import DAY
from models.params import Params
from models.risk import Scorer, untrained
from models.state import CustomerState
from schemas.snapshots import ModelWeights, RiskLine, RiskWeights

PARAMS = Params()
HALF_LIFE = PARAMS.memory.slow_half_life_days * DAY


def _weights(positives: int = 0, *names: str) -> ModelWeights:
    """Models in which only the first feature counts: one unit of log-odds each."""
    dense = (1.0, *[0.0] * (len(NAMES) - 1))
    model = RiskWeights(intercept=-3.0, dense=dense, means=(0.0,) * len(NAMES))
    lines = [
        RiskLine(name=name, risk_7d=model.model_copy(update={"intercept": -3.0 - place}), risk_30d=model)
        for place, name in enumerate(names or ("adagrad",))
    ]
    return untrained(PARAMS).model_copy(update={"number": 7, "positives_seen": positives, "lines": tuple(lines)})


def _look(state: CustomerState, first: float, at: float, scorer: Scorer | None = None) -> None:
    state.clock = at
    score_customer(state, (first, *[0.0] * (len(NAMES) - 1)), (), scorer or Scorer(_weights(), PARAMS), PARAMS)


def test_the_first_look_has_no_usual_yet() -> None:
    state = CustomerState()

    _look(state, 2.0, 1e9)

    assert state.contributions[0] == 2.0
    assert state.usual == ()
    assert state.scored_at == 1e9


def test_what_stood_counts_for_as_long_as_it_stood() -> None:
    state = CustomerState()
    _look(state, 2.0, 1e9)
    _look(state, 5.0, 1e9 + HALF_LIFE)
    assert state.usual[0] == pytest.approx(1.0, abs=1e-4)

    _look(state, 0.0, 1e9 + 2 * HALF_LIFE)

    # Half of what was usual, and half of the five that stood since.
    assert state.usual[0] == pytest.approx(3.0, abs=1e-4)
    assert state.contributions[0] == 0.0


def test_many_looks_at_one_moment_make_nothing_usual() -> None:
    state = CustomerState()

    for first in (1.0, 2.0, 3.0):
        _look(state, first, 1e9)

    assert state.usual == ()
    assert state.contributions[0] == 3.0


def test_how_often_one_looks_does_not_matter_to_what_is_usual() -> None:
    seldom, often = CustomerState(), CustomerState()
    for state in (seldom, often):
        _look(state, 2.0, 1e9)

    for day in range(1, 31):
        _look(often, 2.0, 1e9 + day * DAY)
    _look(seldom, 2.0, 1e9 + 30 * DAY)

    # Each look rounds to four decimal places.
    assert often.usual == pytest.approx(seldom.usual, abs=2e-3)
    assert seldom.usual[0] == pytest.approx(2.0 * (1 - exp2(-30 / PARAMS.memory.slow_half_life_days)), abs=1e-4)


def test_a_constant_becomes_usual() -> None:
    state = CustomerState()

    for month in range(60):
        _look(state, 2.0, 1e9 + month * 30 * DAY)

    assert state.usual[0] == pytest.approx(2.0, abs=0.01)
    assert len(state.usual) == len(CONTRIBUTORS)


def test_the_line_in_the_shadow_is_asked_and_does_not_count() -> None:
    state = CustomerState()

    _look(state, 1.0, 1e9, Scorer(_weights(0, "adagrad", "rival"), PARAMS))

    assert (state.learner, state.score_7d) == ("adagrad", -2.0)
    assert state.shadow[:3] == ("rival", -3.0, -2.0)


@pytest.mark.parametrize(("positives", "cold"), [(99, True), (100, False)])
def test_a_model_is_cold_until_it_has_seen_enough_complaints(positives: int, cold: bool) -> None:
    state = CustomerState()

    _look(state, 1.0, 1e9, Scorer(_weights(positives), PARAMS))

    assert state.cold is cold
    assert state.snapshot == 7
