"""Which revision a database's tables are of, and how they are brought up to date."""

from __future__ import annotations

import io
import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

VERSION_TABLE = "foreshock_schema"
"""Table that holds the revision."""

# It says at each look that it looks.
logging.getLogger("alembic").setLevel(logging.WARNING)

_MIGRATIONS = Path(__file__).parent / "migrations"


def newest_revision() -> str:
    """Return the revision that this version of Foreshock needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def current_revision(connection: Connection) -> str | None:
    """Return the revision of a database, or `None` if it has no tables of ours."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def schema_problem(connection: Connection) -> tuple[str, str | None]:
    """Say why the tables cannot be used; the text is empty if they can. The revision found comes with it."""
    found, newest = current_revision(connection), newest_revision()
    if found == newest:
        return "", found
    if found is None:
        return "it has no tables of Foreshock: run `foreshock database upgrade`", found
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found in known:
        return (
            f"its tables are of revision {found}, this version needs {newest}: run `foreshock database upgrade`",
            found,
        )
    return (
        f"its tables are of revision {found}, which a newer Foreshock made; this version knows {newest}: "
        "run the newer version here too",
        found,
    )


def upgrade(engine: Engine, to: str = "head") -> tuple[str | None, str]:
    """Bring the tables up to date, or to a revision, in one transaction; returns the revisions before and after."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            # Two pods that start together upgrade one after the other. The number is only ours.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(720150011)")
        before = current_revision(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, to)
        return before, current_revision(connection) or ""


def upgrade_sql(engine: Engine) -> str:
    """Write the statements that make the tables in an empty database, for those who run SQL themselves."""
    written = io.StringIO()
    config = _config(written)
    config.attributes["dialect"] = engine.dialect
    command.upgrade(config, "head", sql=True)
    return written.getvalue()


def _config(output: io.StringIO | None = None) -> Config:
    """Say where the migrations are."""
    config = Config(output_buffer=output or io.StringIO())
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config
