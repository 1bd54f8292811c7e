"""How many customers are in each stage, and how many alerts are open at each level: in all, and per unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.entries import OpenAlert
from models.memo import Memo
from models.organisation import Organisation
from models.state import FORGOTTEN, CustomerState
from schemas.alerts import LEVELS, STAGES

NO_UNIT = ""
"""Counts of every place that no unit of the organisation is at or above: all of them where it has none."""

_BEFORE_LEVELS = len(STAGES) - 1
"""Added to a level, this is the place of its count: an open alert is at least blue, which is level 1."""
_WIDTH = _BEFORE_LEVELS + len(LEVELS)


class Census:
    """Counts the customers of a partition, each where their row says that they are.

    A count changes with a row and in no other way: it follows from the rows, whatever was replayed, and a customer who
    moves to another unit is counted out of the one and into the other at once.

    Parameters
    ----------
    organisation
        Whose units are told apart. So there are never more counts than it has units, whatever events name.
    """

    def __init__(self, organisation: Organisation) -> None:
        self._organisation = organisation
        self.customers_by_stage = [0] * len(STAGES)
        """How many customers are in each of `STAGES`."""
        self._units: dict[str, list[int]] = {}
        self._counts_at = Memo(self._counts_of)

    @property
    def by_unit(self) -> Mapping[str, Sequence[int]]:
        """Unit to its customers in each of `STAGES`, and then its open alerts at each of `LEVELS` from blue up."""
        return {unit: tuple(counts) for unit, counts in self._units.items()}

    def add(self, org_path: str, stage: int, told_levels: str, count: int = 1) -> None:
        """Count customers in, or out where `count` is below zero.

        Parameters
        ----------
        org_path, stage, told_levels
            As `CustomerState` has them; the forgotten are not counted.
        count
            How many.
        """
        if stage == FORGOTTEN:
            return
        self.customers_by_stage[stage] += count
        counts = self._counts_at[org_path]
        counts[stage] += count
        for level in told_levels:
            counts[_BEFORE_LEVELS + int(level)] += count

    def moved(self, before: CustomerState | None, after: CustomerState) -> None:
        """Count a customer as the new row says, and no longer as the one before did, if there was one."""
        if before is not None:
            if (
                before.stage == after.stage
                and before.told_levels == after.told_levels
                and before.org_path == after.org_path
            ):
                return
            self.add(before.org_path, before.stage, before.told_levels, -1)
        self.add(after.org_path, after.stage, after.told_levels)

    def _counts_of(self, org_path: str) -> list[int]:
        """Return the counts of the unit nearest at or above a place."""
        chain = self._organisation.chain(org_path)
        return self._units.setdefault(chain[0].path if chain else NO_UNIT, [0] * _WIDTH)


def told_levels_of(alerts: Sequence[OpenAlert]) -> str:
    """Write the level of each open alert that the alert topic knows of, one digit each: an index into `LEVELS`.

    Examples
    --------
    >>> told_levels_of([OpenAlert("threat", 0, 4, 0.0, 0, 0.0, 0.0), OpenAlert("unanswered", 1, 2, 0.0, 0, 0.0, 0.0)])
    '42'
    """
    return "".join([str(alert.level) for alert in alerts if alert.told])
