"""A real Alertmanager is told what is open, again after it forgot, and what is no longer."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.alerts import CAUSES, LEVELS, Alert
from schemas.errors import SinkRefusedError, SinkUnavailableError
from sinks.alertmanager import Alertmanagers, AlertmanagerSink
from sinks.firing import AlertPortrait
from sinks.metrics.units import Units
from tests.support.alertmanager import AlertmanagerNode
from tests.support.alerts import SOME_TIME, alert
from tests.support.ports import free_port
from tests.support.receivers import Answer, Receiver

pytestmark = pytest.mark.alertmanager
LOW = {"level": "yellow"}
Sink = AlertmanagerSink[Alert]


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def node(tmp_path: Path) -> Iterator[AlertmanagerNode]:
    with AlertmanagerNode(tmp_path) as node:
        yield node


@pytest.fixture
async def sink(node: AlertmanagerNode) -> AsyncIterator[Sink]:
    sink = AlertmanagerSink(Alertmanagers((node.url,)), AlertPortrait())
    yield sink
    await sink.close()


def labels(node: AlertmanagerNode) -> list[tuple[str, str, str]]:
    return [tuple(each["labels"][name] for name in ("alert_id", "level", "acknowledged")) for each in node.firing()]


async def test_an_open_alert_fires_with_its_reasons_and_without_its_customer(
    node: AlertmanagerNode, sink: Sink
) -> None:
    await sink.deliver(alert("a", org_path="HQ/South/Shenzhen/Futian", claim_ref="CLM-1"))

    (firing,) = node.firing()
    assert firing["labels"] == {
        "alertname": "ForeshockAlert",
        "alert_id": "a",
        "cause": "threat",
        "level": "orange",
        "acknowledged": "no",
        "unit": "HQ/South",
    }
    assert firing["annotations"]["reasons_zh"] == "客户提到要向监管投诉"
    assert firing["annotations"]["reasons_en"] == "Named the regulator"
    assert firing["annotations"]["org_path"] == "HQ/South/Shenzhen/Futian"
    assert firing["startsAt"] == "2026-01-05T00:00:00.000Z"
    assert "c_1" not in str(firing)


async def test_labels_come_from_closed_sets_but_for_the_id_and_the_unit(node: AlertmanagerNode, sink: Sink) -> None:
    for number, cause in enumerate(CAUSES):
        await sink.deliver(alert(f"a{number}", cause=cause))

    closed = {
        "alertname": {"ForeshockAlert"},
        "cause": set(CAUSES),
        "level": set(LEVELS),
        "acknowledged": {"yes", "no"},
    }
    for firing in node.firing():
        assert firing["labels"].keys() == closed.keys() | {"alert_id", "unit"}
        assert all(firing["labels"][name] in values for name, values in closed.items())


async def test_who_answers_is_a_label_and_an_alert_that_goes_up_fires_for_whom_it_has_gone_up_to(
    node: AlertmanagerNode, sink: Sink
) -> None:
    await sink.deliver(alert("a", owner="claims-desk", supervisor="HQ/South"))
    (before,) = node.firing()
    await sink.deliver(alert("a", 1, transition="escalated", owner="head-office", supervisor="HQ"))
    (after,) = node.firing()

    assert (before["labels"]["owner"], before["labels"]["supervisor"]) == ("claims-desk", "HQ/South")
    assert (after["labels"]["owner"], after["labels"]["supervisor"]) == ("head-office", "HQ")


async def test_the_unit_is_named_as_in_metrics(node: AlertmanagerNode) -> None:
    units = Units(["HQ", "HQ/South", "HQ/South/Shenzhen"])
    sink = AlertmanagerSink(Alertmanagers((node.url,)), AlertPortrait(units.of))
    for number, place in enumerate(["HQ/South/Shenzhen/Futian", "HQ/South/Zhuhai", "Nowhere"]):
        await sink.deliver(alert(f"a{number}", org_path=place))
    await sink.close()

    assert [one["labels"]["unit"] for one in node.firing()] == ["HQ/South/Shenzhen", "HQ/South", "other"]
    assert {one["labels"]["unit"] for one in node.firing()} <= set(units.values)


@pytest.mark.parametrize("end", ["resolved", "expired", "dismissed", "complained"])
async def test_what_is_over_is_resolved(node: AlertmanagerNode, sink: Sink, end: str) -> None:
    await sink.deliver(alert("a"))
    await sink.deliver(alert("b"))
    await sink.deliver(alert("a", 1, transition=end))

    assert labels(node) == [("b", "orange", "no")]


async def test_a_level_that_changes_leaves_one_alert_and_below_the_threshold_none(
    node: AlertmanagerNode, sink: Sink
) -> None:
    await sink.deliver(alert("a"))
    await sink.deliver(alert("a", 1, transition="raised", level="red"))
    assert labels(node) == [("a", "red", "no")]

    await sink.deliver(alert("a", 2, transition="lowered", level="yellow"))
    assert labels(node) == []


async def test_an_acknowledged_alert_can_be_routed_to_nobody_until_it_grows(node: AlertmanagerNode, sink: Sink) -> None:
    await sink.deliver(alert("a"))
    await sink.deliver(alert("a", 1, transition="acknowledged"))
    assert labels(node) == [("a", "orange", "yes")]

    await sink.deliver(alert("a", 2, transition="raised", level="red"))
    assert labels(node) == [("a", "red", "no")]


async def test_a_repeated_transition_changes_nothing(node: AlertmanagerNode, sink: Sink) -> None:
    await sink.deliver(alert("a"))
    await sink.deliver(alert("a", 1, transition="raised", level="red"))
    await sink.deliver(alert("a"))

    assert labels(node) == [("a", "red", "no")]


async def test_an_alertmanager_that_forgot_is_reminded(node: AlertmanagerNode) -> None:
    clock = Clock()
    sink = AlertmanagerSink(Alertmanagers((node.url,)), AlertPortrait(), clock=clock)
    await sink.deliver(alert("a"))
    await sink.deliver(alert("b"))
    await sink.deliver(alert("b", 1, transition="resolved"))
    node.stop()
    clock.seconds = 61
    await sink.keep()  # nobody there: a warning, not an error
    node.start()
    assert labels(node) == []

    clock.seconds = 122
    await sink.keep()
    assert labels(node) == [("a", "orange", "no")]
    await sink.close()


async def test_after_a_restart_what_was_open_is_known_from_the_topic(node: AlertmanagerNode, sink: Sink) -> None:
    await sink.deliver(alert("a", org_path="HQ/North"))
    await sink.deliver(alert("a", 1, transition="acknowledged", org_path="HQ/North"))
    second = AlertmanagerSink(Alertmanagers((node.url,)), AlertPortrait())
    for sequence, transition in enumerate(["opened", "acknowledged"]):
        second.recall(alert("a", sequence, transition=transition, org_path="HQ/North"))
    # The customer has moved, so the labels that must be resolved are not those of the last transition.
    await second.deliver(alert("a", 2, transition="raised", level="red", org_path="HQ/South"))

    assert labels(node) == [("a", "red", "no")]
    await second.close()


async def test_an_alert_fires_on_while_no_worker_runs(node: AlertmanagerNode, sink: Sink) -> None:
    await sink.deliver(alert("a"))

    (firing,) = node.firing()
    hours = (timedelta(hours=23), timedelta(hours=25))
    now, ends = firing["updatedAt"], firing["endsAt"]
    assert hours[0] < _moment(ends) - _moment(now) < hours[1]


async def test_the_pager_hears_of_the_begin_and_of_the_end(tmp_path: Path) -> None:
    async with Receiver() as pager:
        with AlertmanagerNode(tmp_path, pager.url) as node:
            sink = AlertmanagerSink(Alertmanagers((node.url,)), AlertPortrait())
            await sink.deliver(alert("a"))
            await _until(lambda: pager_told(pager, "firing") == {"a"})
            await sink.deliver(alert("a", 1, transition="resolved"))
            await _until(lambda: pager_told(pager, "resolved") == {"a"})
            await sink.close()


async def test_one_member_of_a_cluster_is_enough_and_the_other_hears_later(
    node: AlertmanagerNode, tmp_path: Path
) -> None:
    async with Receiver(Answer(200)) as other:
        other.next.append(Answer(503))
        clock = Clock()
        sink = AlertmanagerSink(Alertmanagers((other.url, node.url)), AlertPortrait(), clock=clock)
        await sink.deliver(alert("a"))
        assert other.taken == []

        clock.seconds = 61
        await sink.keep()
        assert [each["labels"]["alert_id"] for each in json.loads(other.taken[0].body)] == ["a"]
        await sink.close()


async def test_nobody_there_can_pass_and_a_refusal_cannot() -> None:
    gone = AlertmanagerSink(Alertmanagers((f"http://127.0.0.1:{free_port()}",)), AlertPortrait())
    with pytest.raises(SinkUnavailableError):
        await gone.deliver(alert("a"))
    await gone.close()

    async with Receiver(Answer(400)) as receiver:
        refusing = AlertmanagerSink(Alertmanagers((receiver.url,)), AlertPortrait())
        with pytest.raises(SinkRefusedError):
            await refusing.deliver(alert("a"))
        await refusing.close()


async def test_an_alert_that_never_fires_is_never_posted() -> None:
    async with Receiver() as receiver:
        sink = AlertmanagerSink(Alertmanagers((receiver.url,)), AlertPortrait())
        await sink.deliver(alert("a", **LOW))
        await sink.deliver(alert("a", 1, transition="resolved", at=SOME_TIME, **LOW))
        await sink.close()

        assert receiver.seen == []


async def test_very_much_that_is_open_is_reminded_of_over_several_calls() -> None:
    async with Receiver() as receiver:
        clock = Clock()
        sink = AlertmanagerSink(Alertmanagers((receiver.url,)), AlertPortrait(), clock=clock)
        for number in range(450):
            sink.recall(alert(f"a{number}"))
        clock.seconds = 61
        for _ in range(5):
            await sink.keep()
        await sink.close()

        reminded = [[one["labels"]["alert_id"] for one in json.loads(request.body)] for request in receiver.taken]
    assert [len(page) for page in reminded] == [200, 200, 50]
    assert len({alert_id for page in reminded for alert_id in page}) == 450


async def test_a_member_that_hangs_keeps_no_other_from_its_answer() -> None:
    async with Receiver(Answer(wait_seconds=30)) as first, Receiver(Answer(wait_seconds=30)) as second:
        timeout = timedelta(seconds=0.5)
        sink = AlertmanagerSink(Alertmanagers((first.url, second.url), timeout=timeout), AlertPortrait())
        began_at = time.monotonic()
        with pytest.raises(SinkUnavailableError):
            await sink.deliver(alert("a"))
        took = time.monotonic() - began_at
        await sink.close()

    assert took < 0.9
    assert sink.longest == timeout


def pager_told(pager: Receiver, status: str) -> set[str]:
    """Ids of the alerts that the pager was told to be in this status."""
    told = [one for request in pager.taken for one in json.loads(request.body)["alerts"]]
    return {one["labels"]["alert_id"] for one in told if one["status"] == status}


async def _until(is_so: Any) -> None:
    async with asyncio.timeout(150):
        while not is_so():  # noqa: ASYNC110 - a list announces nothing
            await asyncio.sleep(0.05)


def _moment(text: str) -> timedelta:
    """Since the epoch."""
    return datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
