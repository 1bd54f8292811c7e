from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import pytest

from foreshock.staffing.habits import Habits
from foreshock.staffing.planning import Deed, plan, sleeps
from schemas.alerts import Alert, Level
from tests.support.alerts import alert
from tests.support.events import START

MANY = 2_000
EVERYBODY_WAKES = Habits(sleeping_share=0.0, overlooked_share=0.0)
CHINA = 8.0


def asked(number: int = 0, level: Level = "orange", **more: Any) -> Alert:
    return alert(f"alert-{number}", **{"level": level, "at": START, "opened_at": START, "org_path": "HQ/A/a", **more})


def plans(habits: Habits, level: Level = "orange") -> list[tuple[Deed, ...]]:
    return [plan(asked(number, level), habits, seed=1) for number in range(MANY)]


def test_the_same_alert_is_planned_alike_whatever_else_there_is() -> None:
    assert plan(asked(5), EVERYBODY_WAKES, seed=3) == plan(asked(5), EVERYBODY_WAKES, seed=3)
    assert len({plan(asked(5), EVERYBODY_WAKES, seed=seed) for seed in range(20)}) > 10
    assert plan(asked(5, sequence=1), EVERYBODY_WAKES, 3) != plan(asked(5, sequence=2), EVERYBODY_WAKES, 3)


def test_what_comes_of_alerts_is_as_the_habits_say() -> None:
    habits = Habits()
    found = Counter(
        tuple(deed.action for deed in later)
        for first, *later in plans(EVERYBODY_WAKES)
        if first.action == "acknowledged"
    )

    # Binomial counts of 2,000 lie within four standard deviations in all but one of 16,000 cases.
    for course, share in (
        (("dismissed",), habits.false_alarm_share),
        (("disagreed",), habits.disagreeing_share),
        (("snoozed",), habits.snoozing_share),
        ((), habits.left_lying_share),
        (("started", "contacted", "resolved"), 0.65),
    ):
        assert abs(found[course] - MANY * share) < 4 * (MANY * share * (1 - share)) ** 0.5
    assert found.total() == MANY


@pytest.mark.parametrize("level", ["yellow", "orange", "red"])
def test_half_of_the_alerts_of_the_day_are_taken_within_the_median(level: Level) -> None:
    by_day = Habits(sleeping_share=0.0, overlooked_share=0.0, day_begins_hour=0.0, day_ends_hour=24.0)
    hours = [(deeds[0].at - START).total_seconds() / 3_600 for deeds in plans(by_day, level)]

    # The log-median of 2,000 has a standard error of 0.8 * 1.25 / sqrt(2,000) = 0.022; four of them.
    assert 0.91 < median(hours) / by_day.acknowledge_hours[level] < 1.09


def test_deeds_are_in_order_of_time_and_at_night_only_about_red_alerts() -> None:
    at_night = 0
    for level in ("yellow", "red"):
        for number in range(200):
            evening = asked(number, level, at=START.replace(hour=11, minute=30))
            deeds = plan(evening, EVERYBODY_WAKES, 1, CHINA)
            assert [deed.at for deed in deeds] == sorted(deed.at for deed in deeds)
            assert all(deed.at > evening.at for deed in deeds)
            hours = [_local(deed.at).hour for deed in deeds]
            if level == "yellow":
                assert all(8 <= hour < 20 for hour in hours)
            at_night += sum(not 8 <= hour < 20 for hour in hours)
    assert at_night > 0


def _local(at: datetime) -> datetime:
    return at + timedelta(hours=CHINA)


def test_a_postponement_says_until_when_and_nothing_follows() -> None:
    snoozing = Habits(
        sleeping_share=0, overlooked_share=0, false_alarm_share=0, disagreeing_share=0, snoozing_share=1,
        left_lying_share=0,
    )  # fmt: skip

    _, snoozed = plan(asked(), snoozing, seed=1)

    assert snoozed.action == "snoozed"
    assert snoozed.until == snoozed.at + timedelta(hours=48)


def test_some_units_sleep_for_good_and_head_office_never() -> None:
    units = [f"HQ/unit {number}" for number in range(MANY)]
    asleep = [unit for unit in units if sleeps(unit, Habits(), seed=1)]

    assert abs(len(asleep) - 0.15 * MANY) < 4 * (MANY * 0.15 * 0.85) ** 0.5
    assert all(plan(asked(number, org_path=asleep[0]), Habits(), 1) == () for number in range(50))
    assert not sleeps("HQ", Habits(sleeping_share=1.0), seed=1)


def test_whoever_it_has_gone_up_to_answers_for_their_own_unit() -> None:
    habits = Habits(sleeping_share=1.0, overlooked_share=0.0)

    assert plan(asked(), habits, seed=1) == ()
    assert {deed.unit for deed in plan(asked(transition="escalated", supervisor="HQ"), habits, seed=1)} == {"HQ"}


@pytest.mark.parametrize(
    "not_asked",
    [asked(level="blue"), *(asked(transition=each) for each in ("commented", "resolved", "acknowledged"))],
)
def test_nobody_answers_what_does_not_ask(not_asked: Alert) -> None:
    assert plan(not_asked, EVERYBODY_WAKES, seed=1) == ()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"sleeping_share": 1.2}, "sleeping_share must be in 0..1, got 1.2"),
        ({"snoozing_share": 0.9}, "must not exceed 1"),
        ({"call_hours": 0.0}, "every duration must be positive"),
        ({"day_begins_hour": 20.0}, "a day must end after it begins"),
    ],
)
def test_people_who_cannot_be_are_refused(wrong: dict[str, float], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Habits(**wrong)  # type: ignore[arg-type]
