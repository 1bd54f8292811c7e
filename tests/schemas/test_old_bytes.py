"""Bytes written by an earlier version are read for ever, and nothing of them is lost.

`fixtures/v<N>/` holds what schema version N wrote, one file per message type, one message per line. Never change a
line there: a version that writes something new gets a folder of its own.
"""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from schemas.aggregates import AggregateAlert
from schemas.alerts import Alert, Risk
from schemas.codec import (
    EVENT_TYPES,
    decode_as,
    decode_event,
    decode_example,
    decode_journal_line,
    decode_observation,
    encode,
)
from schemas.dead_letters import DeadLetter
from schemas.events import SCHEMA_VERSION
from schemas.ledgers import LedgerEntry
from schemas.receipts import Receipt
from schemas.snapshots import Snapshot
from schemas.suppressions import Suppression
from schemas.types import Message

FIXTURES = Path(__file__).parent / "fixtures"
TYPES: dict[str, type[Message]] = {
    "aggregate": AggregateAlert,
    "alert": Alert,
    "dead_letter": DeadLetter,
    "ledger": LedgerEntry,
    "receipt": Receipt,
    "risk": Risk,
    "snapshot": Snapshot,
    "suppression": Suppression,
}
EXAMPLES = {"risk_example", "text_example"}
OBSERVATIONS = {"evidence", "watermark"}
JOURNAL = {*EVENT_TYPES, "tick", "snapshot_notice", "model_command", "silence_command"}
OLD_LINES = [
    pytest.param(file.stem, line, id=f"{file.parent.name}-{file.stem}-{number}")
    for file in sorted(FIXTURES.glob("v*/*.jsonl"))
    for number, line in enumerate(file.read_bytes().splitlines())
]


def decode(name: str, line: bytes) -> Message:
    if name in TYPES:
        return decode_as(TYPES[name], line)
    if name in OBSERVATIONS:
        return decode_observation(line)
    return decode_example(line) if name in EXAMPLES else decode_journal_line(line)


@pytest.mark.parametrize(("name", "line"), OLD_LINES)
def test_old_bytes_are_read_and_nothing_of_them_is_lost(name: str, line: bytes) -> None:
    assert orjson.loads(encode(decode(name, line))) == orjson.loads(line)


@pytest.mark.parametrize(("name", "line"), [case for case in OLD_LINES if case.values[0] in EVENT_TYPES])
def test_old_events_are_read_on_their_source_topic_without_a_kind(name: str, line: bytes) -> None:
    given = orjson.loads(line)
    del given["kind"]

    event = decode_event(orjson.dumps(given), name)  # type: ignore[arg-type]

    assert event == decode(name, line)


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION + 1))
def test_every_message_type_of_every_version_is_kept(version: int) -> None:
    kept = {file.stem for file in (FIXTURES / f"v{version}").glob("*.jsonl")}

    assert kept == {*TYPES, *EXAMPLES, *OBSERVATIONS, *JOURNAL}


@pytest.mark.parametrize("name", sorted({*TYPES, *EXAMPLES, *OBSERVATIONS, *JOURNAL}))
def test_the_kept_bytes_fill_every_field(name: str) -> None:
    lines = (FIXTURES / "v1" / f"{name}.jsonl").read_bytes().splitlines()
    messages = [decode(name, line) for line in lines]
    filled = {field for message in messages for field in message.model_fields_set}

    # Version 1 is the default, and defaults are not written.
    assert filled | {"schema_version"} >= type(messages[0]).model_fields.keys()
