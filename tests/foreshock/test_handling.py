from __future__ import annotations

from datetime import timedelta
from typing import Any

from foreshock.handling import Handling
from schemas.alerts import Alert, Level, Transition
from tests.support.alerts import alert
from tests.support.events import START
from tests.support.suppressions import suppression


def told(name: str, transition: Transition = "opened", hour: float = 0, level: Level = "orange", **more: Any) -> Alert:
    return alert(
        name,
        customer_key=name,
        transition=transition,
        level=level,
        at=START + timedelta(hours=hour),
        opened_at=START,
        **more,
    )


def figures(handling: Handling) -> dict[str, dict[str, float]]:
    return {figure.name: figure.values for figure in handling.figures()}


def test_nothing_is_said_of_nothing() -> None:
    assert figures(Handling()) == {}


def test_the_load_is_per_owner_and_day_of_alerts_that_ask_for_a_call() -> None:
    handling = Handling()
    for each in (
        told("a", org_path="HQ/A/1", owner="a desk"),
        told("b", org_path="HQ/A/2", owner="a desk", hour=1),
        told("c", org_path="HQ/B", hour=48),
        told("watch only", org_path="HQ/B", level="blue"),
    ):
        handling.take(each)

    assert figures(handling)["load"] == {"alerts": 3, "owners": 2, "mean": 3 / (2 * 3), "busiest": 2}


def test_an_alert_is_taken_once_and_by_whoever_was_first() -> None:
    handling = Handling()
    for each in (
        told("a"),
        told("a", "acknowledged", hour=2),
        told("a", "acknowledged", hour=2),
        told("a", "resolved", hour=9),
        told("b"),
        told("b", "expired", hour=80),
    ):
        handling.take(each)

    assert figures(handling)["taken"] == {"share": 0.5, "hours": 2.0}
    assert figures(handling)["ends"] == {"resolved": 1, "dismissed": 0, "expired": 1, "complained": 0}


def test_leads_are_of_alerts_that_a_complaint_followed() -> None:
    handling = Handling()
    for name, hours in (("a", 6.0), ("b", 30.0), ("c", 50.0)):
        handling.take(told(name))
        handling.take(told(name, "complained", hour=hours, lead_seconds=hours * 3_600))

    assert figures(handling)["lead"] == {"count": 3, "hours": 30.0, "long": 2 / 3}


def test_what_was_held_back_is_joined_with_complaints_and_with_what_was_told_later() -> None:
    handling = Handling()
    for each in (
        suppression("a", "silence"),
        suppression("a", "silence"),
        suppression("b", "inhibit"),
        suppression("a", "complained_after", 4),
        suppression("c", "dedup"),
    ):
        handling.take_suppression(each)
    handling.take(told("b", "told", hour=5))

    found = figures(handling)
    assert found["held back"] == {"dedup": 1, "inhibit": 1, "silence": 1}
    assert found["silent"] == {"alerts": 2, "told": 1, "complained": 1}


def test_it_is_said_in_both_languages() -> None:
    handling = Handling()
    handling.take(told("a"))
    handling.take(told("a", "acknowledged", hour=1.5))
    (load, taken, _) = handling.figures()

    assert load.told(is_chinese=False)[0] == "alerts per owner and day"
    assert taken.told(is_chinese=False) == ("acknowledged", "100% of them, half of these within 1.5 h")
    assert taken.told(is_chinese=True) == ("已接手", "占 100%，其中一半在 1.5 小时内")
