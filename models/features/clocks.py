"""Features of the time that the law gives the customer's open complaint: how near its nearest clock is.

All are zero where no pack is in force, or no complaint is open: they then add exactly nothing. They need no scale of
their own to be found, because the law gives them one: a share of a time limit means the same for everybody.
"""

from __future__ import annotations

from math import log1p

from models.clocks.running import is_speaking, pressing
from models.moments import DAY
from models.state import CustomerState

NAMES = {
    "clock_used": "share of the nearest statutory clock's time that is used up, 0 to 1; 0 where no clock runs",
    "clock_near": "nearness of its end, 1 / (1 + days left): 1 once it is over, .5 a day before",
    "clocks_over": "statutory clocks of the open complaint that are over, ln(1 + n)",
}

SCORECARD = ("clock_used",)
"""What rules count before anything is learned. A complaint that ages towards its limit becomes one to the regulator;
at the usual weight of an item the odds are 1.8 times as high at the limit as on the day of receipt: no more than a
third transfer says."""


def values(state: CustomerState, at: float) -> tuple[float, ...]:
    """Compute the family at a time, in the order of `NAMES`."""
    running = [clock for clock in state.clocks if is_speaking(clock, at)]
    if not running:
        return 0.0, 0.0, 0.0
    clock = pressing(running, at)
    left = max(0.0, clock.due_at - at)
    return (
        min(1.0, max(0.0, at - clock.began_at) / (clock.due_at - clock.began_at)),
        1.0 / (1.0 + left / DAY),
        log1p(sum(each.due_at <= at for each in running)),
    )
