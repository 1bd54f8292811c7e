from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.journal import (
    LINE_TIMES,
    JournalLine,
    cut,
    decode_times,
    encode_times,
    header_of,
    journal_record,
    source_time,
)


@given(times=st.lists(st.none() | st.integers(1, 2**62), min_size=2))
def test_times_come_back_as_they_were(times: list[int | None]) -> None:
    assert decode_times(encode_times(times)) == times


@given(header=st.binary(max_size=40))
def test_no_header_stops_anybody(header: bytes) -> None:
    decode_times(header)
    source_time([("source-time", header)])


def test_a_record_is_its_lines_and_a_time_for_each() -> None:
    record = journal_record([JournalLine(b"{1}", 1_000), JournalLine(b"{2}"), JournalLine(b"{3}", 1_007)])

    assert record.value == b"{1}\n{2}\n{3}"
    assert header_of(record.headers, LINE_TIMES) == b"1000,,7"
    assert header_of(record.headers, "content-type") == b"application/x-ndjson"


def test_records_hold_neither_too_many_lines_nor_too_many_bytes() -> None:
    long, short = JournalLine(b"x" * 400_000), JournalLine(b"{}")

    assert [len(part) for part in cut([long] * 5, max_lines=128)] == [2, 2, 1]
    assert [len(part) for part in cut([short] * 300, max_lines=128)] == [128, 128, 44]
    assert list(cut([], max_lines=128)) == []


@pytest.mark.parametrize("headers", [None, [], [("ce_id", b"1")], [("source-time", b"")], [("source-time", b"x")]])
def test_an_alert_without_a_time_has_none(headers: list[tuple[str, bytes]] | None) -> None:
    assert source_time(headers) is None
