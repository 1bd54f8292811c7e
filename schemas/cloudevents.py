"""CloudEvents 1.0 in binary mode: the headers that let any consumer route a record without reading it.

References
----------
CloudEvents, *Kafka Protocol Binding*, version 1.0.2, section 3.2.
"""

from __future__ import annotations

from datetime import datetime

from schemas.alerts import Alert, Risk
from schemas.codec import CustomerEvent
from schemas.dead_letters import DeadLetter
from schemas.events import Event
from schemas.examples import RiskExample, SentimentExample
from schemas.snapshots import Snapshot

Headers = list[tuple[str, bytes]]

_FIXED: Headers = [("ce_specversion", b"1.0"), ("content-type", b"application/json")]

Carried = CustomerEvent | Risk | Alert | RiskExample | SentimentExample | Snapshot | DeadLetter


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
    kind, identity, at = _identity(message)
    return [
        ("ce_id", identity.encode()),
        ("ce_type", f"foreshock.{kind}.v1".encode()),
        ("ce_source", source.encode()),
        ("ce_time", at.isoformat().replace("+00:00", "Z").encode()),
        *_FIXED,
    ]


def _identity(message: Carried) -> tuple[str, str, datetime]:
    """Tell the type, the stable id and the time of a message."""
    match message:
        case Event(event_id=event_id, occurred_at=at):
            return message.kind, event_id, at
        case Alert(alert_id=alert_id, sequence=sequence, at=at):
            return "alert", f"{alert_id}/{sequence}", at
        case Risk(position=position, at=at):
            return "risk", _joined(position), at
        case RiskExample(source=source, released_at=at) | SentimentExample(source=source, released_at=at):
            return f"example.{message.kind}", _joined(source), at
        case Snapshot(model=model, weights=weights):
            return "snapshot", f"{model}/{weights.number}", weights.at
        case DeadLetter(topic=topic, partition=partition, offset=offset, line=line, at=at):
            where = f"{topic}/{partition}/{offset}"
            return "dead-letter", where if line is None else f"{where}/{line}", at


def _joined(numbers: tuple[int, ...]) -> str:
    """Write a position as one word."""
    return "/".join(map(str, numbers))
