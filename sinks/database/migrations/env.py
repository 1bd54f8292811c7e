"""What Alembic runs: `sinks.database.migrating` hands over the connection, or the dialect to write SQL for."""

from __future__ import annotations

from alembic import context

from sinks.database.migrating import VERSION_TABLE
from sinks.database.tables import METADATA

_given = context.config.attributes

if "connection" in _given:
    context.configure(connection=_given["connection"], target_metadata=METADATA, version_table=VERSION_TABLE)
else:
    context.configure(
        dialect_name=_given["dialect"].name,
        target_metadata=METADATA,
        version_table=VERSION_TABLE,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )

with context.begin_transaction():
    context.run_migrations()
