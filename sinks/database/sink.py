"""The sinks that write to a database: alerts of one customer and of many, the course of risk, what was held back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from sqlalchemy import Connection

from schemas.aggregates import AggregateAlert
from schemas.alerts import Alert, Risk
from schemas.suppressions import Suppression
from schemas.types import Message
from sinks.database.aggregates import write_aggregates
from sinks.database.history import write_risks
from sinks.database.store import LONGEST, Store
from sinks.database.writing import write_alerts, write_suppressions

M = TypeVar("M", bound=Message)


class TableSink(ABC, Generic[M]):
    """Keeps messages of one kind: each step of deliveries is one transaction, and repeats change nothing.

    Parameters
    ----------
    url
        `sqlite:///file` or `postgresql://user:password@host/name`; its tables are made by `foreshock database upgrade`.
    """

    name: str
    """Short name, from a closed set: each has a consumer group, a position, a lag and dead letters of its own."""

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

    async def deliver(self, message: M, /) -> None:
        """Commit one message.

        Raises
        ------
        SinkUnavailableError
            If the database does not answer, is full, or asks to try again.
        SinkRefusedError
            If it cannot hold this message.
        """
        await self.deliver_together([message])

    async def deliver_together(self, messages: Sequence[M], /) -> None:
        """Commit messages in one transaction."""
        await self._store.run(lambda connection: self._write(connection, messages))

    async def probe(self) -> str:
        """Look whether the database answers, and its tables are ours."""
        return await self._store.check()

    async def close(self) -> None:
        """Let go of the connections."""
        self._store.close()

    @abstractmethod
    def _write(self, connection: Connection, messages: Sequence[M]) -> None:
        """Write messages within a transaction."""


class DatabaseSink(TableSink[Alert]):
    """Keeps every transition of every alert, and how each alert stands."""

    name = "database"

    def _write(self, connection: Connection, messages: Sequence[Alert]) -> None:
        write_alerts(connection, messages)


class RiskHistorySink(TableSink[Risk]):
    """Keeps the course of each customer's risk, thinned to what changed.

    Parameters
    ----------
    url
        As for `TableSink`.
    step
        Change of a probability that is worth a row, in (0, 1].
    """

    name = "risk_history"

    def __init__(self, url: str, step: float) -> None:
        super().__init__(url)
        self._step = step

    def _write(self, connection: Connection, messages: Sequence[Risk]) -> None:
        write_risks(connection, messages, self._step)


class SuppressionsSink(TableSink[Suppression]):
    """Keeps every decision about an alert that nobody was told."""

    name = "suppressions"

    def _write(self, connection: Connection, messages: Sequence[Suppression]) -> None:
        write_suppressions(connection, messages)


class AggregatesSink(TableSink[AggregateAlert]):
    """Keeps every transition of every alert about many customers, how each stands, and which alerts it names."""

    name = "database_aggregates"

    def _write(self, connection: Connection, messages: Sequence[AggregateAlert]) -> None:
        write_aggregates(connection, messages)
