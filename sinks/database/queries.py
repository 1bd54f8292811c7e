"""What a console asks the database; each question is served by an index, and a test looks at the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, or_, select
from sqlalchemy.sql import Select

from schemas.alerts import LEVELS, Level
from sinks.database.tables import ALERTS, RISK_HISTORY, SUPPRESSIONS, TRANSITIONS

Row = RowMapping
"""One row, by the names of `sinks.database.tables`."""


@dataclass(frozen=True, slots=True)
class AlertHistory:
    """An alert, and how it came to stand as it does."""

    alert: Row
    transitions: Sequence[Row]
    """In their order."""


def open_alerts(
    connection: Connection, unit: str, level: Level = "blue", limit: int = 200, tenant: str | None = None
) -> list[Row]:
    """Return what is open in a unit and below it, the worst and then the oldest first.

    Parameters
    ----------
    connection
        Of the database.
    unit
        Path of the unit, such as `HQ/Guangdong`.
    level
        Lowest level.
    limit
        Most rows.
    tenant
        Whose; without it everybody's.
    """
    return list(connection.execute(open_alerts_query(unit, level, limit, tenant)).mappings().all())


def open_alerts_query(unit: str, level: Level, limit: int, tenant: str | None) -> Select[Any]:
    """Return the statement of `open_alerts`."""
    table = ALERTS.c
    return _open_query(within(table.org_path, unit), level, limit, tenant)


def open_alerts_of_owner(
    connection: Connection, owner: str, level: Level = "blue", limit: int = 200, tenant: str | None = None
) -> list[Row]:
    """Return what is open and somebody answers for, the worst and then the oldest first; `owner` as the file names."""
    return list(connection.execute(owner_query(owner, level, limit, tenant)).mappings().all())


def owner_query(owner: str, level: Level, limit: int, tenant: str | None) -> Select[Any]:
    """Return the statement of `open_alerts_of_owner`."""
    return _open_query(ALERTS.c.owner == owner, level, limit, tenant)


def open_alerts_of_supervisor(
    connection: Connection, unit: str, level: Level = "blue", limit: int = 200, tenant: str | None = None
) -> list[Row]:
    """Return what is open and a unit, or one below it, answers for now: also what has gone up to it from elsewhere."""
    return list(connection.execute(supervisor_query(unit, level, limit, tenant)).mappings().all())


def supervisor_query(unit: str, level: Level, limit: int, tenant: str | None) -> Select[Any]:
    """Return the statement of `open_alerts_of_supervisor`."""
    return _open_query(within(ALERTS.c.supervisor, unit), level, limit, tenant)


def _open_query(whose: ColumnElement[bool], level: Level, limit: int, tenant: str | None) -> Select[Any]:
    """Return the statement for open alerts that meet a condition."""
    table = ALERTS.c
    query = select(ALERTS).where(table.is_open, whose, table.level_rank >= LEVELS.index(level))
    if tenant is not None:
        query = query.where(table.tenant == tenant)
    return query.order_by(table.level_rank.desc(), table.opened_at, table.alert_id).limit(limit)


def alert_history(connection: Connection, alert_id: str) -> AlertHistory | None:
    """Return one alert with its transitions, or `None` if there is none of this id."""
    alert = connection.execute(select(ALERTS).where(ALERTS.c.alert_id == alert_id)).mappings().one_or_none()
    if alert is None:
        return None
    query = select(TRANSITIONS).where(TRANSITIONS.c.alert_id == alert_id).order_by(TRANSITIONS.c.sequence)
    return AlertHistory(alert, list(connection.execute(query).mappings().all()))


def risk_of_customer(connection: Connection, customer_key: str, since: datetime, limit: int = 1_000) -> list[Row]:
    """Return the course of a customer's risk from `since` on, the oldest first; of too many the newest."""
    return list(reversed(connection.execute(risk_query(customer_key, since, limit)).mappings().all()))


def risk_query(customer_key: str, since: datetime, limit: int) -> Select[Any]:
    """Return the statement of `risk_of_customer`."""
    table = RISK_HISTORY.c
    return (
        select(RISK_HISTORY)
        .where(table.customer_key == customer_key, table.at >= since)
        .order_by(
            table.at.desc(), table.journal_partition.desc(), table.journal_offset.desc(), table.journal_line.desc()
        )
        .limit(limit)
    )


def held_back(connection: Connection, since: datetime, until: datetime, unit: str) -> list[Row]:
    """Count what nobody was told of in a unit and below it, by rule, and the alerts that a complaint followed.

    Parameters
    ----------
    connection
        Of the database.
    since, until
        The first moment that counts, and the first that no longer does.
    unit
        Path of the unit.

    Returns
    -------
    list of mappings
        `rule` and `count` of alerts, by rule; `complained_after` are those that a complaint followed.
    """
    return list(connection.execute(held_back_query(since, until, unit)).mappings().all())


def held_back_query(since: datetime, until: datetime, unit: str) -> Select[Any]:
    """Return the statement of `held_back`."""
    table = SUPPRESSIONS.c
    return (
        select(table.rule, func.count(func.distinct(table.alert_id)).label("count"))
        .where(table.at >= since, table.at < until, within(table.org_path, unit))
        .group_by(table.rule)
        .order_by(table.rule)
    )


def counts_per_day(
    connection: Connection, since: datetime, until: datetime, unit: str, offset: timedelta = timedelta(hours=8)
) -> list[Row]:
    """Count alerts by the day on which they opened and by their cause.

    Parameters
    ----------
    connection
        Of the database.
    since, until
        The first moment that counts, and the first that no longer does.
    unit
        Path of the unit; what is below it counts too.
    offset
        How far local time is ahead of UTC: a day begins at local midnight. Eight hours in China.

    Returns
    -------
    list of mappings
        `day` as `2026-01-31`, `cause`, `count`; in this order.
    """
    query = counts_query(connection.dialect.name, since, until, unit, offset)
    return list(connection.execute(query).mappings().all())


def counts_query(dialect: str, since: datetime, until: datetime, unit: str, offset: timedelta) -> Select[Any]:
    """Return the statement of `counts_per_day`."""
    table = ALERTS.c
    day: ColumnElement[Any]
    if dialect == "postgresql":
        day = func.to_char(func.timezone("UTC", table.opened_at) + offset, "YYYY-MM-DD")
    else:
        day = func.date(table.opened_at, f"{offset.total_seconds():+.0f} seconds")
    day = day.label("day")
    return (
        select(day, table.cause, func.count().label("count"))
        .where(table.opened_at >= since, table.opened_at < until, within(table.org_path, unit))
        .group_by(day, table.cause)
        .order_by(day, table.cause)
    )


def within(column: ColumnElement[str], unit: str) -> ColumnElement[bool]:
    """Return the condition that a path is the unit's own or below it, so written that an index serves it."""
    # "0" is what comes after "/": all paths below the unit lie between the two, with some others.
    return and_(
        column >= unit,
        column < f"{unit}0",
        or_(column == unit, column.startswith(f"{unit}/", autoescape=True)),
    )
