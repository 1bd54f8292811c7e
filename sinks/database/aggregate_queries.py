"""What a console asks about alerts about many customers; each question is served by an index, and a test looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.sql import Select

from schemas.alerts import LEVELS, Cause, Level
from sinks.database.queries import Row, within
from sinks.database.tables import AGGREGATE_MEMBERS, AGGREGATE_TRANSITIONS, AGGREGATES, ALERTS, SUPPRESSIONS


@dataclass(frozen=True, slots=True)
class AggregateHistory:
    """An alert about many customers, how it came to stand as it does, and what it is made of."""

    aggregate: Row
    transitions: Sequence[Row]
    """In their order."""
    members: Sequence[Row]
    """The alerts that its transitions name, each once, those of the newest transition first, then as `members_query`
    says. A transition names at most 20 of its customers' alerts."""


def open_aggregates(
    connection: Connection,
    unit: str,
    level: Level = "blue",
    cause: Cause | None = None,
    limit: int = 200,
    tenant: str | None = None,
) -> list[Row]:
    """Return what is open about customers of a unit and of those below it, the worst first, then the largest.

    What customers of several units have in common is of the lowest unit above all of them.

    Parameters
    ----------
    connection
        Of the database.
    unit
        Path of the unit, such as `HQ/Guangdong`.
    level
        Lowest level.
    cause
        Only of this cause; without it of any.
    limit
        Most rows.
    tenant
        Whose; without it everybody's.
    """
    return list(connection.execute(open_aggregates_query(unit, level, cause, limit, tenant)).mappings().all())


def open_aggregates_query(unit: str, level: Level, cause: Cause | None, limit: int, tenant: str | None) -> Select[Any]:
    """Return the statement of `open_aggregates`."""
    table = AGGREGATES.c
    query = select(AGGREGATES).where(
        table.is_open, within(table.org_path, unit), table.level_rank >= LEVELS.index(level)
    )
    if cause is not None:
        query = query.where(table.cause == cause)
    if tenant is not None:
        query = query.where(table.tenant == tenant)
    order = table.level_rank.desc(), table.customers.desc(), table.opened_at, table.aggregate_id
    return query.order_by(*order).limit(limit)


def aggregate_history(connection: Connection, aggregate_id: str) -> AggregateHistory | None:
    """Return one alert about many with its transitions and members, or `None` if there is none of this id."""
    found = select(AGGREGATES).where(AGGREGATES.c.aggregate_id == aggregate_id)
    aggregate = connection.execute(found).mappings().one_or_none()
    if aggregate is None:
        return None
    transitions = connection.execute(transitions_query(aggregate_id)).mappings().all()
    return AggregateHistory(
        aggregate, list(transitions), list(connection.execute(members_query(aggregate_id)).mappings().all())
    )


def transitions_query(aggregate_id: str) -> Select[Any]:
    """Return the statement for the transitions of an alert about many, in their order."""
    table = AGGREGATE_TRANSITIONS.c
    return select(AGGREGATE_TRANSITIONS).where(table.aggregate_id == aggregate_id).order_by(table.sequence)


def members_query(aggregate_id: str) -> Select[Any]:
    """Return the statement for the alerts that an alert about many names, those that it named last first.

    Each has its `alert_id`; `named_last`, the newest transition that names it; `customer_key`, the pseudonym of its
    customer; and `level`, `transition`, `is_open` and `org_path` as the alert stands. An alert that nobody was told of
    counts too: of it only the customer is known, by what was held back, and the rest is empty.
    """
    member, alert = AGGREGATE_MEMBERS.c, ALERTS.c
    named = (
        select(member.alert_id, func.max(member.sequence).label("named_last"))
        .where(member.aggregate_id == aggregate_id)
        .group_by(member.alert_id)
        .subquery()
    )
    untold = (
        select(func.min(SUPPRESSIONS.c.customer_key))
        .where(SUPPRESSIONS.c.alert_id == named.c.alert_id)
        .scalar_subquery()
    )
    return (
        select(
            *named.c,
            func.coalesce(alert.customer_key, untold).label("customer_key"),
            *(alert[name] for name in ("level", "transition", "is_open", "org_path")),
        )
        .outerjoin_from(named, ALERTS, named.c.alert_id == alert.alert_id)
        .order_by(named.c.named_last.desc(), alert.level_rank.desc().nulls_last(), named.c.alert_id)
    )


def aggregates_of_alert(connection: Connection, alert_id: str) -> list[Row]:
    """Return the alerts about many that name the alert of one customer, what is open first, then the newest."""
    return list(connection.execute(aggregates_of_alert_query(alert_id)).mappings().all())


def aggregates_of_alert_query(alert_id: str) -> Select[Any]:
    """Return the statement of `aggregates_of_alert`."""
    table, member = AGGREGATES.c, AGGREGATE_MEMBERS.c
    naming = select(member.aggregate_id).where(member.alert_id == alert_id)
    order = table.is_open.desc(), table.opened_at.desc(), table.aggregate_id
    return select(AGGREGATES).where(table.aggregate_id.in_(naming)).order_by(*order)
