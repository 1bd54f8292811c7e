"""A database: how it is reached, whether its tables are ours, and what its errors mean for an alert."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from schemas.errors import ConfigurationError, SinkRefusedError, SinkUnavailableError
from sinks.database.migrating import schema_problem

T = TypeVar("T")

DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgresql+psycopg": "postgresql+psycopg"}
"""What may stand before `://`, and the driver that then serves."""

# A database that is up answers these small statements in milliseconds; one that hangs must not hold us for ever.
_CONNECT_SECONDS = 5
_STATEMENT_SECONDS = 15
_POSTGRESQL_OPTIONS = {
    "connect_timeout": _CONNECT_SECONDS,
    "options": f"-c statement_timeout={_STATEMENT_SECONDS * 1000} -c lock_timeout={_STATEMENT_SECONDS * 1000}",
    "tcp_user_timeout": _STATEMENT_SECONDS * 1000,
    "application_name": "foreshock",
}
_SOON = timedelta(seconds=1)

LONGEST = timedelta(seconds=_CONNECT_SECONDS + 5 * _STATEMENT_SECONDS)
"""Longest time that a transaction of ours can take: a look at the connection, three statements and the commit."""


def engine_of(url: str) -> Engine:
    """Make an engine; nothing is connected.

    Parameters
    ----------
    url
        `sqlite:///file` or `postgresql://user:password@host/name`.

    Raises
    ------
    ConfigurationError
        If it is none of these; a password is not shown.
    """
    try:
        parsed = make_url(url)
        driver = DRIVERS[parsed.drivername]
    except (ArgumentError, KeyError) as error:
        raise ConfigurationError(
            "FORESHOCK_DATABASE_URL must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
        ) from error
    try:
        return _engine(parsed.set(drivername=driver))
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise ConfigurationError(
            "PostgreSQL needs psycopg, which is not installed: install the extra `database`"
        ) from error


def _engine(url: URL) -> Engine:
    """Make an engine with what its kind of database needs."""
    if url.get_backend_name() == "postgresql":
        return create_engine(url, pool_pre_ping=True, pool_size=2, connect_args=_POSTGRESQL_OPTIONS)
    engine = create_engine(url, connect_args={"timeout": _STATEMENT_SECONDS})

    @event.listens_for(engine, "connect")
    def _set_up(connection: object, _: object) -> None:
        # Readers and the writer do not wait for each other, and what is committed is on the disk.
        connection.execute("PRAGMA journal_mode=WAL")  # type: ignore[attr-defined]
        connection.execute("PRAGMA synchronous=FULL")  # type: ignore[attr-defined]

    return engine


class Store:
    """One database with a thread of its own: a database that hangs holds up nobody else.

    Parameters
    ----------
    url
        As for `engine_of`.
    sink
        Who writes, for errors.
    """

    def __init__(self, url: str, sink: str) -> None:
        self._sink = sink
        self._engine = engine_of(url)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"sink-{sink}")

    @property
    def dialect(self) -> str:
        """Kind of database: `sqlite` or `postgresql`."""
        return self._engine.dialect.name

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Do something in one transaction; returns once it is committed.

        Raises
        ------
        SinkUnavailableError
            If the database does not answer, is full, or asks to try again.
        SinkRefusedError
            If it will never take this.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work)

    async def check(self) -> str:
        """Look whether the tables are ours; returns what was found.

        Raises
        ------
        SinkUnavailableError
            If the database does not answer.
        ConfigurationError
            If its tables are missing, older or newer than this version needs.
        """
        problem, revision = await self.run(schema_problem)
        if problem:
            raise ConfigurationError(f"database {self.where}: {problem}")
        return f"{self.where} answers, tables are at revision {revision}"

    @property
    def where(self) -> str:
        """The address, without its password."""
        return self._engine.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Let go of the connections."""
        self._engine.dispose()
        self._thread.shutdown(wait=False)

    def _run(self, work: Callable[[Connection], T]) -> T:
        """Do something in one transaction, on the thread."""
        try:
            with self._engine.begin() as connection:
                return work(connection)
        except PoolTimeoutError as error:
            raise SinkUnavailableError(self._sink, _SOON, "no free connection") from error
        except DBAPIError as error:
            # The text of a driver's error may quote a row: only its class is told.
            why = type(error.orig).__name__ if error.orig else type(error).__name__
            if _can_pass(error):
                raise SinkUnavailableError(self._sink, _SOON, why) from error
            raise SinkRefusedError(self._sink, why) from error
        except SQLAlchemyError as error:
            raise SinkRefusedError(self._sink, type(error).__name__) from error


def _can_pass(error: DBAPIError) -> bool:
    """Whether trying again can help: it was about the connection, a lock or room, not about the row."""
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        # PostgreSQL's classes: 08 connection, 25 read-only, 40 rollback, 53 resources, 55 locked, 57 shut down
        # or timed out, 58 system.
        return str(state)[:2] in {"08", "25", "40", "53", "55", "57", "58"}
    return type(error).__name__ in {"OperationalError", "InterfaceError"}
