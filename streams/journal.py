"""Journal records: many messages as JSON Lines, and when each of them left its producer.

The times are a header of their own, because they are no input of the core: a replay decides the same without them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from streams.outbox import MAX_RECORD_BYTES, Record

JOURNAL_HEADERS = (("ce_specversion", b"1.0"), ("content-type", b"application/x-ndjson"))
"""A journal record is many messages, so it has no CloudEvents id of its own."""

LINE_TIMES = "line-times"
"""Header of a journal record: one time per line, so it also says how many lines there were."""

SOURCE_TIME = "source-time"
"""Header of an alert: when the event that caused it left its producer, in milliseconds since 1970."""


class JournalLine(NamedTuple):
    """One message on its way into the journal."""

    text: bytes
    """JSON without a line break."""

    sent_at: int | None = None
    """Timestamp that the producer wrote on the source record, in milliseconds since 1970; none for a tick."""


def cut(lines: Sequence[JournalLine], max_lines: int) -> Iterator[Sequence[JournalLine]]:
    """Cut lines into portions that hold neither too many lines nor too many bytes for one record.

    Examples
    --------
    >>> [len(part) for part in cut([JournalLine(b"{}")] * 5, max_lines=2)]
    [2, 2, 1]
    """
    start = size = 0
    for end, line in enumerate(lines):
        if end > start and (end - start == max_lines or size + len(line.text) + 1 > MAX_RECORD_BYTES):
            yield lines[start:end]
            start, size = end, 0
        size += len(line.text) + 1
    if start < len(lines):
        yield lines[start:]


def journal_record(lines: Sequence[JournalLine]) -> Record:
    """Make one record of lines."""
    times = encode_times(line.sent_at for line in lines)
    return Record(None, b"\n".join([line.text for line in lines]), (*JOURNAL_HEADERS, (LINE_TIMES, times)))


def encode_times(times: Iterable[int | None]) -> bytes:
    """Write times short: the first as it is, each further one as the difference to the one before.

    Examples
    --------
    >>> encode_times([1767571200000, 1767571200007, None, 1767571200005])
    b'1767571200000,7,,-2'
    """
    before, parts = 0, []
    for time in times:
        if time is None:
            parts.append(b"")
        else:
            parts.append(b"%d" % (time - before))
            before = time
    return b",".join(parts)


def decode_times(header: bytes) -> list[int | None]:
    """Read what `encode_times` wrote; a header that is not ours gives nothing.

    Examples
    --------
    >>> decode_times(b"1767571200000,7,,-2")
    [1767571200000, 1767571200007, None, 1767571200005]
    >>> decode_times(b"yesterday")
    []
    """
    before = 0
    times: list[int | None] = []
    for part in header.split(b","):
        try:
            before += int(part) if part else 0
        except ValueError:
            return []
        times.append(before if part else None)
    return times


def header_of(headers: Iterable[tuple[str, bytes]] | None, name: str) -> bytes | None:
    """Return the first header of that name."""
    return next((value for found, value in headers or () if found == name), None)


def source_time(headers: Iterable[tuple[str, bytes]] | None) -> float | None:
    """Return when the event behind an alert left its producer, in seconds since 1970, if its headers say so.

    Examples
    --------
    >>> source_time([("source-time", b"1767571200250")])
    1767571200.25
    """
    header = header_of(headers, SOURCE_TIME)
    times = decode_times(header) if header else []
    return times[0] / 1000 if times and times[0] is not None else None
