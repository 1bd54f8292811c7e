"""Rows from messages, written so that writing them again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, case, func, or_
from sqlalchemy.dialects import postgresql, sqlite

from schemas.alerts import LEVELS, TAKING, Alert
from schemas.suppressions import Suppression
from sinks.database.tables import ALERTS, SUPPRESSIONS, TRANSITIONS
from sinks.lifecycle import AWAKENING, closes

# Set when the alert opens, and never again.
_FIXED = frozenset({"alert_id", "opened_at", "acknowledged_at"})


POLICY = "policy"
"""Who made a rule that no person made."""


def insert_of(connection: Connection, table: Table) -> Any:
    """Return an insert that knows what to do when the row is there."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return insert(table)


def write_alerts(connection: Connection, alerts: Sequence[Alert]) -> None:
    """Write transitions, and how their alerts stand after them."""
    transitions = insert_of(connection, TRANSITIONS)
    connection.execute(transitions.on_conflict_do_nothing(), [_transition_row(alert) for alert in alerts])
    states = insert_of(connection, ALERTS)
    given, kept = states.excluded, ALERTS.c
    connection.execute(
        states.on_conflict_do_update(
            index_elements=[kept.alert_id],
            set_={
                **{column.name: given[column.name] for column in kept if column.name not in _FIXED},
                "acknowledged_at": case(
                    (_is_one_of(given.transition, TAKING), func.coalesce(kept.acknowledged_at, given.at)),
                    (_is_one_of(given.transition, AWAKENING), None),
                    else_=kept.acknowledged_at,
                ),
            },
            # What comes a second time, or late, must not turn the alert back.
            where=kept.sequence < given.sequence,
        ),
        [_state_row(alert) for alert in alerts],
    )


def write_suppressions(connection: Connection, held_back: Sequence[Suppression]) -> None:
    """Write what nobody was told."""
    insert = insert_of(connection, SUPPRESSIONS)
    connection.execute(insert.on_conflict_do_nothing(), [_suppression_row(each) for each in held_back])


def _suppression_row(held_back: Suppression) -> dict[str, Any]:
    return {
        "suppression_id": held_back.identity,
        "at": held_back.at,
        "alert_id": held_back.alert_id,
        "tenant": held_back.tenant,
        "customer_key": held_back.customer_key,
        "org_path": held_back.org_path,
        "cause": held_back.cause,
        "level": held_back.level,
        "rule": held_back.rule,
        "author": held_back.author or POLICY,
        "message": held_back.model_dump(mode="json"),
    }


def _is_one_of(transition: ColumnElement[str], names: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that a transition is among some; `IN` cannot be used where many rows are written at once."""
    return or_(*(transition == name for name in sorted(names)))


def _transition_row(alert: Alert) -> dict[str, Any]:
    return {
        "alert_id": alert.alert_id,
        "sequence": alert.sequence,
        "transition": alert.transition,
        "at": alert.at,
        "level": alert.level,
        "owner": alert.owner,
        "supervisor": alert.supervisor,
        "message": alert.model_dump(mode="json"),
    }


def _state_row(alert: Alert) -> dict[str, Any]:
    return {
        **_transition_row(alert),
        "is_open": not closes(alert),
        "opened_at": alert.opened_at,
        "acknowledged_at": alert.at if alert.transition in TAKING else None,
        "closed_at": alert.at if closes(alert) else None,
        "tenant": alert.tenant,
        "customer_key": alert.customer_key,
        "org_path": alert.org_path,
        "cause": alert.cause,
        "level_rank": LEVELS.index(alert.level),
    }
