from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from foreshock.journal_dump import dump_record


def test_a_message_stands_in_a_dump_byte_for_byte() -> None:
    line = b'{"kind":"call","wait_seconds":1.50,"text":"\xe6\x8a\x95\xe8\xaf\x89"}'

    assert line in dump_record(3, 17, b'{"kind":"tick"}\n' + line)


@given(st.binary(max_size=200))
def test_every_line_of_a_record_keeps_its_place_whatever_it_holds(value: bytes) -> None:
    dumped = orjson.loads(dump_record(0, 0, value))

    assert len(dumped["lines"]) == len(value.split(b"\n"))


@given(st.lists(st.dictionaries(st.text(max_size=5), st.integers(-9, 9) | st.text(max_size=5), max_size=3), min_size=1))
def test_what_was_json_is_the_same_json_in_a_dump(messages: list[dict[str, object]]) -> None:
    value = b"\n".join(orjson.dumps(message) for message in messages)

    assert orjson.loads(dump_record(1, 2, value)) == {"partition": 1, "offset": 2, "lines": messages}
