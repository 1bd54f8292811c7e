"""The course of a customer's risk: which beliefs are worth a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from schemas.alerts import Risk
from sinks.database.tables import RISK_HISTORY
from sinks.database.writing import insert_of


class Kept(NamedTuple):
    """The newest belief about a customer that has a row."""

    at: datetime
    position: tuple[int, int, int]
    stage: str
    level: str
    probability_7d: float
    probability_30d: float


def write_risks(connection: Connection, risks: Sequence[Risk], step: float) -> int:
    """Write the beliefs that differ enough from the last one with a row; returns how many there were."""
    newest = newest_kept(connection, {risk.customer_key for risk in risks})
    rows = []
    for risk in risks:
        if is_news(newest.get(risk.customer_key), risk, step):
            newest[risk.customer_key] = _kept(risk)
            rows.append(_row(risk))
    if rows:
        connection.execute(insert_of(connection, RISK_HISTORY).on_conflict_do_nothing(), rows)
    return len(rows)


def is_news(kept: Kept | None, risk: Risk, step: float) -> bool:
    """Whether a belief is worth a row.

    Parameters
    ----------
    kept
        The last belief that has one.
    risk
        What is believed now.
    step
        Change of a probability that is enough; another stage or level always is.
    """
    if kept is None:
        return True
    if risk.position <= kept.position and risk.at <= kept.at:
        return False  # comes a second time, after a crash
    return (
        (risk.stage, risk.level) != (kept.stage, kept.level)
        or abs(risk.probability_7d - kept.probability_7d) >= step
        or abs(risk.probability_30d - kept.probability_30d) >= step
    )


def newest_kept(connection: Connection, customers: Iterable[str]) -> dict[str, Kept]:
    """Return the newest row of each customer that has one.

    They are read anew each time: another worker may have written since, while it had the partition.
    """
    table = RISK_HISTORY.c
    newest_first = (table.at.desc(), table.journal_offset.desc(), table.journal_line.desc())
    ranked = (
        select(
            RISK_HISTORY, func.row_number().over(partition_by=table.customer_key, order_by=newest_first).label("rank")
        )
        .where(table.customer_key.in_(sorted(customers)))
        .subquery()
    )
    rows = connection.execute(select(ranked).where(ranked.c.rank == 1)).mappings()
    return {
        row["customer_key"]: Kept(
            row["at"],
            (row["journal_partition"], row["journal_offset"], row["journal_line"]),
            row["stage"],
            row["level"],
            row["probability_7d"],
            row["probability_30d"],
        )
        for row in rows
    }


def _kept(risk: Risk) -> Kept:
    return Kept(risk.at, risk.position, risk.stage, risk.level, risk.probability_7d, risk.probability_30d)


def _row(risk: Risk) -> dict[str, Any]:
    partition, offset, line = risk.position
    return {
        "journal_partition": partition,
        "journal_offset": offset,
        "journal_line": line,
        **{
            name: getattr(risk, name)
            for name in (
                "customer_key",
                "at",
                "tenant",
                "org_path",
                "stage",
                "level",
                "probability_7d",
                "probability_30d",
                "heat",
                "snapshot",
            )
        },
    }
