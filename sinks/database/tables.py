"""The tables, as queries use them; the migrations make them, and a test holds both equal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Write UTC."""
        return value if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Read UTC."""
        if value is None:
            return None
        found: datetime = value
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


ORDERED_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that sorts by its bytes, so that an index finds all that begins alike."""

DOCUMENT = JSON().with_variant(JSONB(), "postgresql")
"""A whole message."""

METADATA = MetaData()

ALERTS = Table(
    "alerts",
    METADATA,
    Column("alert_id", String(36), primary_key=True),
    Column("sequence", Integer, nullable=False, comment="number of the newest transition"),
    Column("transition", Text, nullable=False, comment="the newest transition"),
    Column("at", UtcDateTime, nullable=False, comment="time of the newest transition"),
    Column("is_open", Boolean, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("acknowledged_at", UtcDateTime, comment="since when somebody has it; empty if nobody has"),
    Column("closed_at", UtcDateTime),
    Column("tenant", Text, nullable=False),
    Column("customer_key", Text, nullable=False),
    Column("org_path", ORDERED_TEXT, nullable=False),
    Column("cause", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("level_rank", Integer, nullable=False, comment="0 none, 1 blue, 2 yellow, 3 orange, 4 red"),
    Column("message", DOCUMENT, nullable=False, comment="the newest transition as it is on the topic"),
    Column("owner", Text, comment="who answers for it; empty where nobody is named"),
    Column("supervisor", ORDERED_TEXT, comment="the unit that answers for it"),
)
"""One row per alert: how it stands now."""

TRANSITIONS = Table(
    "alert_transitions",
    METADATA,
    Column("alert_id", String(36), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("transition", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("level", Text, nullable=False),
    Column("message", DOCUMENT, nullable=False, comment="as it is on the topic"),
    Column("owner", Text, comment="who answers for it; empty where nobody is named"),
    Column("supervisor", ORDERED_TEXT, comment="the unit that answers for it"),
)
"""One row per transition; nothing here is ever changed."""

RISK_HISTORY = Table(
    "risk_history",
    METADATA,
    Column("customer_key", Text, primary_key=True),
    Column("at", UtcDateTime, primary_key=True),
    Column("journal_partition", Integer, primary_key=True),
    Column("journal_offset", BigInteger, primary_key=True),
    Column("journal_line", Integer, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("org_path", ORDERED_TEXT, nullable=False),
    Column("stage", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("probability_7d", Float, nullable=False),
    Column("probability_30d", Float, nullable=False),
    Column("heat", Float, nullable=False),
    Column("snapshot", Integer, nullable=False),
)
"""The course of a customer's risk: a row whenever something changed enough."""

SUPPRESSIONS = Table(
    "suppressions",
    METADATA,
    Column("suppression_id", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("alert_id", String(36)),
    Column("tenant", Text, nullable=False),
    Column("customer_key", Text, nullable=False),
    Column("org_path", ORDERED_TEXT, nullable=False),
    Column("cause", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("rule", Text, nullable=False, comment="what held it back"),
    Column("author", Text, nullable=False, comment="who made the rule"),
    Column("message", DOCUMENT, nullable=False),
)
"""One row per alert that was not sent, with the rule that held it back."""

AGGREGATES = Table(
    "aggregates",
    METADATA,
    Column("aggregate_id", String(36), primary_key=True),
    Column("sequence", Integer, nullable=False, comment="number of the newest transition"),
    Column("transition", Text, nullable=False, comment="the newest transition"),
    Column("at", UtcDateTime, nullable=False, comment="time of the newest transition"),
    Column("is_open", Boolean, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("tenant", Text, nullable=False),
    Column("grouped_by", Text, nullable=False, comment="unit, product_line, product or household"),
    Column("group_key", Text, nullable=False, comment="which one; of a household a pseudonym"),
    Column("org_path", ORDERED_TEXT, nullable=False, comment="the lowest unit above all its customers"),
    Column("cause", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("level_rank", Integer, nullable=False, comment="0 none, 1 blue, 2 yellow, 3 orange, 4 red"),
    Column("customers", Integer, nullable=False),
    Column("severe", Integer, nullable=False, comment="customers whose alert is orange or red"),
    Column("usual", Float, comment="customers that the group usually has; empty for households"),
    Column("chance", Float, comment="probability of so many if all were as usual; empty for households"),
    Column("message", DOCUMENT, nullable=False, comment="the newest transition as it is on the topic"),
)
"""One row per alert about many customers: how it stands now."""

AGGREGATE_TRANSITIONS = Table(
    "aggregate_transitions",
    METADATA,
    Column("aggregate_id", String(36), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("transition", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("level", Text, nullable=False),
    Column("customers", Integer, nullable=False),
    Column("severe", Integer, nullable=False, comment="customers whose alert is orange or red"),
    Column("message", DOCUMENT, nullable=False, comment="as it is on the topic"),
)
"""One row per transition of an alert about many; nothing here is ever changed."""

AGGREGATE_MEMBERS = Table(
    "aggregate_members",
    METADATA,
    Column("aggregate_id", String(36), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("place", Integer, primary_key=True, comment="0 is the most urgent one"),
    Column("alert_id", String(36), nullable=False, comment="alert of one customer; not in alerts if nobody was told"),
)
"""One row per alert that a transition names; nothing here is ever changed."""

# Each serves one query of `sinks.database.queries` or `sinks.database.aggregate_queries`.
for _name, _column in (
    ("alerts_open", ALERTS.c.org_path),
    ("alerts_open_of_owner", ALERTS.c.owner),
    ("alerts_open_of_supervisor", ALERTS.c.supervisor),
):
    Index(_name, _column, ALERTS.c.level_rank, sqlite_where=ALERTS.c.is_open, postgresql_where=ALERTS.c.is_open)
Index("alerts_of_customer", ALERTS.c.customer_key, ALERTS.c.opened_at)
Index("alerts_by_day", ALERTS.c.opened_at, ALERTS.c.cause, ALERTS.c.org_path)
Index("suppressions_by_time", SUPPRESSIONS.c.at)
Index("suppressions_of_alert", SUPPRESSIONS.c.alert_id)
Index(
    "aggregates_open",
    AGGREGATES.c.org_path,
    AGGREGATES.c.level_rank,
    sqlite_where=AGGREGATES.c.is_open,
    postgresql_where=AGGREGATES.c.is_open,
)
Index("aggregate_members_of_alert", AGGREGATE_MEMBERS.c.alert_id)
