"""How high a score must be for somebody to be called: the threshold that spends a budget of calls, no more.

The threshold is moved by what was spent: it falls slowly while time passes, and rises with every customer about whom
an alert begins to ask for a call. Over any time the share of customers alerted then differs from the budget by no more
than the threshold has moved, divided by `policy.budget_gain`. While the model is cold rules carry the alerts, and the
threshold waits.
"""

from __future__ import annotations

from collections import Counter

from models.forgetting import lives_of
from models.moments import DAY, NEVER
from models.params import Params
from models.state import CustomerState
from schemas.types import Position

PERIOD_DAYS = 30.0
"""The budget is for so many days, and a customer who was alerted about within them is spent for already."""

SPENDS_KEPT = 3
"""Spends that a row remembers: more cannot lie between two writings of the partition's own row."""


class Budget:
    """The threshold of one partition.

    What one message spends moves the threshold after it, so that it does not matter in which order the message's
    customers are looked at. Rows may be ahead of the partition's own row after a crash: what they spent, and which
    customers began, is then known from the rows and is booked when the replay comes to the same message.

    Parameters
    ----------
    params
        Budget, gain and where the threshold starts.
    """

    def __init__(self, params: Params) -> None:
        self._policy = params.policy
        self.threshold = params.policy.first_threshold
        """Least score that asks for a call, in log-odds of a complaint within 7 days."""
        self.customers = 0
        """Customers known."""
        self._spent_now = 0
        self._spends_ahead: Counter[Position] = Counter()
        self._lives_ahead: Counter[Position] = Counter()

    def restore(self, threshold: float, customers: int) -> None:
        """Take up where the partition's row left off."""
        self.threshold, self.customers = threshold, customers

    def expect(self, state: CustomerState, position: Position) -> None:
        """Expect what a row that is ahead of the partition's position says of messages after it."""
        for at, change in lives_of(state):
            if at > position:
                self._lives_ahead[at] += change
        self._spends_ahead.update(Position(*spent) for spent in state.spent if tuple(spent) > position)

    def born(self) -> None:
        """Count a customer who was not known."""
        self.customers += 1

    def forgotten(self) -> None:
        """Count a customer no longer."""
        self.customers -= 1

    def spend(self, state: CustomerState, at: float, position: Position) -> None:
        """Note that an alert begins to ask for a call; a customer is spent for once in a period."""
        if state.alerted_at == NEVER or at - state.alerted_at >= PERIOD_DAYS * DAY:
            self._spent_now += 1
            state.spent = [*state.spent, (position.offset, position.line)][-SPENDS_KEPT:]
            state.alerted_at = at

    def elapse(self, seconds: float) -> None:
        """Let time pass: what is not spent lowers the threshold."""
        policy = self._policy
        self.threshold -= policy.budget_gain * policy.budget * seconds / (PERIOD_DAYS * DAY)

    def settle(self, position: Position) -> None:
        """Book what a message spent, once it is done."""
        if self._lives_ahead:
            self.customers += self._lives_ahead.pop(position, 0)
        if self._spends_ahead:
            self._spent_now += self._spends_ahead.pop(position, 0)
        if self._spent_now:
            base = max(self.customers, self._policy.budget_customers)
            self.threshold += self._policy.budget_gain * self._spent_now / base
            self._spent_now = 0
