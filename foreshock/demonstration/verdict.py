"""The verdict: five checks on what was fed and what was found, each with the figures that it rests on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from foreshock.demonstration.fed import Fed
from foreshock.demonstration.found import Found

CheckName = Literal["flowed", "learned", "switched", "alerted", "kept"]


class Check(NamedTuple):
    """One thing that has to hold."""

    name: CheckName
    """What it is about."""
    is_ok: bool
    """Whether it holds."""
    figures: dict[str, int]
    """What it rests on, by name."""


class Losses(NamedTuple):
    """Everything that would be a loss or a mistake in counting; all zero in a sound run."""

    not_in_journal: int
    """Distinct readable events that were fed and are not in the journal."""
    unknown_in_journal: int
    """Events in the journal that nobody fed."""
    not_applied: int
    """Distinct events that their customer's row does not count."""
    applied_twice: int
    """Events that their customer's row counts too often."""
    journal_behind: int
    """Journal partitions that are not applied to their end."""
    dead_letters_missing: int
    """Broken records that became no dead letter."""
    dead_letters_extra: int
    """Dead letters of records that were not broken."""
    holes: int
    """Journal positions that the worker says it never saw."""


def losses(fed: Fed, found: Found, key_of: Callable[[str, str], str], holes: int) -> Losses:
    """Compare what was fed with what was found, id by id and customer by customer.

    Parameters
    ----------
    fed
        What the broker acknowledged.
    found
        What the topics hold.
    key_of
        Tenant and customer id to customer key.
    holes
        Journal positions that the worker says it never saw.
    """
    expected = {key_of(tenant, customer): count for (tenant, customer), count in fed.per_customer.items()}
    applied = {key: row.events for key, row in found.customers.rows.items()}
    differences = [applied.get(key, 0) - expected.get(key, 0) for key in expected.keys() | applied.keys()]
    kinds = fed.ids.keys() | found.journal.ids.keys()
    fed_ids = {kind: fed.ids.get(kind, set()) for kind in kinds}
    found_ids = {kind: found.journal.ids.get(kind, set()) for kind in kinds}
    letters = len(found.dead_letters)
    return Losses(
        not_in_journal=sum(len(fed_ids[kind] - found_ids[kind]) for kind in kinds),
        unknown_in_journal=sum(len(found_ids[kind] - fed_ids[kind]) for kind in kinds),
        not_applied=-sum(difference for difference in differences if difference < 0),
        applied_twice=sum(difference for difference in differences if difference > 0),
        journal_behind=found.journal.partitions_behind,
        dead_letters_missing=max(0, fed.unreadable - letters),
        dead_letters_extra=max(0, letters - fed.unreadable),
        holes=holes,
    )


def checks(fed: Fed, found: Found, lost: Losses) -> list[Check]:
    """Say what holds, in the order in which an event meets it."""
    learning, alerts = found.learning, found.alerts
    return [
        Check(
            "flowed",
            found.customers.events > 0 and {"call", "claim", "survey"} <= found.journal.ids.keys(),
            {"applied": found.customers.events, "customers": len(found.customers.rows)},
        ),
        Check("learned", learning.examples > 0, {"examples": learning.examples, "complaints": learning.complaints}),
        Check("switched", learning.switched_to > 0, {"published": learning.published, "active": learning.switched_to}),
        Check(
            "alerted",
            alerts.count > 0 and alerts.unexplained == 0,
            {"opened": alerts.count, "warnings": len(alerts.warnings), "unexplained": alerts.unexplained},
        ),
        Check(
            "kept",
            not any(lost),
            {"events": fed.events, "duplicates": fed.duplicates, "broken": fed.unreadable, **lost._asdict()},
        ),
    ]
