"""CloudEvents 1.0 in binary mode: the headers that let any consumer route a record without reading it.

References
----------
CloudEvents, *Kafka Protocol Binding*, version 1.0.2, section 3.2.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from schemas.aggregates import AggregateAlert
from schemas.alerts import Alert, Risk
from schemas.codec import EVENT_TYPES, CustomerEvent
from schemas.dead_letters import DeadLetter
from schemas.examples import RiskExample, TextExample
from schemas.ledgers import LedgerEntry
from schemas.observations import Evidence, Watermark
from schemas.receipts import Receipt
from schemas.snapshots import Snapshot
from schemas.suppressions import Suppression

Headers = list[tuple[str, bytes]]

_FIXED: Headers = [("ce_specversion", b"1.0"), ("content-type", b"application/json")]

Carried = (
    CustomerEvent
    | Risk
    | Alert
    | Suppression
    | Receipt
    | LedgerEntry
    | Evidence
    | Watermark
    | AggregateAlert
    | RiskExample
    | TextExample
    | Snapshot
    | DeadLetter
)


def headers_of(message: Carried, source: str) -> Headers:
    """Name a message for CloudEvents consumers.

    Parameters
    ----------
    message
        What the record carries.
    source
        Who writes it, a URI reference such as `foreshock/score`.

    Returns
    -------
    list of (str, bytes)
        Kafka record headers. `ce_id` is unique per source and stays the same under redelivery.
    """
    kind, identity, at = _IDENTITIES[type(message)](message)
    return [
        ("ce_id", identity.encode()),
        ("ce_type", b"foreshock.%b.v1" % kind.encode()),
        ("ce_source", source.encode()),
        ("ce_time", at.isoformat().replace("+00:00", "Z").encode()),
        *_FIXED,
    ]


_Identity = tuple[str, str, datetime]
"""Type, stable id and time of a message."""


def _event(event: CustomerEvent) -> _Identity:
    return event.kind, event.event_id, event.occurred_at


def _alert(alert: Alert) -> _Identity:
    return "alert", alert.identity, alert.at


def _suppression(held: Suppression) -> _Identity:
    return "suppression", held.identity, held.at


def _receipt(receipt: Receipt) -> _Identity:
    return "receipt", f"{receipt.event_id}/{_joined(receipt.position)}", receipt.at


def _ledger(entry: LedgerEntry) -> _Identity:
    return "ledger", entry.identity, entry.at


def _evidence(evidence: Evidence) -> _Identity:
    return "observation.evidence", f"{evidence.alert_id}/{evidence.sequence}", evidence.clock


def _watermark(mark: Watermark) -> _Identity:
    return "observation.watermark", _joined(mark.position), mark.clock


def _aggregate(aggregate: AggregateAlert) -> _Identity:
    return "aggregate", aggregate.identity, aggregate.at


def _risk(risk: Risk) -> _Identity:
    # One tick can move many customers, so the position alone is not unique.
    return "risk", f"{risk.customer_key}/{_joined(risk.position)}", risk.at


def _example(example: RiskExample | TextExample) -> _Identity:
    return f"example.{example.kind}", _joined(example.source), example.released_at


def _snapshot(snapshot: Snapshot) -> _Identity:
    return "snapshot", f"{snapshot.model}/{snapshot.weights.number}", snapshot.weights.at


def _dead_letter(letter: DeadLetter) -> _Identity:
    where = f"{letter.topic}/{letter.partition}/{letter.offset}"
    return "dead-letter", where if letter.line is None else f"{where}/{letter.line}", letter.at


# By type and not by `match`: asking pydantic whether something is an instance costs a microsecond per case, and
# every output passes here.
_IDENTITIES: dict[type[Any], Callable[[Any], _Identity]] = {
    **dict.fromkeys(EVENT_TYPES.values(), _event),
    Alert: _alert,
    Suppression: _suppression,
    Receipt: _receipt,
    LedgerEntry: _ledger,
    Evidence: _evidence,
    Watermark: _watermark,
    AggregateAlert: _aggregate,
    Risk: _risk,
    RiskExample: _example,
    TextExample: _example,
    Snapshot: _snapshot,
    DeadLetter: _dead_letter,
}


def _joined(numbers: tuple[int, ...]) -> str:
    """Write a position as one word."""
    return "/".join(map(str, numbers))
