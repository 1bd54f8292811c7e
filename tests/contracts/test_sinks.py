"""The three promises of every sink. A new destination is one more line in `SINKS`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.alerts import Alert
from schemas.codec import decode_as
from schemas.errors import SinkError, SinkUnavailableError
from sinks.base import Sink
from sinks.jsonl import JsonlSink
from sinks.log import LogSink
from sinks.memory import MemorySink
from tests.support.alerts import alert


class Destination:
    """A sink, how to read what its destination has, and how to make another sink to the same destination."""

    def __init__(self, make: Callable[[], Sink], read: Callable[[Sink], list[tuple[str, int]]]) -> None:
        self.make = make
        self.read = read


def memory(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Destination:
    def read(sink: Sink) -> list[tuple[str, int]]:
        assert isinstance(sink, MemorySink)
        return [(alert.alert_id, alert.sequence) for alert in sink.delivered]

    return Destination(MemorySink, read)


def jsonl(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Destination:
    path = tmp_path / "new" / "alerts.jsonl"

    def read(_: Sink) -> list[tuple[str, int]]:
        alerts = [decode_as(Alert, line) for line in path.read_bytes().splitlines()]
        return [(alert.alert_id, alert.sequence) for alert in alerts]

    return Destination(lambda: JsonlSink(path), read)


def log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Destination:
    caplog.set_level(logging.INFO, "sinks.log")

    def read(_: Sink) -> list[tuple[str, int]]:
        return [(vars(record)["alert_id"], vars(record)["sequence"]) for record in caplog.records]

    return Destination(LogSink, read)


SINKS = [memory, jsonl, log]


@pytest.fixture(params=SINKS, ids=lambda make: make.__name__)
def destination(request: pytest.FixtureRequest, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Destination:
    made: Destination = request.param(tmp_path, caplog)
    return made


async def test_delivering_returns_once_the_destination_has_the_alert(destination: Destination) -> None:
    sink = destination.make()
    await sink.deliver(alert("a"))

    assert destination.read(sink) == [("a", 0)]
    await sink.close()


async def test_the_same_transition_twice_is_there_once(destination: Destination) -> None:
    sink = destination.make()
    for _ in range(2):
        await sink.deliver(alert("a"))
        await sink.deliver(alert("a", sequence=1))

    assert destination.read(sink) == [("a", 0), ("a", 1)]
    await sink.close()


async def test_a_sink_is_a_sink_and_can_be_closed_unused(destination: Destination) -> None:
    sink = destination.make()

    assert isinstance(sink, Sink)
    await sink.close()


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
