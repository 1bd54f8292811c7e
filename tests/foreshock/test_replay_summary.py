from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from io import StringIO

from rich.console import Console

from foreshock.summary import Summary
from models.outcome import Outcome
from schemas.alerts import Alert, BilingualText, Level, Reason, Transition
from tests.support.events import START

REASON = Reason(code="threat", text=BilingualText(zh="客户提到监管", en="The customer named a regulator"))


def alert(customer: str, level: Level, transition: Transition = "opened", hour: float = 0.0, **fields: object) -> Alert:
    given = {"lead_seconds": None, "alert_id": f"alert-of-{customer}"} | fields
    return Alert.model_validate(
        {
            "alert_id": given["alert_id"],
            "sequence": 0,
            "transition": transition,
            "at": START + timedelta(hours=hour),
            "opened_at": START,
            "cause": "threat",
            "level": level,
            "customer_key": customer,
            "tenant": "default",
            "org_path": "HQ/Guangdong",
            "stage": "grumbling",
            "probability_7d": 0.1,
            "probability_30d": 0.2,
            "reasons": [
                Reason(code="threat", text=BilingualText(zh="客户提到监管", en="The customer named a regulator"))
            ],
            "lead_seconds": given["lead_seconds"],
            "snapshot": 0,
            "params_hash": "0",
            "position": (0, 0, 0),
        }
    )


def summary_of(alerts: Iterable[Alert]) -> Summary:
    summary = Summary()
    summary.count([Outcome(alerts=list(alerts))])
    return summary


def shown(summary: Summary) -> str:
    console = Console(width=120, record=True, file=StringIO())
    console.print(summary.render([0, 0, 0, 0, 0]))
    return console.export_text()


def test_the_most_urgent_alert_stands_first_with_its_reason_in_both_languages() -> None:
    text = shown(summary_of([alert("a", "yellow"), alert("b", "red"), alert("c", "blue")]))

    assert text.index("red") < text.index("yellow")
    assert "客户提到监管" in text
    assert "The customer named a regulator" in text


def test_a_customer_with_many_alerts_is_named_once() -> None:
    many = [alert("a", "orange", alert_id=f"alert-{number}", hour=number) for number in range(9)]

    assert [each.customer_key for each in summary_of([*many, alert("b", "blue")]).urgent] == ["a", "b"]


def test_an_alert_that_rose_says_how_long_before_the_complaint_it_rose() -> None:
    text = shown(
        summary_of(
            [
                alert("a", "yellow"),
                alert("a", "orange", "raised", hour=10),
                alert("a", "orange", "complained", hour=34, lead_seconds=34 * 3600.0),
            ]
        )
    )

    assert "complained 24 h later" in text
    assert "median lead hours 34.0" in text


def test_an_alert_that_came_true_is_not_replaced_by_what_follows_the_complaint() -> None:
    came_true = [alert("a", "yellow"), alert("a", "yellow", "complained", hour=10, lead_seconds=36_000.0)]
    summary = summary_of([*came_true, alert("a", "orange", alert_id="later", hour=20), alert("b", "red")])

    assert [each.alert_id for each in summary.urgent] == ["alert-of-a", "alert-of-b"]
