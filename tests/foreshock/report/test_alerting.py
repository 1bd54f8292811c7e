from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from foreshock.report.alerting import AlertLedger
from foreshock.report.figures import Level, LevelFigures
from schemas.alerts import Alert, Transition
from tests.support.alerts import SOME_TIME, alert


def moved(name: str, transition: Transition, hour: float, level: Level = "yellow", **changes: Any) -> Alert:
    at = SOME_TIME + timedelta(hours=hour)
    return alert(name, transition=transition, at=at, level=level, **changes)


def ledger_of(*steps: Alert) -> AlertLedger:
    """Each transition in a message of its own."""
    ledger = AlertLedger()
    for step in steps:
        ledger.take([step])
    return ledger


def at_level(ledger: AlertLedger, level: Level, complaints: int = 1) -> LevelFigures:
    return next(each for each in ledger.levels(complaints) if each.level == level)


def ends(figures: LevelFigures) -> tuple[int, int, int, int]:
    return figures.true, figures.false, figures.unknown, figures.undecided


def test_the_lead_of_a_level_begins_when_it_is_reached() -> None:
    ledger = ledger_of(
        moved("a", "opened", 0, "yellow"), moved("a", "raised", 23, "orange"), moved("a", "complained", 24, "orange")
    )

    assert at_level(ledger, "yellow").lead_hours == (24.0,)
    assert at_level(ledger, "orange").lead_hours == (1.0,)
    assert at_level(ledger, "red").lead_hours == ()
    assert ledger.lead_hours == [24.0]


def test_an_alert_within_two_hours_has_foreseen_nothing() -> None:
    ledger = ledger_of(moved("a", "opened", 0), moved("a", "complained", 1.9))

    assert at_level(ledger, "yellow").foreseen == 0
    assert ends(at_level(ledger, "yellow")) == (1, 0, 0, 0)


def test_a_complaint_that_ends_two_alerts_is_one_complaint_with_the_longer_lead() -> None:
    ledger = ledger_of(moved("a", "opened", 0), moved("b", "opened", 10, "blue"))
    ledger.take([moved("a", "complained", 20), moved("b", "complained", 20, "blue")])

    assert ledger.lead_hours == [20.0]
    assert at_level(ledger, "blue").lead_hours == (20.0,)
    assert at_level(ledger, "blue").foreseen == 1
    assert at_level(ledger, "blue").true == 2


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (["expired"], (0, 1, 0, 0)),
        (["dismissed"], (0, 1, 0, 0)),
        (["resolved"], (0, 0, 1, 0)),
        (["acknowledged", "expired"], (0, 0, 1, 0)),
        (["acknowledged", "dismissed"], (0, 1, 0, 0)),
        (["acknowledged", "complained"], (1, 0, 0, 0)),
        (["acknowledged"], (0, 0, 0, 1)),
        ([], (0, 0, 0, 1)),
    ],
)
def test_what_people_answered_is_neither_right_nor_wrong(
    steps: list[Transition], expected: tuple[int, int, int, int]
) -> None:
    ledger = ledger_of(moved("a", "opened", 0), *(moved("a", step, hour + 1) for hour, step in enumerate(steps)))

    assert ends(at_level(ledger, "yellow")) == expected
    assert ends(at_level(ledger, "orange")) == (0, 0, 0, 0)


def test_a_lowered_alert_still_reached_what_it_reached() -> None:
    ledger = ledger_of(
        moved("a", "opened", 0, "orange"), moved("a", "lowered", 5, "blue"), moved("a", "expired", 9, "blue")
    )

    assert at_level(ledger, "orange").false == 1


def test_a_customer_alerted_twice_in_a_window_counts_once_and_anew_in_the_next() -> None:
    ledger = ledger_of(moved("a", "opened", 0), moved("b", "opened", 1, cause="unanswered"))
    ledger.close_window(customers=10)
    ledger.take([moved("c", "opened", 800, customer_key="c_2")])
    ledger.take([moved("d", "opened", 801, customer_key="c_3")])
    ledger.close_window(customers=10)

    assert at_level(ledger, "yellow").alerted_share == pytest.approx((0.1 + 0.2) / 2)
    assert at_level(ledger, "red").alerted_share == 0.0


def test_reasons_are_counted_with_what_became_of_their_alerts() -> None:
    ledger = ledger_of(
        moved("a", "opened", 0), moved("b", "opened", 0), moved("a", "complained", 5), moved("b", "expired", 9)
    )

    (reason,) = ledger.reasons()
    assert (reason.code, reason.count, reason.true, reason.false) == ("threat", 2, 1, 1)
    assert reason.sentence.zh == "客户提到要向监管投诉"


def test_alerts_are_counted_by_the_day_and_level_at_which_they_opened() -> None:
    ledger = ledger_of(moved("a", "opened", 1), moved("a", "raised", 2, "red"), moved("b", "opened", 25, "blue"))
    day = int(SOME_TIME.timestamp() // 86_400)

    assert ledger.opened_by_day == {(day, "yellow"): 1, (day + 1, "blue"): 1}
