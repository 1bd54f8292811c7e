"""History read at once, or in portions between outages, gives the same alerts about many customers as a replay."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from foreshock.simulate.emission import Emission
from foreshock.simulate.feed import feed
from schemas.aggregates import AggregateAlert
from schemas.codec import decode_as, encode
from schemas.ticks import Tick
from streams.broker import EmbeddedBroker
from streams.settings import Settings
from tests.support.journal import broker_settings, call, prepare_topics, read_topic
from tests.support.outcomes import aggregates_on_topic, settled
from tests.support.parity import worker_of, world
from tests.support.peers import CHECKOUT

PARAMS = """
[params.aggregates]
warm_up_days = 7
unit = { customers = 2, days = 3, keep = 2 }
product = { customers = 3, days = 3, keep = 2 }
improbable = 0.1
calm_above = 0.3

[params.learning]
snapshot_examples = 1000000
"""
"""So small that much happens within weeks; and no model, because what it has learned depends on the pace."""

LATENESS = timedelta(hours=1)


class History(NamedTuple):
    """Some of a world's events, each at a moment of its own."""

    emissions: Sequence[Emission]

    def events(self) -> Iterator[Emission]:
        return iter(self.emissions)

    def parts(self, count: int) -> Iterator[History]:
        """So many parts of it, one after the other."""
        size = -(-len(self.emissions) // count)
        return (History(self.emissions[start : start + size]) for start in range(0, len(self.emissions), size))


def history() -> History:
    """Five weeks in the order in which they happened, and an event days later, after which all of them are over."""
    told, moments = list[Emission](), set[Any]()
    found = [each for each in world(days=35).events() if each.event is not None]
    for emission in sorted(found, key=lambda each: each.event.occurred_at):  # type: ignore[union-attr]
        assert emission.event is not None
        if emission.event.occurred_at not in moments:
            moments.add(emission.event.occurred_at)
            told.append(emission)
    last = call(1).model_copy(update={"occurred_at": max(moments) + timedelta(days=5)})
    return History([*told, Emission(last.occurred_at, "calls", encode(last), b"last", last)])


def replayed(settings: Settings, folder: Path, events: History) -> dict[str, bytes]:
    """What `foreshock replay` says of the same events."""
    (folder / "events.jsonl").write_bytes(b"".join(encode(each.event) + b"\n" for each in events.events()))  # type: ignore[arg-type]
    command = [sys.executable, "-m", "foreshock", "replay", "events.jsonl", "--aggregates", "many.jsonl", "--quiet"]
    hours = str(LATENESS / timedelta(hours=1))
    subprocess.run(
        [*command, "--lateness-hours", hours],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "FORESHOCK_PARAMS_FILE": str(settings.params_file)},
        check=True,
        timeout=120,
    )
    told = [decode_as(AggregateAlert, line) for line in (folder / "many.jsonl").read_bytes().splitlines()]
    return {each.identity: encode(each) for each in told}


async def longest_leap(settings: Settings) -> timedelta:
    """The most time between two ticks of a journal partition."""
    leaps = [timedelta(0)]
    for partition in range(settings.partitions):
        records = [each for each in await read_topic(settings, "journal") if each.partition == partition]
        lines = [line for each in records for line in (each.value or b"").split(b"\n") if b'"kind":"tick"' in line]
        ticks = [decode_as(Tick, line).at for line in lines]
        leaps += [after - before for before, after in pairwise(ticks)]
    return max(leaps)


@pytest.mark.timeout(360)
@pytest.mark.parametrize(
    ("portion", "outages"),
    [
        pytest.param(50_000, 0, id="at once"),
        pytest.param(300, 2, id="in portions, with outages", marks=pytest.mark.long),
    ],
)
async def test_the_speed_of_a_back_fill_changes_no_alert_about_many(
    embedded_broker: EmbeddedBroker, tmp_path: Path, portion: int, outages: int
) -> None:
    params_file = tmp_path / "params.toml"
    params_file.write_text(PARAMS, encoding="utf-8")
    settings = broker_settings(
        embedded_broker.bootstrap_servers,
        partitions=3,
        clock="event",
        params_file=params_file,
        fetch_records=portion,
        allowed_lateness_seconds=LATENESS.total_seconds(),
    )
    await prepare_topics(settings)
    events = history()
    expected = replayed(settings, tmp_path, events)
    told = Counter((each.by, each.transition) for each in (decode_as(AggregateAlert, raw) for raw in expected.values()))
    assert {("unit", "opened"), ("unit", "expired"), ("product", "opened"), ("household", "opened")} <= told.keys()

    fed = 0
    for part in events.parts(outages + 1):
        fed += await feed(part, settings.bootstrap_servers, settings.topic_prefix, None, asyncio.Event())  # type: ignore[arg-type]
        with worker_of(settings, tmp_path, "ingest,score,group"):
            await settled(settings, fed)
            found = await aggregates_on_topic(settings, len(expected) if fed == len(events.emissions) else 0)

    assert found == expected
    if not outages:
        assert await longest_leap(settings) > timedelta(days=3), "time went by evenly: the test shows less than it says"
