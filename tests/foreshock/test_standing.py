from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreshock.alerting.acting import Deed, action_of
from foreshock.alerting.meant import meant_by
from foreshock.alerting.shown import urgent_first
from foreshock.alerting.standing import Board, Seen, Wanted
from foreshock.alerting.topic import Found, Told
from schemas.alerts import Alert, Transition
from schemas.codec import encode
from schemas.errors import ConfigurationError
from tests.support.alerts import SOME_TIME, alert

LIFE: tuple[Transition, ...] = ("opened", "acknowledged", "lowered", "raised", "acknowledged", "resolved")


def life(length: int, alert_id: str = "a-000001") -> list[Alert]:
    return [alert(alert_id, number, transition=name) for number, name in enumerate(LIFE[:length])]


def seen(*alerts: Alert) -> Seen:
    found = Seen(alerts[0], -1, -1)
    for each in alerts:
        found = found.after(each)
    return found


@pytest.mark.parametrize(
    ("length", "standing"),
    [(1, "open"), (2, "acknowledged"), (3, "acknowledged"), (4, "open"), (5, "acknowledged"), (6, "ended")],
)
def test_an_acknowledgement_stands_until_the_alert_rises(length: int, standing: str) -> None:
    assert seen(*life(length)).standing == standing


@given(st.lists(st.sampled_from(range(len(LIFE))), min_size=len(LIFE), max_size=30), st.randoms(use_true_random=False))
def test_transitions_in_any_order_and_repeated_leave_the_same(repeated: list[int], random: Any) -> None:
    whole = life(len(LIFE) - 1)
    shuffled = [*whole, *(whole[number] for number in repeated if number < len(whole))]
    random.shuffle(shuffled)
    board = Board()
    for each in shuffled:
        board.take(each)

    assert board.open == {"a-000001": seen(*whole)}


def test_what_has_ended_is_not_opened_by_a_transition_that_comes_again() -> None:
    board = Board()
    for each in [*life(6), *life(2)]:
        board.take(each)

    assert board.open == {}


def test_red_comes_first_then_what_nobody_has_taken_then_the_oldest() -> None:
    ages = {"red-old": 1, "red-new": 0, "taken": 5, "blue": 9}
    alerts = {
        name: alert(
            name, opened_at=SOME_TIME - timedelta(days=days), level="blue" if name == "blue" else "red", sequence=0
        )
        for name, days in ages.items()
    }
    board = Board()
    for each in alerts.values():
        board.take(each)
    board.take(alerts["taken"].model_copy(update={"sequence": 1, "transition": "acknowledged"}))

    assert [each.newest.alert_id for each in urgent_first(board.open.values())] == [
        "red-old",
        "red-new",
        "taken",
        "blue",
    ]


@pytest.mark.parametrize(
    ("wanted", "is_taken"),
    [
        (Wanted(), True),
        (Wanted(units=("HQ/North",)), False),
        (Wanted(units=("HQ/North", "HQ/South")), True),
        (Wanted(levels=frozenset({"red"})), False),
        (Wanted(causes=frozenset({"threat"})), True),
        (Wanted(customer="c_2"), False),
        (Wanted(opened_before=SOME_TIME), True),
        (Wanted(opened_after=SOME_TIME), False),
    ],
)
def test_every_filter_says_which_alerts_it_means(wanted: Wanted, is_taken: bool) -> None:
    assert wanted.takes(alert("a-000001", org_path="HQ/South/Port")) is is_taken


def test_an_alert_is_found_by_the_beginning_of_its_id_unless_several_begin_so() -> None:
    one, other = (Told(each, encode(each)) for each in (alert("abcdef-1"), alert("abcdef-2")))
    found, several = Found("ABCDEF-1"), Found("abcdef")
    for told in (one, other, one):
        found.take(told)
        several.take(told)

    assert found.transitions() == [one]
    with pytest.raises(ConfigurationError, match="abcdef-1, abcdef-2"):
        several.transitions()
    with pytest.raises(ConfigurationError, match="at least the first 6"):
        Found("abc")


def test_a_deed_has_one_id_until_the_alert_rises() -> None:
    deed = Deed("acknowledged", "acknowledged", "Li", None)
    ids = [action_of(meant_by(seen(*life(length))), deed, SOME_TIME).event_id for length in (1, 2, 3, 4, 5)]
    other = action_of(meant_by(seen(*life(1))), Deed("resolved", "resolved", "Li", None), SOME_TIME).event_id

    assert len(set(ids[:3])) == len(set(ids[3:])) == 1
    assert len({ids[0], ids[3], other}) == 3


def test_closing_that_was_refused_for_want_of_evidence_can_be_said_again_with_it() -> None:
    bare = action_of(meant_by(seen(*life(1))), Deed("resolved", "resolved", "Li", None), SOME_TIME)
    shown = action_of(
        meant_by(seen(*life(1))), Deed("resolved", "resolved", "Li", None, evidence="F-17", unit="HQ"), SOME_TIME
    )

    assert bare.event_id != shown.event_id
    assert (shown.evidence_ref, shown.actor_org) == ("F-17", "HQ")
    assert (bare.evidence_ref, bare.actor_org) == (None, None)
