"""What happens to an event before it is stored."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.intake import Intake
from models.pseudonym import Pseudonymiser, partition_of
from schemas.codec import decode_journal_line, encode
from schemas.dead_letters import DEAD_LETTER_REASONS
from schemas.errors import UnreadableMessageError
from schemas.events import Call
from tests.support.events import call, moment

PSEUDONYMISER = Pseudonymiser(b"a secret for tests only")
INTAKE = Intake(PSEUDONYMISER, partitions=8, attributes=frozenset({"tenure"}), max_ahead=timedelta(minutes=5))


def test_the_journal_knows_the_key_and_not_the_customer() -> None:
    prepared = INTAKE.prepare(encode(call("C-4711", text="我的手机13800138000，请回电")), "call", moment())

    assert b"C-4711" not in prepared.line
    assert b"13800138000" not in prepared.line
    assert prepared.event.customer_id == PSEUDONYMISER.key_of("default", "C-4711")
    assert prepared.partition == partition_of(prepared.event.customer_id, 8)
    assert decode_journal_line(prepared.line) == prepared.event


def test_what_is_said_in_turns_and_attributes_is_redacted_too() -> None:
    event = call(turns=[{"text": "call me at 13800138000"}], attributes={"tenure": "13800138000"})

    prepared = INTAKE.prepare(encode(event), "call", moment())

    assert isinstance(prepared.event, Call)
    assert prepared.event.turns[0].text == "call me at <mobile>"
    assert prepared.event.attributes == {"tenure": "<mobile>"}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"\xff\xfe", "not_json"),
        (b"{}", "invalid"),
        (encode(call(day=1)), "from_the_future"),
        (encode(call(attributes={"shoe_size": 43})), "undeclared_attribute"),
        (encode(call(text="x" * 8_000)) + b" " * 65_536, "too_large"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(UnreadableMessageError) as refused:
        INTAKE.prepare(raw, "call", moment())

    assert refused.value.reason == reason


def test_a_dead_letter_keeps_the_bytes_without_the_person() -> None:
    raw = '{"customer_id":"13912345678","event_id":1,"text":"我的邮箱 li@example.com"}'.encode()

    letter = INTAKE.dead_letter(UnreadableMessageError("invalid", "event_id"), raw, "calls", 0, 7, moment())

    assert "13912345678" not in letter.raw
    assert "li@example.com" not in letter.raw
    assert PSEUDONYMISER.key_of("default", "13912345678") in letter.raw


def test_a_repaired_dead_letter_reaches_the_same_customer() -> None:
    raw = encode(call("C-4711")).replace(b'"event_id"', b'"eventid"')
    letter = INTAKE.dead_letter(UnreadableMessageError("invalid", "event_id"), raw, "calls", 0, 7, moment())

    repaired = INTAKE.prepare(letter.raw.replace('"eventid"', '"event_id"').encode(), "call", moment())

    assert repaired.event.customer_id == PSEUDONYMISER.key_of("default", "C-4711")


def test_a_household_becomes_a_key_that_no_customer_has() -> None:
    prepared = INTAKE.prepare(encode(call("FAM-9", household_ref="FAM-9")), "call", moment())

    assert b"FAM-9" not in prepared.line
    assert prepared.event.household_ref == PSEUDONYMISER.household_of("default", "FAM-9")
    assert prepared.event.household_ref != prepared.event.customer_id.replace("c_", "h_")


@pytest.mark.parametrize("blank", [" ", "\u3000"])
def test_a_blank_household_is_none(blank: str) -> None:
    assert INTAKE.prepare(encode(call(household_ref=blank)), "call", moment()).event.household_ref is None


def test_a_dead_letter_names_no_household_and_finds_it_again() -> None:
    raw = encode(call("C-1", household_ref="FAM-9")).replace(b'"event_id"', b'"eventid"')
    letter = INTAKE.dead_letter(UnreadableMessageError("invalid", "event_id"), raw, "calls", 0, 7, moment())
    repaired = INTAKE.prepare(letter.raw.replace('"eventid"', '"event_id"').encode(), "call", moment())

    assert "FAM-9" not in letter.raw
    assert repaired.event.household_ref == PSEUDONYMISER.household_of("default", "FAM-9")


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_prepared_or_refused_and_always_kept(raw: bytes) -> None:
    try:
        INTAKE.prepare(raw, "call", moment())
    except UnreadableMessageError as error:
        letter = INTAKE.dead_letter(error, raw, "calls", 0, 0, moment())
        assert letter.reason in DEAD_LETTER_REASONS
        assert orjson.loads(encode(letter))
