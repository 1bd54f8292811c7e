from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from itertools import count

import orjson
import pytest
from click.testing import CliRunner, Result

from foreshock.cli import main
from schemas.aggregates import AggregateAlert
from schemas.codec import encode
from streams.broker import EmbeddedBroker
from streams.connections import new_producer
from streams.outbox import Record, send_records
from streams.settings import load_settings
from tests.support.journal import prepare_topics
from tests.support.observations import aggregates, evidence, watermark
from tests.support.peers import CHECKOUT

pytestmark = pytest.mark.broker

WEEKS = 7 * 24.0
SOUTH = [evidence(name, at=number) for number, name in enumerate("abcde")]
NORTH = [evidence(name, at=3 * WEEKS, org_path="HQ/North", cause="unanswered", level="red") for name in "fghij"]
TOLD = aggregates([watermark(0), *SOUTH, watermark(10), watermark(3 * WEEKS), *NORTH, watermark(3 * WEEKS + 2)])
"""Of two units, the first of which is calm again when the second begins."""

_NUMBERS = count()


async def _write(told: list[AggregateAlert]) -> None:
    settings = load_settings()
    producer = new_producer(settings)
    await producer.start()
    try:
        records = [Record(each.aggregate_id.encode(), encode(each)) for each in told]
        await send_records(producer, settings.topic("aggregates"), 0, records)
    finally:
        await producer.stop()


@pytest.fixture
def topic(embedded_broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A topic of our own, with everything on it twice, as after a crash."""
    monkeypatch.setenv("FORESHOCK_BOOTSTRAP_SERVERS", embedded_broker.bootstrap_servers)
    monkeypatch.setenv("FORESHOCK_PRODUCER_IDEMPOTENCE", "false")
    monkeypatch.setenv("FORESHOCK_TOPIC_PREFIX", f"many{next(_NUMBERS)}.")
    monkeypatch.setenv("FORESHOCK_CLOCK", "event")
    asyncio.run(prepare_topics(load_settings()))
    asyncio.run(_write([*TOLD, *TOLD]))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["aggregates", *arguments])


def listed(*arguments: str) -> list[tuple[str, str]]:
    """Unit and transition of each alert that is listed as JSON."""
    lines = run("list", "--json", *arguments).stdout.splitlines()
    return [(line["org_path"], line["transition"]) for line in map(orjson.loads, lines)]


def test_the_stream_of_these_tests_has_one_that_ended_and_one_that_stands() -> None:
    assert [(alert.org_path, alert.transition) for alert in TOLD] == [
        ("HQ/South/Shenzhen", "opened"),
        ("HQ/South/Shenzhen", "expired"),
        ("HQ/North", "opened"),
    ]


@pytest.mark.usefixtures("topic")
def test_those_that_stand_are_listed_once_and_the_ended_when_asked_for() -> None:
    assert listed() == [("HQ/North", "opened")]
    assert listed("--ended") == [("HQ/North", "opened"), ("HQ/South/Shenzhen", "expired")]

    table = run("list", "--ended", "--lang", "zh")
    assert "机构 HQ/North" in table.stdout
    assert "已结束" in table.stdout
    assert "显示 2 / 2 条" in table.stderr
    in_english = run("list", "--ended")
    assert "ended" in in_english.stdout
    assert "2 of 2 shown" in in_english.stderr


@pytest.mark.usefixtures("topic")
@pytest.mark.parametrize(
    ("asked", "units"),
    [
        (("--org", "HQ/South"), ["HQ/South/Shenzhen"]),
        (("--cause", "unanswered"), ["HQ/North"]),
        (("--level", "red"), ["HQ/North"]),
        (("--level", "红", "--cause", "反馈无人回应", "--kind", "机构"), ["HQ/North"]),
        (("--kind", "unit", "--limit", "1"), ["HQ/North"]),
        (("--kind", "household"), []),
    ],
)
def test_only_what_is_asked_for_is_listed(asked: tuple[str, ...], units: list[str]) -> None:
    assert [unit for unit, _ in listed("--ended", *asked)] == units


@pytest.mark.usefixtures("topic")
def test_one_is_shown_from_its_opening_on_with_its_reasons_and_its_alerts() -> None:
    named = TOLD[0].aggregate_id[:8]
    shown = run("show", named)

    assert shown.stdout.index("opened") < shown.stdout.index("expired")
    assert "5 customers of the unit HQ/South/Shenzhen" in shown.stdout
    assert all(f"alert-{name}" in shown.stdout for name in "abcde")
    assert run("show", named, "--json").stdout.splitlines() == [encode(alert).decode() for alert in TOLD[:2]]


@pytest.mark.usefixtures("topic")
def test_a_name_that_names_none_says_what_to_do() -> None:
    assert "at least the first 6" in run("show", "abc").output
    assert "foreshock aggregates list --ended" in run("show", "00000000").output


@pytest.mark.usefixtures("topic")
def test_whoever_watches_is_told_what_comes_from_now_on() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "foreshock", "aggregates", "watch", "--for", "120s", "--org", "HQ/North", "--json"],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
    ) as watching:
        assert watching.stdout is not None
        deadline = time.monotonic() + 120
        try:
            # Until it has begun to watch nobody knows from when on.
            first = asyncio.run(_told_to(watching, deadline))
        finally:
            watching.kill()

    assert orjson.loads(first)["org_path"] == "HQ/North"


async def _told_to(watching: subprocess.Popen[bytes], deadline: float) -> bytes:
    """Write everything again until the watcher says something."""
    assert watching.stdout is not None
    line = asyncio.create_task(asyncio.to_thread(watching.stdout.readline))
    while not line.done() and time.monotonic() < deadline:
        await _write(TOLD)
        await asyncio.wait([line], timeout=1)
    return await line
