"""What the first core observes for the second: evidence of a customer, and that a period is over."""

from __future__ import annotations

from datetime import UTC, datetime

from models.aggregates.parameters import AggregateParams
from models.alerting.deciding import Decision, id_of
from models.state import CustomerState
from schemas.alerts import LEVELS, Transition
from schemas.observations import Evidence, Watermark
from schemas.suppressions import UNNUMBERED
from schemas.types import Position

_COUNTING: frozenset[Transition] = frozenset({"opened", "raised", "reopened"})
"""Transitions by which an alert counts, told or held back: a silence hides no surge."""


def evidence_of(
    key: str,
    state: CustomerState,
    decision: Decision,
    since: float,
    place: tuple[int, Position],
    params: AggregateParams,
) -> Evidence | None:
    """Say whether a decision about an alert counts for its groups, and when.

    It counts at the customer's own time, however much a portion of a back-fill holds between two ticks; but not before
    the partition's clock, by which the period of an event that comes late may be over.

    Parameters
    ----------
    key, state
        The customer.
    decision
        What was decided, and whether it was told.
    since
        The partition's clock before the message, in seconds since 1970; `NEVER` before the first tick.
    place
        Journal partition and position that it follows from.
    params
        Which levels count.
    """
    alert = decision.alert
    is_taken_back = decision.transition == "dismissed"
    counts = decision.transition in _COUNTING and alert.level >= LEVELS.index(params.evidence_level)
    if not (counts or is_taken_back) or decision.rule in UNNUMBERED:
        return None
    partition, position = place
    return Evidence.trusted(
        kind="evidence",
        alert_id=id_of(key, alert),
        sequence=alert.sequence,
        transition=decision.transition,
        cause=alert.cause,
        level=LEVELS[alert.level],
        clock=datetime.fromtimestamp(max(state.clock, since), UTC),
        customer_key=key,
        tenant=state.tenant,
        org_path=state.org_path,
        product_line=state.product_line or None,
        product_id=state.product_id or None,
        household_ref=state.household_ref or None,
        position=(partition, *position),
    )


def watermark_of(
    before: float, at: float, place: tuple[int, Position], partitions: int, params: AggregateParams
) -> Watermark | None:
    """Say that a partition's clock has entered another period, if it has; both times are in seconds since 1970."""
    if params.period_of(before) == params.period_of(at):
        return None
    partition, position = place
    return Watermark.trusted(
        kind="watermark",
        partition=partition,
        partitions=partitions,
        clock=datetime.fromtimestamp(at, UTC),
        position=(partition, *position),
    )
