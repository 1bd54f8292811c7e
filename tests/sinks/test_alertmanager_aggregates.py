"""A real Alertmanager is told what many customers have in common, while it lasts, and never of whom."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.aggregates import GROUP_KINDS, AggregateAlert
from schemas.alerts import CAUSES, LEVELS
from sinks.alertmanager import Alertmanagers, AlertmanagerSink
from sinks.firing import AggregatePortrait, AlertPortrait
from sinks.metrics.units import Units
from sinks.places import Post
from tests.support.alertmanager import AlertmanagerNode
from tests.support.alerts import alert
from tests.support.destinations import severe

pytestmark = pytest.mark.alertmanager

UNITS = Units(["HQ", "HQ/South"])
POSTS = {"HQ/South": Post("claims-desk", "HQ/South"), "HQ": Post("head-office", "HQ")}


@pytest.fixture
def node(tmp_path: Path) -> Iterator[AlertmanagerNode]:
    with AlertmanagerNode(tmp_path) as node:
        yield node


@pytest.fixture
async def sink(node: AlertmanagerNode) -> AsyncIterator[AlertmanagerSink[AggregateAlert]]:
    sink = made(node)
    yield sink
    await sink.close()


def made(node: AlertmanagerNode, **options: Any) -> AlertmanagerSink[AggregateAlert]:
    told = Alertmanagers((node.url,))
    return AlertmanagerSink(told, AggregatePortrait(UNITS.of, POSTS.get), "alertmanager_aggregates", **options)


def levels(node: AlertmanagerNode) -> list[tuple[str, str]]:
    return [(one["labels"]["aggregate_id"], one["labels"]["level"]) for one in node.firing()]


async def test_what_many_have_in_common_fires_with_its_numbers_and_who_answers(
    node: AlertmanagerNode, sink: AlertmanagerSink[AggregateAlert]
) -> None:
    await sink.deliver(severe("s"))

    (firing,) = node.firing()
    assert firing["labels"] == {
        "alertname": "ForeshockAggregate",
        "aggregate_id": "s",
        "grouped_by": "unit",
        "cause": "claim_stalled",
        "level": "orange",
        "unit": "HQ/South",
        "owner": "claims-desk",
        "supervisor": "HQ/South",
    }
    assert firing["annotations"] == {
        "reasons_zh": "五位客户理赔停滞",
        "reasons_en": "Five claims stand",
        "org_path": "HQ/South",
        "group": "HQ/South",
        "customers": "5",
        "severe": "1",
        "days": "7",
        "usual": "0.25",
        "transition": "opened",
        "sequence": "0",
        "owner": "claims-desk",
        "supervisor": "HQ/South",
    }
    assert firing["startsAt"] == "2026-01-05T00:00:00.000Z"


async def test_labels_come_from_closed_sets_but_for_the_id(
    node: AlertmanagerNode, sink: AlertmanagerSink[AggregateAlert]
) -> None:
    for number, cause in enumerate(CAUSES):
        by = GROUP_KINDS[number % len(GROUP_KINDS)]
        await sink.deliver(severe(f"s{number}", cause=cause, by=by, key=f"key-{number}", org_path=f"Branch {number}"))

    closed = {
        "alertname": {"ForeshockAggregate"},
        "grouped_by": set(GROUP_KINDS),
        "cause": set(CAUSES),
        "level": set(LEVELS),
        "unit": set(UNITS.values),
    }
    assert len(node.firing()) == len(CAUSES)
    for firing in node.firing():
        assert firing["labels"].keys() == closed.keys() | {"aggregate_id"}
        assert all(firing["labels"][name] in values for name, values in closed.items())


async def test_a_product_is_named_in_the_texts_and_a_household_nowhere(
    node: AlertmanagerNode, sink: AlertmanagerSink[AggregateAlert]
) -> None:
    await sink.deliver(severe("a", by="product", key="P-100", usual=None, chance=None))
    await sink.deliver(severe("b", by="household", key="h_secret", usual=None, chance=None))

    product, household = node.firing()
    assert product["annotations"]["group"] == "P-100"
    assert "P-100" not in str(product["labels"])
    assert "h_secret" not in str(household)
    assert household["labels"]["grouped_by"] == "household"


async def test_it_fires_until_nothing_supports_it_any_more(
    node: AlertmanagerNode, sink: AlertmanagerSink[AggregateAlert]
) -> None:
    told = []
    for sequence, (transition, level) in enumerate(
        [("opened", "orange"), ("grown", "orange"), ("raised", "red"), ("lowered", "yellow"), ("raised", "orange")]
    ):
        await sink.deliver(severe("s", sequence, transition=transition, level=level))
        told.append(levels(node))
    await sink.deliver(severe("s", 5, transition="expired"))

    orange, red = [("s", "orange")], [("s", "red")]
    assert told == [orange, orange, red, [], orange]
    assert levels(node) == []


async def test_one_that_outgrows_its_branch_fires_for_the_unit_above(
    node: AlertmanagerNode, sink: AlertmanagerSink[AggregateAlert]
) -> None:
    await sink.deliver(severe("s", by="product", key="P-100"))
    await sink.deliver(severe("s", 1, transition="grown", by="product", key="P-100", org_path="HQ"))

    (firing,) = node.firing()
    assert (firing["labels"]["unit"], firing["labels"]["owner"]) == ("HQ", "head-office")


async def test_an_alertmanager_that_forgot_is_reminded_by_a_worker_that_was_restarted(node: AlertmanagerNode) -> None:
    seconds = [0.0]
    sink = made(node, clock=lambda: seconds[0])
    for sequence, transition in enumerate(["opened", "grown"]):
        sink.recall(severe("s", sequence, transition=transition))
    sink.recall(severe("over"))
    sink.recall(severe("over", 1, transition="expired"))
    assert levels(node) == []
    seconds[0] = 61
    await sink.keep()

    assert levels(node) == [("s", "orange")]
    await sink.close()


async def test_one_about_many_and_one_about_one_of_them_have_the_same_unit_and_cause(
    node: AlertmanagerNode, sink: AlertmanagerSink[AggregateAlert]
) -> None:
    single = AlertmanagerSink(Alertmanagers((node.url,)), AlertPortrait(UNITS.of))
    await sink.deliver(severe("s", org_path="HQ/South/Shenzhen"))
    await single.deliver(alert("a", org_path="HQ/South/Shenzhen", cause="claim_stalled"))
    await single.close()

    assert {(one["labels"]["unit"], one["labels"]["cause"]) for one in node.firing()} == {("HQ/South", "claim_stalled")}
