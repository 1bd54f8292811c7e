"""The same aggregate alerts without Kafka: the second core fed by what the first one returns."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from models.aggregates.grouper import Grouper
from models.aggregates.parameters import AggregateParams
from models.outcome import Outcome
from schemas.aggregates import AggregateAlert


class Aggregates:
    """Counts what a replay observes, as the role `group` does.

    Parameters
    ----------
    params
        How to decide; the worker's own give the worker's aggregate alerts byte for byte.
    """

    def __init__(self, params: AggregateParams) -> None:
        self._grouper = Grouper(params)
        self._offsets = count()

    def take(self, outcomes: Iterable[Outcome]) -> list[AggregateAlert]:
        """Take what messages caused; say what follows for groups."""
        return [
            alert
            for outcome in outcomes
            for observation in outcome.observations
            for alert in self._grouper.take(observation, next(self._offsets))
        ]
