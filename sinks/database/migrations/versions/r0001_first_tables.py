"""Alerts, transitions, the course of risk, suppressions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

# Written out, not taken from `sinks.database.tables`: a migration stays as it was when the tables move on.
_MOMENT = sa.DateTime(timezone=True)
_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "alerts",
        sa.Column("alert_id", sa.String(36), primary_key=True),
        sa.Column("sequence", sa.Integer, nullable=False, comment="number of the newest transition"),
        sa.Column("transition", sa.Text, nullable=False, comment="the newest transition"),
        sa.Column("at", _MOMENT, nullable=False, comment="time of the newest transition"),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("acknowledged_at", _MOMENT, comment="since when somebody has it; empty if nobody has"),
        sa.Column("closed_at", _MOMENT),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("customer_key", sa.Text, nullable=False),
        sa.Column("org_path", _ORDERED, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("level_rank", sa.Integer, nullable=False, comment="0 none, 1 blue, 2 yellow, 3 orange, 4 red"),
        sa.Column("message", _DOCUMENT, nullable=False, comment="the newest transition as it is on the topic"),
    )
    op.create_index(
        "alerts_open",
        "alerts",
        ["org_path", "level_rank"],
        sqlite_where=sa.text("is_open"),
        postgresql_where=sa.text("is_open"),
    )
    op.create_index("alerts_of_customer", "alerts", ["customer_key", "opened_at"])
    op.create_index("alerts_by_day", "alerts", ["opened_at", "cause", "org_path"])
    op.create_table(
        "alert_transitions",
        sa.Column("alert_id", sa.String(36), primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("transition", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("message", _DOCUMENT, nullable=False, comment="as it is on the topic"),
    )
    op.create_table(
        "risk_history",
        sa.Column("customer_key", sa.Text, primary_key=True),
        sa.Column("at", _MOMENT, primary_key=True),
        sa.Column("journal_partition", sa.Integer, primary_key=True),
        sa.Column("journal_offset", sa.BigInteger, primary_key=True),
        sa.Column("journal_line", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("org_path", _ORDERED, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("probability_7d", sa.Float, nullable=False),
        sa.Column("probability_30d", sa.Float, nullable=False),
        sa.Column("heat", sa.Float, nullable=False),
        sa.Column("snapshot", sa.Integer, nullable=False),
    )
    op.create_table(
        "suppressions",
        sa.Column("suppression_id", sa.Text, primary_key=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("alert_id", sa.String(36)),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("customer_key", sa.Text, nullable=False),
        sa.Column("org_path", _ORDERED, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False, comment="what held it back"),
        sa.Column("author", sa.Text, nullable=False, comment="who made the rule"),
        sa.Column("message", _DOCUMENT, nullable=False),
    )
    op.create_index("suppressions_by_time", "suppressions", ["at"])
    op.create_index("suppressions_of_alert", "suppressions", ["alert_id"])


def downgrade() -> None:
    """Drop the tables, and with them what they hold."""
    for table in ("suppressions", "risk_history", "alert_transitions", "alerts"):
        op.drop_table(table)
