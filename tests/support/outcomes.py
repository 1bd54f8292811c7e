"""What workers left on the topics, once they have gone through everything."""

from __future__ import annotations

import asyncio
import time

from models.partition import RESERVED
from models.rows import row_position
from schemas.aggregates import AggregateAlert
from schemas.alerts import Alert
from schemas.codec import decode_as
from streams.settings import Settings
from streams.topics import CHANGELOG
from tests.support.journal import read_topic


async def settled(settings: Settings, fed: int) -> None:
    """Wait until everything fed is in the journal or a dead letter, and every partition has gone through it all.

    More than was fed may be there: an entrance that was killed reads again what it had not committed. And the
    partitions may have gone through more than is shown, because the embedded broker hides a last batch of several.
    """
    deadline, before = time.monotonic() + 150.0, None
    while True:
        journal = await read_topic(settings, "journal")
        letters = await read_topic(settings, "dead-letters", partitions=1)
        taken = sum(line.count(b'"event_id"') for record in journal for line in (record.value or b"").split(b"\n"))
        ends = {record.partition: record.offset for record in journal}
        through = await engine_offsets(settings)
        if taken + len(letters) >= fed and reached(through, ends) and (ends, through) == before:
            return
        before = ends, through
        assert time.monotonic() < deadline, f"{taken} + {len(letters)} of {fed}, journal {ends}, through {through}"
        await asyncio.sleep(1.0)


def reached(through: dict[int, int], ends: dict[int, int]) -> bool:
    """Whether every partition has gone through its journal up to its end, or further."""
    return through.keys() == ends.keys() and all(through[partition] >= end for partition, end in ends.items())


async def engine_offsets(settings: Settings) -> dict[int, int]:
    """The journal offset that each partition's engine has reached, by the changelog."""
    return {
        record.partition: row_position(record.value)[1].offset
        for record in await read_topic(settings, CHANGELOG)
        if record.value and (record.key or b"").startswith(b"@engine")
    }


async def alerts_on_topic(settings: Settings) -> dict[tuple[str, int], bytes]:
    """Every transition on the topic; a repetition must say the same."""
    found: dict[tuple[str, int], bytes] = {}
    for record in await read_topic(settings, "alerts"):
        alert = decode_as(Alert, record.value or b"")
        assert found.setdefault((alert.alert_id, alert.sequence), record.value or b"") == record.value
    return found


async def aggregates_on_topic(settings: Settings, at_least: int) -> dict[str, bytes]:
    """Every transition of aggregate alerts, once there are so many; a repetition must say the same."""
    deadline = time.monotonic() + 120.0
    while True:
        found: dict[str, bytes] = {}
        for record in await read_topic(settings, "aggregates", partitions=1):
            value = record.value or b""
            assert found.setdefault(decode_as(AggregateAlert, value).identity, value) == value
        if len(found) >= at_least or time.monotonic() > deadline:
            return found


async def rows_on_topic(settings: Settings) -> dict[str, bytes]:
    """The last row of every customer."""
    return {
        f"{record.partition}/{record.key.decode()}": record.value
        for record in await read_topic(settings, CHANGELOG)
        if record.key and not record.key.startswith(RESERVED.encode()) and record.value
    }
