"""Who answers for an alert: the owner and the unit that supervises it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_TABLES = ("alerts", "alert_transitions")


def upgrade() -> None:
    """Add the columns, fill them from the messages, and make the indexes."""
    for table in _TABLES:
        op.add_column(table, sa.Column("owner", sa.Text, comment="who answers for it; empty where nobody is named"))
        op.add_column(table, sa.Column("supervisor", _ORDERED, comment="the unit that answers for it"))
        op.execute(_filled(table, op.get_context().dialect.name))
    for name, columns in (
        ("alerts_open_of_owner", ["owner", "level_rank"]),
        ("alerts_open_of_supervisor", ["supervisor", "level_rank"]),
    ):
        op.create_index(name, "alerts", columns, sqlite_where=sa.text("is_open"), postgresql_where=sa.text("is_open"))


def downgrade() -> None:
    """Drop them; the messages keep both."""
    op.drop_index("alerts_open_of_supervisor", "alerts")
    op.drop_index("alerts_open_of_owner", "alerts")
    for table in _TABLES:
        op.drop_column(table, "supervisor")
        op.drop_column(table, "owner")


def _filled(table: str, dialect: str) -> str:
    """Write the statement that takes both from the messages that are there."""
    taken = "message->>'{}'" if dialect == "postgresql" else "json_extract(message, '$.{}')"
    owner, supervisor = taken.format("owner"), taken.format("supervisor")
    return f"UPDATE {table} SET owner = {owner}, supervisor = {supervisor}"  # noqa: S608 - names of ours alone
