"""A core that counts: one alert per event, carrying the count, so that loss and repetition show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from schemas.alerts import Alert, Risk
from schemas.codec import JournalMessage
from schemas.events import Call
from schemas.types import NOWHERE, Position
from streams.core import Core
from streams.tables import CustomerStates

EPOCH = "0"
SOME_TIME = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass(slots=True)
class Counted:
    """How many events of a customer were counted, and the last position."""

    count: int = 0
    offset: int = -1
    line: int = -1


@dataclass(slots=True)
class CountingEngine:
    """Only remembers where it is."""

    partition: int
    position: Position = NOWHERE


@dataclass(slots=True)
class CountingOutcome:
    """What one event caused; the fields of `models.outcome.Outcome`."""

    touched: list[str] = field(default_factory=list)
    believed: list[str] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    suppressions: list[Any] = field(default_factory=list)
    receipts: list[Any] = field(default_factory=list)
    ledger: list[Any] = field(default_factory=list)
    observations: list[Any] = field(default_factory=list)
    examples: list[Any] = field(default_factory=list)
    seen: bool = False
    duplicate: bool = False
    late: bool = False
    out_of_order: bool = False
    fired: int = 0
    switched_to: int | None = None
    command: str | None = None
    refused: str | None = None


def count(
    engine: CountingEngine, states: CustomerStates[Counted], message: JournalMessage, position: Position
) -> CountingOutcome:
    """Count an event, unless its customer has seen this position; an event with the text `boom` raises."""
    engine.position = position
    outcome = CountingOutcome()
    if not isinstance(message, Call):
        return outcome
    if message.text == "boom":
        raise RuntimeError("a secret that must not leave")
    state = states.get(message.customer_id) or Counted()
    if position <= (state.offset, state.line):
        outcome.seen = True
        return outcome
    states[message.customer_id] = Counted(state.count + 1, *position)
    outcome.touched.append(message.customer_id)
    outcome.believed.append(message.customer_id)
    outcome.alerts.append(_alert(message, state.count + 1, engine.partition, position))
    return outcome


def counting_core() -> Core[CountingEngine, Counted]:
    """The counting core, as carrying wants it."""

    def open_engine(partition: int, own: Mapping[bytes, bytes], _: CustomerStates[Counted]) -> CountingEngine:
        row = own.get(b"@engine/%d" % partition)
        return CountingEngine(partition, Position(*orjson.loads(row)[2:4]) if row else NOWHERE)

    def pass_over(engine: CountingEngine, position: Position) -> None:
        engine.position = max(engine.position, position)

    return Core(
        open_engine=open_engine,
        position=lambda engine: engine.position,
        pass_over=pass_over,
        step=count,
        risk_of=_risk,
        own_rows=lambda engine: {b"@engine/%d" % engine.partition: orjson.dumps([1, EPOCH, *engine.position, 0])},
        customers_by_stage=lambda engine: (0, 0, 0, 0, 0),
        census=lambda engine: {},
        scoring_with=lambda engine: (0, False),
        encode_row=lambda state: orjson.dumps([1, EPOCH, state.offset, state.line, state.count]),
        decode_row=lambda row: Counted(orjson.loads(row)[4], *orjson.loads(row)[2:4]),
        row_position=counted_position,
    )


def counted_position(row: bytes) -> tuple[str, Position]:
    """Read the position of a row."""
    _, epoch, offset, line, _ = orjson.loads(row)
    return epoch, Position(offset, line)


def _risk(engine: CountingEngine, key: str, state: Counted) -> Risk:
    return Risk(
        customer_key=key,
        tenant="default",
        org_path="HQ",
        at=SOME_TIME,
        stage="content",
        stage_entered_at=SOME_TIME,
        level="none",
        probability_7d=0.0,
        probability_30d=0.0,
        cold=True,
        sentiment=0.0,
        heat=float(state.count),
        evidence=(),
        snapshot=0,
        params_hash="none",
        position=(engine.partition, state.offset, state.line),
    )


def _alert(event: Call, counted: int, partition: int, position: Position) -> Alert:
    return Alert(
        alert_id=event.event_id,
        sequence=counted,
        transition="opened",
        at=SOME_TIME,
        opened_at=SOME_TIME,
        cause="threat",
        level="blue",
        customer_key=event.customer_id,
        tenant="default",
        org_path="HQ",
        stage="content",
        probability_7d=0.0,
        probability_30d=0.0,
        reasons=(),
        snapshot=0,
        params_hash="none",
        position=(partition, *position),
    )
