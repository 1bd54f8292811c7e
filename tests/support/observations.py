"""Observations for tests, and a reader of them that may be killed at any moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from models.aggregates.grouper import Grouper
from models.aggregates.parameters import AggregateParams
from schemas.aggregates import AggregateAlert
from schemas.observations import Evidence, Watermark
from tests.support.events import START

SMALL = AggregateParams(warm_up_days=0, improbable=0.9, orange_below=0.0001, calm_above=0.95)
"""What needs no history: a count alone opens."""


def hour(number: float) -> datetime:
    """So many hours after the start."""
    return START + timedelta(hours=number)


def evidence(customer: str = "a", at: float = 0.0, **given: Any) -> Evidence:
    """One alert of a customer, so many hours after the start; its id follows from the customer unless given."""
    values: dict[str, Any] = {
        "alert_id": f"alert-{customer}",
        "sequence": 0,
        "transition": "opened",
        "cause": "claim_stalled",
        "level": "yellow",
        "clock": hour(at),
        "customer_key": customer,
        "tenant": "default",
        "org_path": "HQ/South/Shenzhen",
        "position": (0, int(at * 3600), 0),
    }
    return Evidence(**values | given)


def watermark(at: float, partition: int = 0, partitions: int = 1) -> Watermark:
    """A partition has come so many hours."""
    return Watermark(
        partition=partition, partitions=partitions, clock=hour(at), position=(partition, int(at * 3600), 0)
    )


def aggregates(observations: Iterable[Evidence | Watermark], params: AggregateParams = SMALL) -> list[AggregateAlert]:
    """What a grouper says of them."""
    grouper = Grouper(params)
    return [alert for offset, each in enumerate(observations) for alert in grouper.take(each, offset)]


class KilledReader:
    """Reads a topic as the worker does: outputs, then rows, then on; killed whenever it is told."""

    def __init__(self, topic: Sequence[Evidence | Watermark], params: AggregateParams = SMALL) -> None:
        self.told: list[AggregateAlert] = []
        """Everything that was said, repeats and all."""
        self.rows: dict[bytes, bytes] = {}
        """What the compacted topic holds."""
        self._topic = topic
        self._params = params
        self._begin()

    def read(self, count: int, *, dies_after: int | None = None) -> bool:
        """Take so many observations; with `dies_after`, so many rows are written and then the process is killed.

        Returns whether there is more to read.
        """
        end = min(len(self._topic), self._at + count)
        for offset in range(self._at, end):
            self.told += self.grouper.take(self._topic[offset], offset)
        self._at = end
        rows = list(self.grouper.take_rows().items())
        for key, row in rows if dies_after is None else rows[:dies_after]:
            if row is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = row
        if dies_after is not None:
            self._begin()
        return self._at < len(self._topic)

    def _begin(self) -> None:
        self.grouper = Grouper(self._params)
        self._at = self.grouper.restore(self.rows.items())
