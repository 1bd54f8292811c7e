"""Each kind of database, empty or with our tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from sinks.database.store import engine_of
from tests.support.databases import engine_with_tables
from tests.support.postgresql import PostgresqlNode


@pytest.fixture(scope="module")
def node() -> Iterator[PostgresqlNode]:
    with PostgresqlNode() as node:
        yield node


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'foreshock.db'}"
    url: str = request.getfixturevalue("node").new_database()
    return url


@pytest.fixture
def url(empty: str) -> str:
    """Address of a database with our tables."""
    engine_with_tables(empty).dispose()
    return empty


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    """What a console would read with."""
    engine = engine_of(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()
