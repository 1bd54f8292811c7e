"""The budget of calls: the threshold follows from what was spent, and no more is spent than it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.budget import PERIOD_DAYS, SPENDS_KEPT, Budget
from models.moments import DAY
from models.parameters.policy import PolicyParams
from models.params import Params
from models.state import CustomerState
from schemas.types import Position

POLICY = PolicyParams(budget=0.05, budget_customers=200, budget_gain=40.0, first_threshold=-3.0)
PARAMS = Params(policy=POLICY)

scores = st.lists(st.tuples(st.floats(0, 5), st.integers(0, 199), st.floats(-8, 2)), max_size=400)


def _budget() -> Budget:
    return Budget(PARAMS)


def test_it_starts_at_the_first_threshold() -> None:
    assert _budget().threshold == -3.0


def test_time_lowers_the_threshold_by_what_the_budget_allows() -> None:
    budget = _budget()

    budget.elapse(PERIOD_DAYS * DAY)

    # .05 of the customers within a period, times the gain.
    assert budget.threshold == pytest.approx(-3.0 - 40.0 * 0.05)


def test_an_alert_raises_it_after_its_message_by_its_share_of_the_customers() -> None:
    budget = _budget()

    budget.spend(CustomerState(), 1e9, Position(0, 0))
    assert budget.threshold == -3.0
    budget.settle(Position(0, 0))

    assert budget.threshold == pytest.approx(-3.0 + 40.0 / 200)


def test_spending_as_much_as_the_budget_leaves_the_threshold_where_it_was() -> None:
    budget = _budget()

    for number in range(10):  # 5 % of 200 customers
        budget.spend(CustomerState(), 1e9 + number, Position(number, 0))
        budget.settle(Position(number, 0))
    budget.elapse(PERIOD_DAYS * DAY)

    assert budget.threshold == pytest.approx(-3.0)


def test_a_partition_with_more_customers_than_the_least_counts_them() -> None:
    budget = _budget()
    for _ in range(1_000):
        budget.born()

    budget.spend(CustomerState(), 1e9, Position(0, 0))
    budget.settle(Position(0, 0))

    assert budget.threshold == pytest.approx(-3.0 + 40.0 / 1_000)


def test_a_customer_is_spent_for_once_in_a_period() -> None:
    budget, state = _budget(), CustomerState()

    for number, day in enumerate((0.0, 1.0, 29.9, 30.0, 59.0)):
        budget.spend(state, 1e9 + day * DAY, Position(number, 0))
        budget.settle(Position(number, 0))

    assert state.spent == [(0, 0), (3, 0)]
    assert budget.threshold == pytest.approx(-3.0 + 2 * 40.0 / 200)


def test_a_row_remembers_the_last_spends_only() -> None:
    budget, state = _budget(), CustomerState()

    for number in range(9):
        budget.spend(state, 1e9 + number * PERIOD_DAYS * DAY, Position(number, 0))

    assert state.spent == [(number, 0) for number in range(9 - SPENDS_KEPT, 9)]


def test_what_rows_ahead_have_spent_is_booked_when_their_message_comes() -> None:
    """As after a crash: the partition's own row is at 4, two customers' rows are further on."""
    known, born = CustomerState(spent=[(2, 0), (5, 0)], lives=[(1, 0)]), CustomerState(spent=[(6, 1)], lives=[(6, 1)])
    budget = _budget()
    budget.restore(-2.5, 1_000)
    for state in (known, born):
        budget.expect(state, Position(4, 0))

    thresholds = []
    for position in (Position(5, 0), Position(6, 0), Position(6, 1), Position(7, 0)):
        budget.settle(position)
        thresholds.append(budget.threshold)

    assert thresholds == pytest.approx([-2.46, -2.46, -2.46 + 40.0 / 1_001, -2.46 + 40.0 / 1_001])
    assert budget.customers == 1_001


@given(scores)
def test_over_any_time_the_share_alerted_differs_from_the_budget_by_the_move_of_the_threshold(
    looks: list[tuple[float, int, float]],
) -> None:
    """The law that the module states, for any scores at any times: nothing about them is assumed."""
    budget, states, now = _budget(), [CustomerState() for _ in range(200)], 1e9
    spent, thresholds, moments = [0], [budget.threshold], [now]
    for number, (days, customer, score) in enumerate(looks):
        now += days * DAY
        budget.elapse(days * DAY)
        before = len(states[customer].spent), states[customer].alerted_at
        if score >= budget.threshold:
            budget.spend(states[customer], now, Position(number, 0))
        budget.settle(Position(number, 0))
        spent.append(spent[-1] + (before != (len(states[customer].spent), states[customer].alerted_at)))
        thresholds.append(budget.threshold)
        moments.append(now)

    for first in (0, len(looks) // 2):
        share = (spent[-1] - spent[first]) / 200
        allowed = POLICY.budget * (moments[-1] - moments[first]) / (PERIOD_DAYS * DAY)
        moved = (thresholds[-1] - thresholds[first]) / POLICY.budget_gain
        assert share - allowed == pytest.approx(moved, abs=1e-6)


@given(scores)
def test_no_more_is_spent_than_the_budget_and_a_bound(looks: list[tuple[float, int, float]]) -> None:
    """Scores end somewhere (here at 2), and with them the threshold: what is spent too much is bounded for ever."""
    budget, states, now = _budget(), [CustomerState() for _ in range(200)], 1e9
    for number, (days, customer, score) in enumerate(looks):
        now += days * DAY
        budget.elapse(days * DAY)
        if score >= budget.threshold:
            budget.spend(states[customer], now, Position(number, 0))
        budget.settle(Position(number, 0))

    share = sum(len(state.spent) for state in states) / 200
    most = (2.0 - POLICY.first_threshold) / POLICY.budget_gain + 1 / 200
    assert share <= POLICY.budget * (now - 1e9) / (PERIOD_DAYS * DAY) + most + 1e-9
