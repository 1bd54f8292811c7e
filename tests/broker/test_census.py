"""What units have, as the pages of all workers say it together, while workers come and go and customers move."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from pathlib import Path
from urllib.request import urlopen

import pytest

from models.rows import decode_row
from schemas.alerts import LEVELS, STAGES
from streams.broker import EmbeddedBroker
from streams.settings import Settings
from tests.support.events import call
from tests.support.journal import broker_settings, prepare_topics, write_journal
from tests.support.outcomes import engine_offsets, rows_on_topic
from tests.support.settling import READY
from tests.support.worker_process import REAL, WorkerProcess

pytestmark = pytest.mark.broker

PARTITIONS = 3
CUSTOMERS = [f"c_{number:02}" for number in range(30)]
PLACES = {"HQ": "HQ", "HQ/G": "HQ/G", "HQ/G/S/Futian": "HQ/G/S", "HQ/F": "HQ", "elsewhere": "other"}
"""Where customers are served, and the unit that answers for it."""
TEXTS = ("打了三次都没人回，我要投诉到银保监！", "你好，请问怎么缴费", "太差了，没人管")

Counts = Counter[tuple[str, str]]


@pytest.fixture
async def settings(embedded_broker: EmbeddedBroker, tmp_path: Path) -> Settings:
    """A journal of some partitions, and a company of three units."""
    file = tmp_path / "organisation.toml"
    units = (f'[[units]]\npath = "{path}"\nowner = "role:{path}"\n' for path in ("HQ", "HQ/G", "HQ/G/S"))
    file.write_text("\n".join(units), encoding="utf-8")
    settings = broker_settings(
        embedded_broker.bootstrap_servers, partitions=PARTITIONS, clock="event", organisation=file
    )
    await prepare_topics(settings)
    return settings


async def everybody_calls(settings: Settings, day: int) -> None:
    """Let every customer call once, each day from another place, and wait until all is scored."""
    events = []
    for number, key in enumerate(CUSTOMERS):
        place, text = list(PLACES)[(number + day) % len(PLACES)], TEXTS[(number + day) % len(TEXTS)]
        events.append(call(key, day=day, event_id=f"{key}-{day}", text=text, org_path=place))
    await write_journal(settings, events, max_lines=len(events))
    async with asyncio.timeout(120):
        while await engine_offsets(settings) != dict.fromkeys(range(PARTITIONS), day):  # noqa: ASYNC110
            await asyncio.sleep(0.3)


async def by_hand(settings: Settings) -> Counts:
    """Count the newest rows of the changelog."""
    counts = Counts()
    for row in (await rows_on_topic(settings)).values():
        state = decode_row(row)
        unit = PLACES[state.org_path]
        counts[unit, STAGES[state.stage]] += 1
        counts.update((unit, LEVELS[alert.level]) for alert in state.alerts if alert.told)
    return counts


async def shown(*workers: WorkerProcess) -> Counts:
    """Add up what the pages of workers say."""
    counts = Counts()
    for worker in workers:
        # Started again, a worker has another port.
        await worker.has_said("web_listens")
        port = int(re.findall(r"web_listens .*port=(\d+)", worker.said())[-1])
        page = (await asyncio.to_thread(urlopen, f"http://127.0.0.1:{port}/metrics", timeout=10)).read().decode()
        gauge = r'^foreshock_unit_(?:customers|open_alerts)\{(?:stage|level)="(\w+)",unit="([^"]+)"\} ([0-9.]+)$'
        for name, unit, value in re.findall(gauge, page, re.MULTILINE):
            counts[unit, name] += int(float(value))
    return +counts


async def assert_shown(settings: Settings, *workers: WorkerProcess) -> Counts:
    """Workers show what the rows say, a moment after the rows are there."""
    expected = await by_hand(settings)
    async with asyncio.timeout(30):
        while await shown(*workers) != expected:  # noqa: ASYNC110
            await asyncio.sleep(0.3)
    return expected


@pytest.mark.timeout(400)  # two processes start, one of them twice, and on a busy machine each takes a minute
async def test_units_are_counted_while_workers_are_killed_and_customers_move(
    settings: Settings, tmp_path: Path
) -> None:
    first = WorkerProcess(settings, tmp_path / "first.log", REAL)
    second = WorkerProcess(settings, tmp_path / "second.log", REAL)
    with first, second:
        await first.has_said(READY, timeout_seconds=90)
        await second.has_said(READY, timeout_seconds=90)
        await everybody_calls(settings, 0)
        began = await assert_shown(settings, first, second)
        first.kill()
        await second.has_said(READY, times=2, timeout_seconds=90)
        await everybody_calls(settings, 1)
        moved = await assert_shown(settings, second)
        first.start()
        await first.has_said(READY, times=2, timeout_seconds=90)
        await everybody_calls(settings, 2)
        ended = await assert_shown(settings, first, second)

    for counts in (began, moved, ended):
        assert sum(counts[unit, stage] for unit in {*PLACES.values()} for stage in STAGES) == len(CUSTOMERS)
    assert {unit for unit, column in ended if column in ("orange", "red")} == {*PLACES.values()}, "too little is open"
