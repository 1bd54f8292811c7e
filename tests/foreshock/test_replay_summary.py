from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from io import StringIO
from typing import Any

from rich.console import Console

from foreshock.summary import Summary
from models.outcome import Outcome
from schemas.alerts import Alert, Level, Transition
from tests.support.alerts import alert
from tests.support.events import START


def transition_of(
    customer: str, level: Level, transition: Transition = "opened", hour: float = 0.0, **fields: Any
) -> Alert:
    given = {"alert_id": f"alert-of-{customer}", "opened_at": START, "at": START + timedelta(hours=hour)} | fields
    return alert(**given, customer_key=customer, level=level, transition=transition)


def summary_of(alerts: Iterable[Alert]) -> Summary:
    summary = Summary()
    summary.count([Outcome(alerts=list(alerts))])
    return summary


def shown(summary: Summary) -> str:
    console = Console(width=120, record=True, file=StringIO())
    console.print(summary.render([0, 0, 0, 0, 0]))
    return console.export_text()


def test_the_most_urgent_alert_stands_first_with_its_reason_in_both_languages() -> None:
    text = shown(summary_of([transition_of("a", "yellow"), transition_of("b", "red"), transition_of("c", "blue")]))

    assert text.index("red") < text.index("yellow")
    assert "客户提到要向监管投诉" in text
    assert "Named the regulator" in text


def test_a_customer_with_many_alerts_is_named_once() -> None:
    many = [transition_of("a", "orange", alert_id=f"alert-{number}", hour=number) for number in range(9)]

    assert [each.customer_key for each in summary_of([*many, transition_of("b", "blue")]).urgent] == ["a", "b"]


def test_an_alert_that_rose_says_how_long_before_the_complaint_it_rose() -> None:
    text = shown(
        summary_of(
            [
                transition_of("a", "yellow"),
                transition_of("a", "orange", "raised", hour=10),
                transition_of("a", "orange", "complained", hour=34, lead_seconds=34 * 3600.0),
            ]
        )
    )

    assert "complained 24 h later" in text
    assert "median lead hours 34.0" in text


def test_an_alert_that_came_true_is_not_replaced_by_what_follows_the_complaint() -> None:
    came_true = [
        transition_of("a", "yellow"),
        transition_of("a", "yellow", "complained", hour=10, lead_seconds=36_000.0),
    ]
    summary = summary_of(
        [*came_true, transition_of("a", "orange", alert_id="later", hour=20), transition_of("b", "red")]
    )

    assert [each.alert_id for each in summary.urgent] == ["alert-of-a", "alert-of-b"]
