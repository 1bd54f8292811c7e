"""The three promises of every sink. A new destination is one more line in `SINKS`."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from schemas.alerts import Alert
from schemas.codec import decode_as
from schemas.errors import SinkError, SinkUnavailableError
from sinks.abilities import TakesLong
from sinks.base import Sink
from sinks.jsonl import JsonlSink
from sinks.log import LogSink
from sinks.prometheus import SINKS as SINK_LABELS
from streams.sink_settings import ChatName, SinkName
from tests.support import destinations
from tests.support.alerts import alert
from tests.support.destinations import Destination, Given

SINKS = [
    destinations.memory,
    destinations.jsonl,
    destinations.log,
    destinations.webhook,
    pytest.param(destinations.alertmanager, marks=pytest.mark.alertmanager),
    destinations.sqlite,
    pytest.param(destinations.postgresql, marks=pytest.mark.postgresql),
    destinations.webhook_aggregates,
    destinations.sqlite_aggregates,
    pytest.param(destinations.postgresql_aggregates, marks=pytest.mark.postgresql),
    pytest.param(destinations.alertmanager_aggregates, marks=pytest.mark.alertmanager),
    destinations.wecom,
    destinations.dingtalk,
    destinations.feishu,
    destinations.slack,
    destinations.email,
    destinations.wecom_aggregates,
    destinations.dingtalk_aggregates,
    destinations.feishu_aggregates,
    destinations.slack_aggregates,
    destinations.email_aggregates,
]
NAMES = [
    *("memory", "jsonl", "log", "webhook", "alertmanager", "sqlite", "postgresql"),
    *("webhook_aggregates", "sqlite_aggregates", "postgresql_aggregates", "alertmanager_aggregates"),
    *get_args(ChatName),
    *(f"{name}_aggregates" for name in get_args(ChatName)),
]


@pytest.fixture(params=SINKS, ids=NAMES)
async def destination(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Destination]:
    async with request.param(Given(tmp_path, caplog, monkeypatch)) as destination:
        yield destination


async def test_delivering_returns_once_the_destination_has_the_alert(destination: Destination) -> None:
    sink = destination.make()
    await sink.deliver(destination.told("a"))

    assert destination.read(sink) == [("a", 0)]
    await sink.close()


async def test_the_same_transition_twice_is_there_once(destination: Destination) -> None:
    sink = destination.make()
    for _ in range(2):
        await sink.deliver(destination.told("a"))
        await sink.deliver(destination.told("a", 1, transition="raised", level="red"))

    assert destination.read(sink) == ([("a", 0)] if destination.keeps_transitions else []) + [("a", 1)]
    await sink.close()


async def test_another_process_that_delivers_again_changes_nothing(destination: Destination) -> None:
    first = destination.make()
    if first.name in {"memory", "log"}:
        pytest.skip("what these hold ends with their process")
    for sink in (first, destination.make()):
        await sink.deliver(destination.told("a"))
        await sink.deliver(destination.told("a", 1, transition="raised", level="red"))
        await sink.close()

    assert destination.read(first) == ([("a", 0)] if destination.keeps_transitions else []) + [("a", 1)]


async def test_a_transition_that_will_be_known_one_day_is_delivered_like_any_other(destination: Destination) -> None:
    sink = destination.make()
    await sink.deliver(destination.told("a"))
    await sink.deliver(destination.told("a", 1).model_copy(update={"transition": "handed_over"}))

    await sink.close()  # robots tell only what people asked for, the others have it: no error is all that is common


async def test_a_destination_that_is_gone_can_come_back_and_then_takes_the_alert(destination: Destination) -> None:
    if not destination.can_fail:
        pytest.skip("its destination is this process or this disk")
    sink = destination.make()
    await destination.take_away()
    with pytest.raises(SinkUnavailableError) as raised:
        await sink.deliver(destination.told("a"))
    await destination.give_back()
    await sink.deliver(destination.told("a"))

    assert raised.value.retriable
    assert destination.read(sink) == [("a", 0)]
    await sink.close()


async def test_a_sink_that_waits_for_a_destination_says_how_long_that_can_take(destination: Destination) -> None:
    sink = destination.make()

    assert isinstance(sink, TakesLong) or not destination.can_fail
    assert not isinstance(sink, TakesLong) or timedelta(0) < sink.longest < timedelta(minutes=5)
    await sink.close()


async def test_a_sink_is_a_sink_and_can_be_closed_unused(destination: Destination) -> None:
    sink = destination.make()

    assert isinstance(sink, Sink)
    assert sink.name in SINK_LABELS
    await sink.close()


def test_every_sink_that_settings_can_name_is_held_to_the_promises() -> None:
    named = {name for literal in get_args(SinkName) for name in (get_args(literal) or (literal,))}

    assert named - {"database"} <= set(NAMES)
    assert {"sqlite", "postgresql"} <= set(NAMES)


async def test_what_a_file_already_holds_is_not_written_again_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    for _ in range(2):
        sink = JsonlSink(path)
        await sink.deliver(alert("a"))
        await sink.close()

    assert len(path.read_bytes().splitlines()) == 1


async def test_a_line_that_a_crash_cut_short_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    sink = JsonlSink(path)
    await sink.deliver(alert("a"))
    await sink.deliver(alert("b"))
    await sink.close()
    path.write_bytes(path.read_bytes()[:-20])

    sink = JsonlSink(path)
    await sink.deliver(alert("b"))
    await sink.close()

    assert [decode_as(Alert, line).alert_id for line in path.read_bytes().splitlines()] == ["a", "b"]


async def test_a_file_that_cannot_be_written_is_a_failure_that_time_may_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(SinkUnavailableError) as raised:
        await JsonlSink(tmp_path / "file" / "alerts.jsonl").deliver(alert("a"))

    assert isinstance(raised.value, SinkError)
    assert raised.value.retriable


async def test_the_log_names_no_text_and_no_person(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "sinks.log")
    await LogSink().deliver(alert("a"))

    facts = vars(caplog.records[0])
    assert (facts["alert_id"], facts["level"], facts["reasons"]) == ("a", "orange", ["threat"])
    assert "投诉" not in str(facts)
