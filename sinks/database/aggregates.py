"""Rows from alerts about many customers, written so that any order, and any repeat, leaves the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from schemas.aggregates import AggregateAlert
from schemas.alerts import LEVELS
from sinks.database.tables import AGGREGATE_MEMBERS, AGGREGATE_TRANSITIONS, AGGREGATES
from sinks.database.writing import insert_of

# What the id is derived from: the same in every transition.
_FIXED = frozenset({"aggregate_id", "opened_at", "tenant", "grouped_by", "group_key", "cause"})


def write_aggregates(connection: Connection, alerts: Sequence[AggregateAlert]) -> None:
    """Write transitions, the alerts that they name, and how each alert about many stands after them."""
    transitions = insert_of(connection, AGGREGATE_TRANSITIONS)
    connection.execute(transitions.on_conflict_do_nothing(), [_transition_row(alert) for alert in alerts])
    if named := [row for alert in alerts for row in _member_rows(alert)]:
        connection.execute(insert_of(connection, AGGREGATE_MEMBERS).on_conflict_do_nothing(), named)
    states = insert_of(connection, AGGREGATES)
    given, kept = states.excluded, AGGREGATES.c
    connection.execute(
        states.on_conflict_do_update(
            index_elements=[kept.aggregate_id],
            set_={column.name: given[column.name] for column in kept if column.name not in _FIXED},
            # What comes a second time, or late, must not turn the alert back.
            where=kept.sequence < given.sequence,
        ),
        [_state_row(alert) for alert in alerts],
    )


def _transition_row(alert: AggregateAlert) -> dict[str, Any]:
    return {
        "aggregate_id": alert.aggregate_id,
        "sequence": alert.sequence,
        "transition": alert.transition,
        "at": alert.at,
        "level": alert.level,
        "customers": alert.customers,
        "severe": alert.severe,
        "message": alert.model_dump(mode="json"),
    }


def _member_rows(alert: AggregateAlert) -> list[dict[str, Any]]:
    return [
        {"aggregate_id": alert.aggregate_id, "sequence": alert.sequence, "place": place, "alert_id": alert_id}
        for place, alert_id in enumerate(alert.members)
    ]


def _state_row(alert: AggregateAlert) -> dict[str, Any]:
    is_over = alert.transition == "expired"
    return {
        **_transition_row(alert),
        "is_open": not is_over,
        "opened_at": alert.opened_at,
        "closed_at": alert.at if is_over else None,
        "tenant": alert.tenant,
        "grouped_by": alert.by,
        "group_key": alert.key,
        "org_path": alert.org_path,
        "cause": alert.cause,
        "level_rank": LEVELS.index(alert.level),
        "usual": alert.usual,
        "chance": alert.chance,
    }
