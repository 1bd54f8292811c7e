"""The command `foreshock database`: the tables of the sink `database`, made and brought up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from schemas.errors import ConfigurationError
from streams.settings import load_settings

if TYPE_CHECKING:
    from sqlalchemy import Engine


@click.group("database")
def database() -> None:
    """Make the tables of the database that alerts go to, and bring them up to date.

    The database is the one of FORESHOCK_DATABASE_URL. A worker never changes tables by itself: it refuses to start
    with those of another version.

    \b
      foreshock database status
      foreshock database upgrade
    """  # noqa: D301 - click's own mark


@database.command()
@click.option("--sql", "is_sql", is_flag=True, help="Only write the statements for an empty database.")
def upgrade(is_sql: bool) -> None:
    """Make the tables, or bring them to the revision of this version.

    It can be run again at any time, and by several at once. Rows are kept. With --sql nothing is connected: what is
    written is for those who run statements themselves.
    """
    from sinks.database import migrating

    with _engine() as engine:
        if is_sql:
            click.echo(migrating.upgrade_sql(engine), nl=False)
            return
        before, after = migrating.upgrade(engine)
        where = engine.url.render_as_string(hide_password=True)
    if before == after:
        click.echo(f"{where} is up to date, revision {after}")
    else:
        click.echo(f"{where} is now at revision {after}" + (f", was {before}" if before else ""))


@database.command()
@click.pass_context
def status(ctx: click.Context) -> None:
    """Say whether a worker of this version can use the tables; exit code 1 if it cannot."""
    from sinks.database.migrating import schema_problem

    with _engine() as engine:
        with engine.connect() as connection:
            problem, revision = schema_problem(connection)
        where = engine.url.render_as_string(hide_password=True)
    click.echo(f"{where}: {problem or f'up to date, revision {revision}'}")
    ctx.exit(int(bool(problem)))


@contextmanager
def _engine() -> Iterator[Engine]:
    """Open the database of the settings; what goes wrong there is told in a sentence.

    Raises
    ------
    ConfigurationError
        If the extra is not installed, or the database does not answer or refuses.
    """
    settings = load_settings()
    try:
        from sqlalchemy.exc import SQLAlchemyError

        from sinks.database.store import engine_of
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"this needs {error.name}: install the extra `database`") from error
    engine = engine_of(settings.database_address())
    try:
        yield engine
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise ConfigurationError(f"{engine.url.render_as_string(hide_password=True)}: {why}") from error
    finally:
        engine.dispose()
