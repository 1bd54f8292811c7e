"""Alerts about many customers, their transitions, and the alerts that these name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

# Written out, not taken from `sinks.database.tables`: a migration stays as it was when the tables move on.
_MOMENT = sa.DateTime(timezone=True)
_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables; what the topic still holds comes into them by itself, because its reader is new."""
    op.create_table(
        "aggregates",
        sa.Column("aggregate_id", sa.String(36), primary_key=True),
        sa.Column("sequence", sa.Integer, nullable=False, comment="number of the newest transition"),
        sa.Column("transition", sa.Text, nullable=False, comment="the newest transition"),
        sa.Column("at", _MOMENT, nullable=False, comment="time of the newest transition"),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("closed_at", _MOMENT),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("grouped_by", sa.Text, nullable=False, comment="unit, product_line, product or household"),
        sa.Column("group_key", sa.Text, nullable=False, comment="which one; of a household a pseudonym"),
        sa.Column("org_path", _ORDERED, nullable=False, comment="the lowest unit above all its customers"),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("level_rank", sa.Integer, nullable=False, comment="0 none, 1 blue, 2 yellow, 3 orange, 4 red"),
        sa.Column("customers", sa.Integer, nullable=False),
        sa.Column("severe", sa.Integer, nullable=False, comment="customers whose alert is orange or red"),
        sa.Column("usual", sa.Float, comment="customers that the group usually has; empty for households"),
        sa.Column("chance", sa.Float, comment="probability of so many if all were as usual; empty for households"),
        sa.Column("message", _DOCUMENT, nullable=False, comment="the newest transition as it is on the topic"),
    )
    op.create_index(
        "aggregates_open",
        "aggregates",
        ["org_path", "level_rank"],
        sqlite_where=sa.text("is_open"),
        postgresql_where=sa.text("is_open"),
    )
    op.create_table(
        "aggregate_transitions",
        sa.Column("aggregate_id", sa.String(36), primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("transition", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("customers", sa.Integer, nullable=False),
        sa.Column("severe", sa.Integer, nullable=False, comment="customers whose alert is orange or red"),
        sa.Column("message", _DOCUMENT, nullable=False, comment="as it is on the topic"),
    )
    op.create_table(
        "aggregate_members",
        sa.Column("aggregate_id", sa.String(36), primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True, comment="0 is the most urgent one"),
        sa.Column(
            "alert_id", sa.String(36), nullable=False, comment="alert of one customer; not in alerts if nobody was told"
        ),
    )
    op.create_index("aggregate_members_of_alert", "aggregate_members", ["alert_id"])


def downgrade() -> None:
    """Drop the tables, and with them what they hold; alerts of one customer stay as they are."""
    for table in ("aggregate_members", "aggregate_transitions", "aggregates"):
        op.drop_table(table)
