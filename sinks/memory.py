"""A sink that remembers: for tests and for the demo's live view."""

from __future__ import annotations

from collections import OrderedDict

from schemas.alerts import Alert


class MemorySink:
    """Keeps the newest alerts in memory.

    Parameters
    ----------
    capacity
        How many to keep; the oldest give way.
    """

    name = "memory"

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._alerts: OrderedDict[tuple[str, int], Alert] = OrderedDict()

    @property
    def delivered(self) -> list[Alert]:
        """Alerts in the order of their first delivery."""
        return list(self._alerts.values())

    async def deliver(self, alert: Alert) -> None:
        """Remember the alert, once."""
        self._alerts.setdefault((alert.alert_id, alert.sequence), alert)
        while len(self._alerts) > self._capacity:
            self._alerts.popitem(last=False)

    async def close(self) -> None:
        """Nothing to let go of."""
