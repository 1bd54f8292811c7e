"""Capacity: an owner's day has an end, quiet days stay quiet, and what does not fit is told when there is room."""

from __future__ import annotations

from typing import Any

import pytest

from models.alerting.capacity import Capacity
from models.moments import DAY
from models.organisation import Clock, Clocks, Defaults, Organisation, Unit
from models.parameters.policy import PolicyParams
from models.params import Params
from models.state import CustomerState
from schemas.alerts import Alert
from schemas.suppressions import Suppression
from schemas.types import Position
from tests.support.core import Core
from tests.support.events import action, call, complaint, survey, tick

_LONG = Clock(acknowledge_hours=999, act_hours=999)
MINUTE = 1 / 1_440


def organisation(capacity: int | None, floor: float = 0.0) -> Organisation:
    clocks = Clocks(yellow=_LONG, orange=_LONG, red=_LONG)
    defaults = Defaults(clocks=clocks, capacity=capacity, precision_floor=floor)
    return Organisation(defaults=defaults, units=(Unit(path="HQ", owner="role:hq"),))


def limited(capacity: int | None = 1, floor: float = 0.0, **policy: Any) -> Core:
    core = Core(Params(policy=PolicyParams(review_days=30, **policy), organisation=organisation(capacity, floor)))
    core.take(tick(0))
    return core


def bad_rating(core: Core, customer: str, day: float) -> tuple[list[Alert], list[Suppression]]:
    """A rule of its own for yellow: nothing but this can open one here."""
    (outcome,) = core.take(survey(customer, day, 1))
    return outcome.alerts, outcome.suppressions


def test_what_does_not_fit_into_the_day_is_held_back_and_recorded() -> None:
    core = limited()

    (first,), none = bad_rating(core, "a", MINUTE)
    nothing, (held,) = bad_rating(core, "b", 2 * MINUTE)

    assert (first.transition, first.level, none) == ("opened", "yellow", [])
    assert nothing == []
    assert (held.rule, held.transition, held.sequence, held.level, held.org_path) == (
        "capacity",
        "opened",
        0,
        "yellow",
        "HQ",
    )


def test_what_was_held_back_is_told_as_the_next_day_begins_if_it_still_stands() -> None:
    core = limited()
    bad_rating(core, "a", MINUTE)
    _, (held,) = bad_rating(core, "b", 2 * MINUTE)

    assert core.alerts(tick(0.6)) == []
    (told,) = core.alerts(tick(1))
    assert (told.transition, told.alert_id, told.sequence, told.customer_key) == ("told", held.alert_id, 1, "b")
    assert [reason.code for reason in told.reasons][:2] == ["told", "bad_experience"]
    assert [alert for alert in core.alerts(tick(3)) if alert.alert_id == held.alert_id] == []


def test_what_has_ended_by_then_was_never_told() -> None:
    core = limited()
    bad_rating(core, "a", MINUTE)
    bad_rating(core, "b", 2 * MINUTE)

    (outcome,) = core.take(complaint("b", 3 * MINUTE))

    assert outcome.alerts == []
    assert [(s.rule, s.transition) for s in outcome.suppressions] == [("complained_after", "complained")]


def test_red_alerts_and_threats_are_told_however_full_the_day_is() -> None:
    core = limited()
    bad_rating(core, "a", MINUTE)

    told = core.alerts(call("b", 2 * MINUTE, text="我要投诉到银保监！"))

    assert [(a.cause, a.transition) for a in told if a.cause == "threat"] == [("threat", "opened")]


def test_what_is_told_beyond_the_capacity_takes_room_all_the_same() -> None:
    core = limited()
    core.take(call("b", MINUTE, text="我要投诉到银保监！"))

    alerts, suppressions = bad_rating(core, "a", 2 * MINUTE)

    assert (alerts, [held.cause for held in suppressions]) == ([], ["bad_experience"])


def test_the_most_urgent_is_told_first_as_the_day_begins() -> None:
    core = limited()
    bad_rating(core, "a", MINUTE)
    bad_rating(core, "b", 2 * MINUTE)
    core.take(survey("z", 3 * MINUTE, 1, vulnerability=["elder"]))  # lifted to orange

    assert [(a.customer_key, a.level) for a in core.alerts(tick(1))] == [("z", "orange")]
    assert [(a.customer_key, a.level) for a in core.alerts(tick(2))] == [("b", "yellow")]


def test_an_untold_alert_is_never_told_of_by_halves() -> None:
    core = limited()
    bad_rating(core, "a", MINUTE)
    _, (held,) = bad_rating(core, "b", 2 * MINUTE)

    (outcome,) = core.take(action("b", 3 * MINUTE, "acknowledged"))

    assert outcome.alerts == []
    assert [(s.alert_id, s.sequence, s.transition) for s in outcome.suppressions] == [
        (held.alert_id, 1, "acknowledged")
    ]


def test_below_the_floor_nobody_is_told_although_there_is_room() -> None:
    core = limited(capacity=None, floor=0.99, cold_positives=0, first_threshold=-20.0, orange_above=98, red_above=99)

    alerts, suppressions = bad_rating(core, "a", MINUTE)

    assert alerts == []
    assert {held.cause for held in suppressions} >= {"bad_experience"}


def test_while_the_model_is_cold_there_is_no_floor() -> None:
    alerts, suppressions = bad_rating(limited(capacity=None, floor=0.99), "a", MINUTE)

    assert [alert.cause for alert in alerts] == ["bad_experience"]
    assert suppressions == []


@pytest.mark.parametrize("capacity", [1, 2, 5, 8])
def test_the_shares_of_the_partitions_add_up_to_the_capacity_and_go_round(capacity: int) -> None:
    made = [Capacity(organisation(capacity), number, 4) for number in range(4)]
    shares: list[list[int]] = []
    for day in range(4):
        for each in made:
            each.begin(day * DAY + 1e9, Position(day, 0))
        shares.append([_room(each, capacity) for each in made])

    assert {sum(of_day) for of_day in shares} == {capacity}
    assert {sum(column) for column in zip(*shares, strict=True)} == {capacity}


def _room(each: Capacity, capacity: int) -> int:
    post = organisation(capacity).chain("HQ")[0]
    taken = 0
    while each.has_room(post):
        each.take(CustomerState(), post, Position(1, 0), is_beyond=False)
        taken += 1
    return taken


def test_a_day_begins_at_the_companys_midnight() -> None:
    capacity = Capacity(organisation(1).model_copy(update={"utc_offset_hours": 8.0}), 0, 1)

    capacity.begin(15.9 * 3_600, Position(0, 0))
    before = capacity.day
    capacity.begin(16.0 * 3_600, Position(1, 0))

    assert (before, capacity.day) == (0, 1)
