"""The sinks that write to a database: alerts with their transitions, the course of risk, and what was held back."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.alerts import Alert, Risk
from schemas.suppressions import Suppression
from sinks.database.history import write_risks
from sinks.database.store import LONGEST, Store
from sinks.database.writing import write_alerts, write_suppressions


class DatabaseSink:
    """Keeps every transition of every alert, and how each alert stands.

    Parameters
    ----------
    url
        `sqlite:///file` or `postgresql://user:password@host/name`; its tables are made by `foreshock database upgrade`.
    """

    name = "database"
    longest = LONGEST

    def __init__(self, url: str) -> None:
        self._store = Store(url, self.name)

    async def open(self) -> None:
        """Look whether the tables are ours.

        Raises
        ------
        SinkUnavailableError
            If the database does not answer.
        ConfigurationError
            If its tables are missing, older or newer than this version needs.
        """
        await self._store.check()

    async def deliver(self, alert: Alert) -> None:
        """Commit the transition.

        Raises
        ------
        SinkUnavailableError
            If the database does not answer, is full, or asks to try again.
        SinkRefusedError
            If it cannot hold this alert.
        """
        await self.deliver_together([alert])

    async def deliver_together(self, alerts: Sequence[Alert]) -> None:
        """Commit transitions in one transaction."""
        await self._store.run(lambda connection: write_alerts(connection, alerts))

    async def probe(self) -> str:
        """Look whether the database answers, and its tables are ours."""
        return await self._store.check()

    async def close(self) -> None:
        """Let go of the connections."""
        self._store.close()


class RiskHistorySink:
    """Keeps the course of each customer's risk, thinned to what changed.

    Parameters
    ----------
    url
        As for `DatabaseSink`.
    step
        Change of a probability that is worth a row, in (0, 1].
    """

    name = "risk_history"
    longest = LONGEST

    def __init__(self, url: str, step: float) -> None:
        self._store = Store(url, self.name)
        self._step = step

    async def open(self) -> None:
        """Look whether the tables are ours, as `DatabaseSink.open` does."""
        await self._store.check()

    async def deliver(self, risk: Risk) -> None:
        """Commit the belief, if it differs enough from the last one that was kept."""
        await self.deliver_together([risk])

    async def deliver_together(self, risks: Sequence[Risk]) -> None:
        """Commit what differs in one transaction."""
        await self._store.run(lambda connection: write_risks(connection, risks, self._step))

    async def close(self) -> None:
        """Let go of the connections."""
        self._store.close()


class SuppressionsSink:
    """Keeps every decision about an alert that nobody was told.

    Parameters
    ----------
    url
        As for `DatabaseSink`.
    """

    name = "suppressions"
    longest = LONGEST

    def __init__(self, url: str) -> None:
        self._store = Store(url, self.name)

    async def open(self) -> None:
        """Look whether the tables are ours, as `DatabaseSink.open` does."""
        await self._store.check()

    async def deliver(self, held_back: Suppression) -> None:
        """Commit the decision."""
        await self.deliver_together([held_back])

    async def deliver_together(self, held_back: Sequence[Suppression]) -> None:
        """Commit decisions in one transaction."""
        await self._store.run(lambda connection: write_suppressions(connection, held_back))

    async def close(self) -> None:
        """Let go of the connections."""
        self._store.close()
