"""Input as it should not be: broken, repeated, shuffled, from the future, too large."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from bench.faults.feeder import Parcel, recent
from bench.faults.scenario import Cast, scenario
from bench.faults.stage import Stage
from schemas.codec import encode
from schemas.ticks import Tick

_OCCURRED_AT = re.compile(rb'("occurred_at"\s*:\s*")[^"]*')
_TEXT_BYTES = (30_000, 60_000, 70_000, 600_000)
"""Two that are taken, and two that are over `max_event_bytes`."""


def _broken(parcels: Sequence[Parcel], random: Random) -> list[Parcel]:
    """Put garbage of every kind between the events."""
    garbage = (b"", b"\xff\xfe\x00", b"null", b"[]", b'{"kind":"call"}', b'{"event_id":' + b"9" * 5000, b"\n" * 50)
    return [
        each
        for parcel in parcels
        for each in ([parcel._replace(value=random.choice(garbage)), parcel] if random.random() < 0.05 else [parcel])
    ]


def _shuffled(parcels: Sequence[Parcel], random: Random) -> list[Parcel]:
    """Repeat every tenth event up to three times, and move each by up to two hundred places."""
    places = []
    for place, parcel in enumerate(parcels):
        times = 1 + (random.random() < 0.1) * random.randint(1, 3)
        places += [(place + random.uniform(0, 200), parcel) for _ in range(times)]
    return [parcel for _, parcel in sorted(places, key=lambda pair: pair[0])]


def _too_large(parcels: Sequence[Parcel], random: Random) -> list[Parcel]:
    """Let one event in fifty say far too much."""
    return [
        parcel._replace(value=_with_text(parcel.value, random.choice(_TEXT_BYTES)))
        if parcel.topic == "calls" and random.random() < 0.02
        else parcel
        for parcel in parcels
    ]


def _with_text(value: bytes, size: int) -> bytes:
    """Make a call say so many bytes; what was said is replaced."""
    marker = value.rfind(b"}")
    without = re.sub(rb',"(text|turns)":("(?:[^"\\]|\\.)*"|\[.*?\])', b"", value[:marker])
    return without + b',"text":"' + b"unhappy " * (size // 8) + b'"}'


def _skewed(parcels: Sequence[Parcel], random: Random) -> list[Parcel]:
    """Let events be of the last weeks, a few of them of tomorrow and a few of years ago."""
    found, now = recent(len(parcels), random), datetime.now(UTC)
    return [parcel._replace(value=_moved(parcel.value, now, random)) for parcel in found]


def _moved(value: bytes, now: datetime, random: Random) -> bytes:
    """Give one event in twenty a time from a wrong clock."""
    if random.random() > 0.05:
        return value
    skew = random.choice((timedelta(days=2), timedelta(seconds=200), -timedelta(days=900)))
    return _OCCURRED_AT.sub(rb"\g<1>" + (now + skew).isoformat().encode(), value, count=1)


@scenario("poison-in-sources", "garbage among the events; SIGKILL halfway", spoil=_broken)
async def poison_in_sources(stage: Stage) -> None:
    """Make dead letters of all of it, once or more."""
    await stage.fed(0.5)
    await stage.worker("a").kill()
    stage.worker("a").start()


@scenario(
    "poison-in-journal",
    "garbage written into the journal by somebody else; SIGKILL halfway",
    short_on=("embedded",),
)
async def poison_in_journal(stage: Stage) -> None:
    """Put between the records what ingest would never write."""
    forged = b'{"kind":"model_command","partition":0,"command":"pin","by":"somebody","at":"2026-01-05T00:00:00Z"}'
    tick = b'{"kind":"tick","at":"2026-01-05T00:00:00Z","partition":1}'
    for share in (0.2, 0.4):
        await stage.fed(share)
        await stage.write("journal", 0, b"", b"\n\n", b"not json", None, b"\xff" * 100, forged)
        await stage.write("journal", 1, tick + b"\nbroken\n" + tick, b"{" * 20_000, b'{"kind":"nothing"}')
    await stage.fed(0.5)
    await stage.worker("a").kill()
    stage.worker("a").start()


@scenario("repeated-and-shuffled", "events repeated and out of order; SIGKILL halfway", spoil=_shuffled)
async def repeated_and_shuffled(stage: Stage) -> None:
    """Feed events up to four times, far from their place."""
    await stage.fed(0.5)
    await stage.worker("a").kill()
    stage.worker("a").start()


@scenario("too-large", "events over the size limit; SIGKILL halfway", spoil=_too_large)
async def too_large(stage: Stage) -> None:
    """Refuse what would not fit the journal, and fit what is large."""
    await stage.fed(0.5)
    await stage.worker("a").kill()
    stage.worker("a").start()


@scenario(
    "clock-skew",
    "wall clock; events from tomorrow and from years ago, a tick of a wrong clock; SIGKILL halfway",
    cast={"a": Cast(), "t": Cast(roles="tick")},
    settings={"clock": "wall", "tick_seconds": 1.0},
    spoil=_skewed,
)
async def clock_skew(stage: Stage) -> None:
    """Disagree about the time, three times over."""
    await stage.fed(0.3)
    for partition in range(stage.settings.partitions):
        await stage.write(
            "journal", partition, encode(Tick(at=datetime.now(UTC) + timedelta(hours=5), partition=partition))
        )
    await stage.fed(0.5)
    await stage.worker("a").kill()
    stage.worker("a").start()
    await stage.fed(1.0)
    # Ticks would go on for ever, and the end be never reached.
    await stage.worker("t").stop()
