from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from schemas.aggregates import AggregateAlert
from schemas.alerts import Alert, Risk
from schemas.catalogue import TOPICS
from schemas.cloudevents import Carried, headers_of
from schemas.codec import decode_as, decode_event, decode_example, decode_observation
from schemas.contracts import asyncapi
from schemas.dead_letters import DeadLetter
from schemas.ledgers import LedgerEntry
from schemas.receipts import Receipt
from schemas.snapshots import Snapshot
from schemas.suppressions import Suppression

LINES = {
    file.stem: file.read_bytes().splitlines()[0] for file in (Path(__file__).parent / "fixtures" / "v1").glob("*.jsonl")
}
CARRIED: dict[str, tuple[str, Carried]] = {
    **{f"foreshock.{kind}.v1": (f"{kind}s", decode_event(LINES[kind])) for kind in ("call", "claim", "survey")},
    "foreshock.complaint.v1": ("complaints", decode_event(LINES["complaint"])),
    "foreshock.action.v1": ("actions", decode_event(LINES["action"])),
    "foreshock.risk.v1": ("risk", decode_as(Risk, LINES["risk"])),
    "foreshock.alert.v1": ("alerts", decode_as(Alert, LINES["alert"])),
    "foreshock.suppression.v1": ("suppressions", decode_as(Suppression, LINES["suppression"])),
    "foreshock.receipt.v1": ("receipts", decode_as(Receipt, LINES["receipt"])),
    "foreshock.ledger.v1": ("ledger", decode_as(LedgerEntry, LINES["ledger"])),
    "foreshock.example.risk.v1": ("examples", decode_example(LINES["risk_example"])),
    "foreshock.example.text.v1": ("examples", decode_example(LINES["text_example"])),
    "foreshock.observation.evidence.v1": ("observations", decode_observation(LINES["evidence"])),
    "foreshock.observation.watermark.v1": ("observations", decode_observation(LINES["watermark"])),
    "foreshock.aggregate.v1": ("aggregates", decode_as(AggregateAlert, LINES["aggregate"])),
    "foreshock.snapshot.v1": ("snapshots", decode_as(Snapshot, LINES["snapshot"])),
    "foreshock.dead-letter.v1": ("dead-letters", decode_as(DeadLetter, LINES["dead_letter"])),
}
IDS = {
    "foreshock.call.v1": "e-1",
    "foreshock.alert.v1": "5f0c/2",
    "foreshock.suppression.v1": "5f0d/3/silence/3/120/5",
    "foreshock.receipt.v1": "m-10/3/120/5",
    "foreshock.risk.v1": "c_67gfu27c5dx6nkkdjyyd4kdr3u/3/120/4",
    "foreshock.ledger.v1": "c_67gfu27c5dx6nkkdjyyd4kdr3u/feedback/e-9/answered/3/120/4",
    "foreshock.example.risk.v1": "3/120/4/0",
    "foreshock.observation.evidence.v1": "5f0d/3",
    "foreshock.observation.watermark.v1": "3/121/0",
    "foreshock.aggregate.v1": "5f0e/1",
    "foreshock.snapshot.v1": "risk/7",
    "foreshock.dead-letter.v1": "foreshock.calls/0/9/3",
}


@pytest.mark.parametrize("ce_type", CARRIED)
def test_headers_are_those_of_the_asyncapi_document(ce_type: str) -> None:
    topic, message = CARRIED[ce_type]
    headers = {name: value.decode() for name, value in headers_of(message, "foreshock/score")}
    described = asyncapi()["components"]["messages"][topic]["headers"]

    jsonschema.validate(headers, described)
    assert headers["ce_type"] == ce_type
    assert headers.keys() == described["properties"].keys()


@pytest.mark.parametrize("ce_type", IDS)
def test_the_id_names_the_message_and_not_its_delivery(ce_type: str) -> None:
    _, message = CARRIED[ce_type]

    assert dict(headers_of(message, "a"))["ce_id"] == IDS[ce_type].encode()


def test_the_time_is_that_of_what_happened() -> None:
    _, call = CARRIED["foreshock.call.v1"]

    assert dict(headers_of(call, "a"))["ce_time"] == b"2026-09-09T00:40:00Z"


def test_every_topic_but_the_journal_carries_headers() -> None:
    assert {topic for topic, _ in CARRIED.values()} == TOPICS.keys() - {"journal"}
