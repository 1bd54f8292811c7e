"""What holds for every message, drawn from the published contracts themselves."""

from __future__ import annotations

from typing import Any

import jsonschema
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.catalogue import SOURCE_TOPICS, TOPICS
from schemas.codec import decode_as, decode_event, decode_example, decode_journal_line, decode_observation, encode
from schemas.contracts import json_schema
from schemas.errors import UnreadableMessageError
from schemas.types import Message
from tests.support.from_json_schema import allowed_by

CONTRACTS = {name: json_schema(topic) for name, topic in TOPICS.items()}
LENGTHS_OF_LISTS = "must be of one length"

laws = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def decode(topic: str, raw: bytes) -> Message:
    if topic in SOURCE_TOPICS:
        return decode_event(raw, SOURCE_TOPICS[topic])
    if topic == "journal":
        return decode_journal_line(raw)
    if topic == "examples":
        return decode_example(raw)
    if topic == "observations":
        return decode_observation(raw)
    return decode_as(TOPICS[topic].message, raw)


def readable(topic: str, document: Any) -> Message | None:
    """The message; `None` for the one rule that JSON Schema cannot say: two lists of one length."""
    try:
        return decode(topic, orjson.dumps(document))
    except UnreadableMessageError as error:
        if LENGTHS_OF_LISTS in error.detail:
            return None
        raise


def refusal_of(raw: bytes, topic: str) -> UnreadableMessageError | None:
    try:
        decode(topic, raw)
    except UnreadableMessageError as error:
        return error
    return None


@pytest.mark.parametrize("topic", TOPICS)
def test_what_the_contract_allows_is_read_and_comes_back_the_same(topic: str) -> None:
    @laws
    @given(allowed_by(CONTRACTS[topic]))
    def law(document: Any) -> None:
        message = readable(topic, document)
        if message is not None:
            written = encode(message)

            assert decode(topic, written) == message
            assert encode(decode(topic, written)) == written

    law()


@pytest.mark.parametrize("topic", TOPICS)
def test_what_we_write_keeps_the_contract(topic: str) -> None:
    validator = jsonschema.Draft202012Validator(CONTRACTS[topic])

    @laws
    @given(allowed_by(CONTRACTS[topic]))
    def law(document: Any) -> None:
        message = readable(topic, document)
        if message is not None:
            validator.validate(orjson.loads(encode(message)))

    law()


@pytest.mark.parametrize("topic", ["calls", "journal", "alerts", "examples", "snapshots"])
@laws
@given(raw=st.binary(max_size=200) | st.text(max_size=80).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_arbitrary_bytes_are_unreadable_and_nothing_worse(topic: str, raw: bytes) -> None:
    with pytest.raises(UnreadableMessageError) as caught:
        decode(topic, raw)

    assert caught.value.reason in {"not_json", "invalid"}


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("topic", SOURCE_TOPICS)
def test_an_event_with_anything_in_any_field_is_read_or_unreadable(topic: str) -> None:
    fields = [*CONTRACTS[topic]["properties"], "something_else"]

    @laws
    @given(allowed_by(CONTRACTS[topic]), st.sampled_from(fields), anything)
    def law(document: dict[str, Any], field: str, value: Any) -> None:
        try:
            raw = orjson.dumps({**document, field: value})
        except orjson.JSONEncodeError:  # an integer of more than 64 bits
            return
        refusal = refusal_of(raw, topic)
        assert refusal is None or refusal.reason == "invalid"

    law()


SECRET = "张三13912345678"


@pytest.mark.parametrize("topic", SOURCE_TOPICS)
def test_an_error_never_repeats_what_was_given(topic: str) -> None:
    fields = [*CONTRACTS[topic]["properties"], SECRET]
    wrong = st.sampled_from([SECRET * 40, [SECRET], {SECRET: SECRET}, {"speaker": SECRET}, [[{SECRET: 1}]]])

    @laws
    @given(allowed_by(CONTRACTS[topic]), st.sampled_from(fields), wrong, st.booleans())
    def law(document: dict[str, Any], field: str, value: Any, names_kind: bool) -> None:
        raw = orjson.dumps({**document, field: value})
        refusal = str(refusal_of(raw, topic if names_kind else "journal"))
        assert "13912345678" not in refusal
        assert "张三" not in refusal

    law()
