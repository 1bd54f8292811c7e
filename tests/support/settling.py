"""Events are fed, workers come and go, and in the end everything is counted: what is there is what should be."""

from __future__ import annotations

import asyncio
import re
from collections import Counter

import orjson

from streams.settings import Settings
from tests.support.counting import counted_position
from tests.support.journal import call, read_topic, write_journal
from tests.support.worker_process import WorkerProcess

CUSTOMERS = 50
READY = "state_recovered"


async def feed(settings: Settings, first: int, last: int, seconds: float = 0.0, portions: int = 10) -> None:
    """Write events of these numbers, over some time so that faults find some written and some not."""
    size = max(1, (last - first) // portions)
    for start in range(first, last, size):
        await write_journal(settings, [call(n, CUSTOMERS) for n in range(start, min(start + size, last))])
        await asyncio.sleep(seconds / portions)


async def settled(settings: Settings, events: int, *workers: WorkerProcess, timeout_seconds: float = 150.0) -> None:
    """Wait until every event is counted in a row."""
    deadline = asyncio.get_running_loop().time() + timeout_seconds
    while sum((await row_counts(settings)).values()) < events:
        said = "\n".join(worker.said()[-2000:] for worker in workers)
        assert asyncio.get_running_loop().time() < deadline, said
        await asyncio.sleep(0.2)


async def row_counts(settings: Settings) -> dict[str, int]:
    """Per customer, the count in the row with the highest position."""
    newest: dict[str, tuple[tuple[str, tuple[int, int]], int]] = {}
    for record in await read_topic(settings, "score-states-changelog"):
        if record.value is not None and not record.key.startswith(b"@"):
            row = counted_position(record.value), orjson.loads(record.value)[4]
            newest[record.key.decode()] = max(newest.get(record.key.decode(), row), row)
    return {key: count for key, (_, count) in newest.items()}


async def assert_exact(settings: Settings, events: int) -> None:
    """Nothing lost, every alert right, every row as if nothing had happened."""
    expected: Counter[str] = Counter()
    sequences = {}
    for number in range(events):
        event = call(number, CUSTOMERS)
        expected[event.customer_id] += 1
        sequences[event.event_id] = {expected[event.customer_id]}
    found: dict[str, set[int]] = {}
    for record in await read_topic(settings, "alerts"):
        alert = orjson.loads(record.value or b"")
        found.setdefault(alert["alert_id"], set()).add(alert["sequence"])

    assert found == sequences
    assert await row_counts(settings) == expected


def recoveries(worker: WorkerProcess) -> list[int]:
    """How many rows each recovery of a worker has read."""
    return [int(rows) for rows in re.findall(rf"{READY} .*?rows=(\d+)", worker.said())]
