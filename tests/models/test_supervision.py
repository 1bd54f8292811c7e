"""Supervision: what nobody answers goes up, an answer stops the clock, and who may close what has gone up."""

from __future__ import annotations

from typing import Any

import pytest

from models.organisation import Clock, Clocks, Defaults, Organisation, Unit
from models.parameters.policy import PolicyParams
from models.params import Params
from models.rows import decode_row, encode_row
from schemas.alerts import Alert
from tests.support.core import Core
from tests.support.events import action, call, complaint, moment, tick

HOUR = 1 / 24
BRANCH = "HQ/Guangdong/Shenzhen"
THREAT = "打了三次都没人回，我要投诉到银保监！"


def organisation(*, evidence: bool = False) -> Organisation:
    hours = Clock(acknowledge_hours=4, act_hours=12)
    return Organisation(
        defaults=Defaults(clocks=Clocks(yellow=hours, orange=hours, red=hours), evidence=evidence),
        units=(
            Unit(path="HQ", owner="role:quality"),
            Unit(path="HQ/Guangdong", owner="role:province"),
            Unit(path=BRANCH, owner="role:branch"),
        ),
    )


def supervised(**given: Any) -> Core:
    return Core(Params(policy=PolicyParams(threat_days=30), organisation=organisation(**given)))


def _threatened(core: Core) -> Alert:
    (alert,) = [a for a in core.alerts(call(text=THREAT, org_path=BRANCH)) if a.cause == "threat"]
    return alert


def _moves(core: Core, day: float) -> list[tuple[str, str | None, str | None]]:
    told = core.alerts(tick(day))
    return [(a.transition, a.supervisor, a.owner) for a in told if a.cause == "threat"]


def test_an_alert_says_who_answers_for_it() -> None:
    alert = _threatened(supervised())

    assert (alert.supervisor, alert.owner) == (BRANCH, "role:branch")


def test_without_an_organisation_nobody_is_named_and_nothing_goes_up() -> None:
    core = Core(Params(policy=PolicyParams(threat_days=30)))
    alert = _threatened(core)

    assert (alert.supervisor, alert.owner) == (None, None)
    assert _moves(core, 2) == []


def test_what_nobody_acknowledges_goes_up_to_head_office_and_stays_there() -> None:
    core = supervised()
    _threatened(core)

    assert _moves(core, 3.9 * HOUR) == []
    assert _moves(core, 4 * HOUR) == [("escalated", "HQ/Guangdong", "role:province")]
    assert _moves(core, 8 * HOUR) == [("escalated", "HQ", "role:quality")]
    assert _moves(core, 2) == []


def test_a_clock_fires_at_its_own_time_however_late_the_tick() -> None:
    core = supervised()
    _threatened(core)

    risen = [a for a in core.alerts(tick(2)) if a.transition == "escalated"]

    assert [a.at for a in risen] == [moment(4 * HOUR), moment(8 * HOUR)]
    assert risen[0].reasons[0].code == "escalated"
    assert risen[0].reasons[1].code == "threat"


def test_an_acknowledgement_stops_the_first_clock_and_the_second_runs() -> None:
    core = supervised()
    _threatened(core)
    core.take(action(day=1 * HOUR, what="acknowledged"))

    assert _moves(core, 11.9 * HOUR) == []
    assert _moves(core, 12 * HOUR) == [("escalated", "HQ/Guangdong", "role:province")]
    assert _moves(core, 16 * HOUR) == [("escalated", "HQ", "role:quality")]


def test_a_call_back_stops_the_second_clock() -> None:
    core = supervised()
    _threatened(core)
    core.take(action(day=1 * HOUR, what="acknowledged"), action(day=2 * HOUR, what="contacted"))

    assert _moves(core, 2) == []


@pytest.mark.parametrize("what", ["resolved", "dismissed"])
def test_an_end_stops_every_clock(what: str) -> None:
    core = supervised()
    _threatened(core)
    core.take(action(day=1 * HOUR, what=what))

    assert [move for move, _, _ in _moves(core, 2)] == []


def test_what_has_gone_up_is_closed_by_its_holder_or_above_and_by_nobody_below() -> None:
    core = supervised()
    alert = _threatened(core)
    core.take(tick(5 * HOUR))

    for day, where in ((5.1, None), (5.2, BRANCH), (5.3, "HQ/Guang"), (5.4, "HQ/Hubei")):
        (outcome,) = core.take(
            action(day=day * HOUR, what="resolved", alert_id=alert.alert_id, actor_org=where, note="done")
        )
        assert [(r.result, r.code, r.alert_id) for r in outcome.receipts] == [
            ("refused", "held_above", alert.alert_id)
        ], where
        assert outcome.alerts == []

    (closed,) = core.alerts(action(day=5.5 * HOUR, what="resolved", alert_id=alert.alert_id, actor_org="HQ"))
    assert (closed.transition, closed.supervisor) == ("resolved", "HQ/Guangdong")


def test_what_is_refused_has_solved_nothing() -> None:
    core = supervised()
    _threatened(core)
    core.take(tick(5 * HOUR))
    before = core.states["a"].copy()
    core.take(action(day=5.1 * HOUR, what="resolved"))

    after = core.states["a"]
    assert (after.heat, after.contacted_at, after.feedback_at) == (before.heat, before.contacted_at, before.feedback_at)


def test_an_alert_that_has_gone_up_stays_up_wherever_the_customer_is_served_next() -> None:
    core = supervised()
    _threatened(core)
    core.take(tick(5 * HOUR))

    (told,) = core.alerts(action(day=6 * HOUR, what="acknowledged", org_path="HQ/Hubei"))

    assert (told.org_path, told.supervisor) == ("HQ/Hubei", "HQ/Guangdong")


@pytest.mark.parametrize(
    ("given", "moves"),
    [
        ({}, []),
        ({"note": "  "}, []),
        ({"note": "paid, called at four"}, ["resolved"]),
        ({"evidence_ref": "F-2026-11"}, ["resolved"]),
    ],
)
def test_where_evidence_is_asked_for_nothing_is_closed_without(given: dict[str, Any], moves: list[str]) -> None:
    core = supervised(evidence=True)
    _threatened(core)

    (outcome,) = core.take(action(day=HOUR, what="resolved", **given))

    assert [alert.transition for alert in outcome.alerts if alert.cause == "threat"] == moves
    assert [receipt.code for receipt in outcome.receipts] == ([] if moves else ["no_evidence"])


def test_a_complaint_ends_what_has_gone_up_too() -> None:
    core = supervised(evidence=True)
    _threatened(core)
    core.take(tick(9 * HOUR))

    ended = [a for a in core.alerts(complaint(day=10 * HOUR)) if a.cause == "threat"]

    assert [(a.transition, a.supervisor) for a in ended] == [("complained", "HQ")]


def test_a_row_keeps_who_holds_an_alert() -> None:
    core = supervised()
    _threatened(core)
    core.take(tick(5 * HOUR))

    kept = decode_row(encode_row(core.states["a"]))

    assert [(alert.tier, alert.holder) for alert in kept.alerts if alert.cause == "threat"] == [(1, "HQ/Guangdong")]
