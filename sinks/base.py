"""The one thing every sink can do, and the three promises that come with it."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from schemas.alerts import Alert


@runtime_checkable
class Sink(Protocol):
    """A place alerts go.

    Every sink keeps the same three promises, and `tests/contracts/test_sinks.py` checks them:

    1. `deliver` returns only when the destination has the alert.
    2. Delivering the same `(alert_id, sequence)` twice leaves one alert at the destination.
    3. Every failure is a `SinkError`, and its `retriable` flag tells the truth.
    """

    name: str
    """Short name, a label of metrics: from a closed set."""

    async def deliver(self, alert: Alert) -> None:
        """Hand over one transition of an alert."""

    async def close(self) -> None:
        """Let go of files and connections; delivering afterwards is an error."""
