"""Databases with our tables, and how they would answer."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine

from sinks.database.migrating import upgrade
from sinks.database.store import engine_of


def engine_with_tables(url: str) -> Engine:
    """Make our tables in a database; whoever asks disposes of the engine."""
    engine = engine_of(url)
    upgrade(engine)
    return engine


def explained(connection: Connection, question: Any) -> str:
    """The plan of a statement in PostgreSQL."""
    written = question.compile(connection)
    rows = connection.exec_driver_sql(f"EXPLAIN {written}", written.params)
    return "\n".join(row[0] for row in rows)
