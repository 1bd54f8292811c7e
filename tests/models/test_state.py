"""Rows are read for ever: what an earlier version wrote is still what it was."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import orjson
import pytest

from models.census import told_levels_of
from models.entries import OpenAlert
from models.features import CONTRIBUTORS
from models.partition import decode_partition, encode_partition, engine_key, snapshot_key
from models.row_formats import ROW_FORMAT, NewerRowError
from models.rows import decode_row, encode_row, glimpse, row_position
from models.state import FORGOTTEN, CustomerState
from schemas.events import MAX_ATTRIBUTES
from schemas.types import Position
from tests.support.core import Core
from tests.support.events import action, call, claim, promise, survey

FIXTURES = Path(__file__).parent / "fixtures"


def _lively() -> CustomerState:
    core = Core()
    core.take(
        call(day=0, event_id="e1", text="打了三次都没人回，太差了", transfers=2, attributes={"plan": "gold"}),
        claim(day=1, event_id="e2"),
        promise(day=2, due=3, event_id="e3"),
        survey(day=4, event_id="e4", score=1, comment="差"),
        call(day=9, event_id="e5", vulnerability=["elder"], text="我再问一次，什么时候赔？", conversation_ref="c1"),
    )
    return core.states["a"]


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("row_v*.json")), ids=lambda file: file.stem)
def test_a_row_of_every_format_is_read(file: Path) -> None:
    row = file.read_bytes().strip()

    state = decode_row(row)

    assert state.events == 5
    assert state.claims[0].ref == "CL-1"
    assert state.predictions[0].hashed
    assert state.cases[-1].trail
    assert state.conversation is not None
    assert state.conversation.turns()
    assert row_position(row) == ("test", Position(0, 4))
    assert list(map(tuple, state.lives)) == [(0, 0)]
    assert len(state.contributions) in (0, len(CONTRIBUTORS))
    assert state.told_levels == told_levels_of(state.alerts)
    assert encode_row(state).startswith(b"[%d," % ROW_FORMAT)


def test_a_row_of_before_households_says_none_and_todays_says_what_was_named_last() -> None:
    core = Core()
    core.take(call(product_line="motor", product_id="M1", household_ref="h_1"), call(day=1, product_id="M2"))
    before = decode_row((FIXTURES / "row_v3.json").read_bytes())
    after = decode_row(encode_row(core.states["a"]))

    assert (before.product_line, before.product_id, before.household_ref) == ("", "", "")
    assert (after.product_line, after.product_id, after.household_ref) == ("motor", "M2", "h_1")


def test_a_partitions_row_of_a_later_format_is_refused() -> None:
    with pytest.raises(NewerRowError, match="a later version"):
        decode_partition(b'[99,"test",0,0,"something new"]')


def test_a_row_of_an_unknown_format_is_refused() -> None:
    with pytest.raises(NewerRowError, match=r"later version .* has written it"):
        decode_row(b"[99,1,2]")


def test_a_row_takes_a_kilobyte_and_half_a_one_more_for_each_prediction_that_waits() -> None:
    state = _lively()
    waiting = len(state.predictions)
    whole = len(encode_row(state))
    state.predictions = []

    assert waiting == 4
    assert len(encode_row(state)) < 1_600
    assert whole - len(encode_row(state)) < waiting * 512


def test_the_row_of_the_loudest_customer_is_bounded() -> None:
    core, sizes = Core(), []
    own: dict[str, str | float] = {f"n{number}": number + 0.5 for number in range(MAX_ATTRIBUTES)}

    for day in range(120):
        core.take(call(day=day, text=f"第{day}次打电话，没人管。" * 40, conversation_ref="long", attributes=own))
        sizes.append(len(encode_row(core.states["a"])))

    # A trace of 2.4 KB, and predictions from as many own fields as there may be; it does not grow for ever.
    assert max(sizes) < 12_000
    assert max(sizes[60:]) < 1.02 * max(sizes[:60])


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


@pytest.mark.parametrize("row", [b'[99,"test",1,2]', b'[1,"test",1,2,"HQ"]'])
def test_of_another_format_there_is_no_glimpse(row: bytes) -> None:
    assert glimpse(row) is None


def test_a_glimpse_says_what_the_whole_row_says() -> None:
    lively = _lively()
    lively.org_path = "HQ/广东,深圳"
    row = encode_row(lively)
    state = decode_row(row)

    assert glimpse(row) == (
        state.epoch,
        state.position,
        state.due,
        state.stage,
        state.ruled_by,
        "333",
        "HQ/广东,深圳",
    )


def test_a_unit_with_a_name_that_json_escapes_is_read_with_the_whole_row() -> None:
    core = Core()
    core.take(call(org_path='HQ/the "big" one'))
    row = encode_row(core.states["a"])

    assert glimpse(row) is None
    assert decode_row(row).org_path == 'HQ/the "big" one'


def test_of_the_forgotten_a_glimpse_names_no_unit() -> None:
    core = Core()
    core.take(call(), action(day=1, what="erase"))

    seen = glimpse(encode_row(core.states["a"]))

    assert seen is not None
    assert (seen.stage, seen.told_levels, seen.org_path) == (FORGOTTEN, "", "")


def test_a_row_of_before_says_at_its_beginning_which_alerts_people_know_of() -> None:
    untold = OpenAlert("threat", 0, 4, 1.0, 0, 1.0, 1.0, told=False)
    hidden = OpenAlert("unanswered", 1, 2, 1.0, 0, 1.0, 1.0, hidden="silence")
    plain = OpenAlert("claim_stalled", 2, 3, 1.0, 0, 1.0, 1.0)
    todays = orjson.loads(encode_row(CustomerState(org_path="HQ/G", alerts=[untold, hidden, plain])))
    levels, org_path, tenant, *rest = todays[7:]
    before = orjson.dumps([5, *todays[1:7], tenant, org_path, *rest])

    assert levels == ""
    assert decode_row(before).told_levels == "23" == told_levels_of([untold, hidden, plain])
    assert decode_row(before).org_path == "HQ/G"


def test_the_clocks_of_a_row_have_their_names() -> None:
    row = (FIXTURES / "row_v6.json").read_bytes().strip()
    state = decode_row(row)

    assert [clock.name for clock in state.clocks] == ["decision", "complex case", "longest"]
    assert encode_row(state) == row
