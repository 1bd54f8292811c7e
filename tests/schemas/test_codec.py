from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from schemas.actions import Action
from schemas.codec import EVENT_TYPES, decode_event, decode_journal_line, encode
from schemas.errors import UnreadableMessageError
from schemas.events import Call, Claim, Survey
from schemas.labels import Complaint
from schemas.ticks import Tick
from schemas.types import lenient

LEAST = {"event_id": "e1", "occurred_at": "2026-03-02T09:00:00+08:00", "customer_id": "C1"}
NEEDED = {
    "call": {},
    "claim": {"status": "reported"},
    "survey": {"instrument": "csat", "score": 4},
    "complaint": {},
    "action": {"action": "contacted"},
}


def raw(**fields: object) -> bytes:
    return orjson.dumps({**LEAST, **fields})


def refusal(data: bytes, kind: str | None = None) -> str:
    with pytest.raises(UnreadableMessageError) as caught:
        decode_event(data, kind)  # type: ignore[arg-type]
    return str(caught.value)


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_an_event_needs_only_an_id_a_time_and_a_customer(kind: str) -> None:
    event = decode_event(raw(**NEEDED[kind]), kind)  # type: ignore[arg-type]

    assert (event.tenant, event.org_path, event.channel, event.language) == ("default", "HQ", "other", None)


@pytest.mark.parametrize("field", LEAST)
def test_without_one_of_the_three_it_is_refused_by_name(field: str) -> None:
    document = {name: value for name, value in LEAST.items() if name != field}

    assert refusal(orjson.dumps(document), "call") == f"invalid: {field}: Field required"


def test_times_are_moved_to_utc() -> None:
    assert decode_event(raw(), "call").occurred_at == datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize("time", ["2026-03-02T09:00:00", "1969-12-31T00:00:00Z", "2200-01-01T00:00:00Z", "yesterday"])
def test_a_time_without_an_offset_or_of_a_broken_clock_is_refused(time: str) -> None:
    assert refusal(raw(occurred_at=time), "call").startswith("invalid: occurred_at: ")


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("call", "channel"),
        ("call", "journey_stage"),
        ("call", "service_type"),
        ("call", "tier"),
        ("claim", "status"),
        ("claim", "claim_type"),
        ("survey", "touchpoint"),
        ("complaint", "source"),
        ("action", "action"),
    ],
)
def test_an_unknown_word_is_read_as_other(kind: str, field: str) -> None:
    event = decode_event(raw(**{**NEEDED[kind], field: "量子信道"}), kind)  # type: ignore[arg-type]

    assert getattr(event, field) == "other"


def test_an_unknown_speaker_and_driver_are_read_as_other() -> None:
    event = decode_event(raw(turns=[{"speaker": "parrot", "text": "hi"}], vulnerability=["elder", "shy"]), "call")

    assert isinstance(event, Call)
    assert event.turns[0].speaker == "other"
    assert event.vulnerability == ("elder", "other")


def test_unknown_fields_are_refused() -> None:
    assert refusal(raw(colour="red"), "call") == "invalid: colour: Extra inputs are not permitted"


def test_the_kind_decides_where_the_topic_does_not() -> None:
    assert isinstance(decode_event(raw(kind="complaint")), Complaint)
    assert "kind" in refusal(raw())
    assert refusal(raw(kind="complaint"), "call").startswith("invalid: kind: ")


def test_a_kind_that_is_none_of_ours_is_not_repeated() -> None:
    assert refusal(raw(kind="13912345678")) == "invalid: message: its kind is none of those that belong here"


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"{", b"null null", b"[" * 100_000])
def test_what_is_not_json_says_so(data: bytes) -> None:
    assert refusal(data, "call").startswith("not_json: ")


def test_only_the_first_five_problems_are_told() -> None:
    text = refusal(orjson.dumps(dict.fromkeys("abcdefgh", 1)), "call")

    assert text.count(";") == 4
    assert text.endswith("(and 6 more)")


def test_both_text_and_turns_are_refused() -> None:
    assert "give either text or turns" in refusal(raw(text="a", turns=[{"text": "b"}]), "call")


def test_a_promise_needs_its_time() -> None:
    assert "the action promise needs due_at" in refusal(raw(action="promise"), "action")
    assert isinstance(decode_event(raw(action="promise", due_at="2026-03-03T00:00:00Z"), "action"), Action)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"instrument": "csat", "score": 6}, "score of csat must be in 1..5"),
        ({"instrument": "nps", "score": -1}, "score of nps must be in 0..10"),
        ({"instrument": "csat"}, "an answered csat survey needs its score or items"),
        ({"instrument": "servqual", "score": 3}, "an answered servqual survey needs its score or items"),
    ],
)
def test_an_answer_must_fit_its_instrument(fields: dict[str, object], complaint: str) -> None:
    assert complaint in refusal(raw(**fields), "survey")


def test_silence_is_a_survey_too() -> None:
    event = decode_event(raw(instrument="nps", status="unanswered"), "survey")

    assert isinstance(event, Survey)
    assert event.score is None


def test_at_most_32_own_fields_with_sensible_names() -> None:
    decode_event(raw(attributes={f"f{n}": n for n in range(32)}), "call")

    assert "attributes" in refusal(raw(attributes={f"f{n}": n for n in range(33)}), "call")
    assert "attributes" in refusal(raw(attributes={"no blanks": 1}), "call")
    assert "attributes" in refusal(raw(attributes={"long": "x" * 65}), "call")


def test_only_what_differs_from_the_default_is_written() -> None:
    claim = Claim(event_id="e1", occurred_at=datetime(2026, 3, 2, tzinfo=UTC), customer_id="C1", status="paid")

    assert encode(claim) == (
        b'{"kind":"claim","event_id":"e1","occurred_at":"2026-03-02T00:00:00Z","customer_id":"C1","status":"paid"}'
    )


def test_a_journal_line_may_be_time_itself() -> None:
    tick = Tick(at=datetime(2026, 3, 2, tzinfo=UTC), partition=2)

    assert decode_journal_line(encode(tick)) == tick


def test_a_set_without_other_cannot_be_lenient() -> None:
    from typing import Literal

    with pytest.raises(ValueError, match="needs the member 'other'"):
        lenient(Literal["a", "b"])
