"""Rows are read for ever: what an earlier version wrote is still what it was."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from models.partition import decode_partition, encode_partition, engine_key, snapshot_key
from models.state import ROW_FORMAT, CustomerState, decode_row, encode_row, row_position
from schemas.types import Position
from tests.support.core import Core
from tests.support.events import call, claim, promise, survey

FIXTURES = Path(__file__).parent / "fixtures"


def _lively() -> CustomerState:
    core = Core()
    core.take(
        call(day=0, event_id="e1", text="打了三次都没人回，太差了", transfers=2, attributes={"plan": "gold"}),
        claim(day=1, event_id="e2"),
        promise(day=2, due=3, event_id="e3"),
        survey(day=4, event_id="e4", score=1, comment="差"),
        call(day=9, event_id="e5", vulnerability=["elder"]),
    )
    return core.states["a"]


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("row_v*.json")), ids=lambda file: file.stem)
def test_a_row_of_every_format_is_read(file: Path) -> None:
    row = file.read_bytes().strip()

    state = decode_row(row)

    assert state.events == 5
    assert state.claims[0].ref == "CL-1"
    assert state.predictions[0].hashed
    assert row_position(row) == ("test", Position(0, 4))


def test_a_row_of_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="row format"):
        decode_row(b"[99,1,2]")


def test_the_row_of_a_lively_customer_stays_near_a_kilobyte() -> None:
    assert len(encode_row(_lively())) < 1_500


def test_a_copy_changes_alone() -> None:
    state = _lively()
    copy = state.copy()
    copy.heat += 1
    copy.contacts = [*copy.contacts, 1.0]

    assert copy.heat != state.heat
    assert len(copy.contacts) == len(state.contacts) + 1
    assert all(getattr(state, field.name) == getattr(state.copy(), field.name) for field in fields(state))


def test_a_partition_row_begins_as_a_customer_row_does() -> None:
    core = Core()
    core.take(call())

    row = core.engine.partition_rows()[engine_key(0)]

    assert row_position(row) == ("test", core.engine.position)
    assert encode_partition(decode_partition(row)) == row
    assert engine_key(3) != snapshot_key(3)
    assert row.startswith(b"[%d," % ROW_FORMAT)
