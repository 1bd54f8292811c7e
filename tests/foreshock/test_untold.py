from __future__ import annotations

import orjson
import pytest

from foreshock.alerting.meant import meant_by_untold
from foreshock.alerting.topic import Found
from foreshock.alerting.untold import UntoldBoard, as_line_of_untold, held_in_lines
from schemas.errors import ConfigurationError
from schemas.suppressions import Suppression
from tests.support.alerts import SOME_TIME
from tests.support.suppressions import suppression


def board(*held: Suppression) -> UntoldBoard:
    found = UntoldBoard()
    for each in held:
        found.take(each)
    return found


def test_an_alert_that_was_held_back_from_the_start_is_untold_and_one_that_was_told_is_not() -> None:
    found = board(suppression("a", "silence"), suppression("b", "inhibit"), suppression("b", "dedup", 1, sequence=0))

    assert [each.newest.alert_id for each in found.open(told={"b"})] == ["a"]


@pytest.mark.parametrize("order", [1, -1])
def test_it_stands_as_its_newest_record_leaves_it_whatever_order_they_come_in(order: int) -> None:
    opened = suppression("a", "silence", level="yellow")
    raised = suppression("a", "capacity", 4, sequence=1, transition="raised", level="orange")

    (each,) = board(*[opened, raised][::order]).open(told=())

    assert (each.level, each.newest.rule, each.opened_at) == ("orange", "capacity", SOME_TIME)
    assert orjson.loads(as_line_of_untold(each))["standing"] == "untold"


def test_what_has_ended_untold_is_not_open() -> None:
    ended = suppression("a", "silence", 9, sequence=1, transition="expired")

    assert board(suppression("a", "silence"), ended).open(told=()) == []


def test_new_evidence_alone_makes_no_alert_untold() -> None:
    assert board(suppression("a", "dedup"), suppression("b", "cool_down")).open(told=()) == []


def test_the_most_urgent_comes_first() -> None:
    found = board(suppression("a", "silence"), suppression("b", "silence", level="red"))

    assert [each.newest.alert_id for each in found.open(told=())] == ["b", "a"]


def test_what_was_held_back_of_an_alert_is_found_by_the_beginning_of_its_id_and_told_with_its_rule() -> None:
    found = Found("abcdef")
    silent = {"silence": "storm", "author": "Li", "until": SOME_TIME}
    for each in (
        suppression("abcdef-1", "capacity", 2, sequence=1, transition="raised"),
        suppression("abcdef-1", "silence", **silent),
        suppression("abcdef-1", "dedup", 3),
        suppression("other-1", "silence"),
    ):
        found.take_held(each)

    assert [held.rule for held in found.held_back()] == ["silence", "capacity"]
    told = "\n".join(held_in_lines(found.held_back()[0], "en"))
    assert f"NOT TOLD: silence storm by Li until {SOME_TIME:%Y-%m-%d %H:%M}" in told
    in_chinese = "\n".join(held_in_lines(found.held_back()[0], "zh"))
    assert f"未告知：静默 storm，由 Li，至 {SOME_TIME:%Y-%m-%d %H:%M}" in in_chinese


def test_a_beginning_that_a_told_and_an_untold_alert_share_names_neither() -> None:
    found = Found("abcdef")
    found.take_held(suppression("abcdef-1", "silence"))
    found.take_held(suppression("abcdef-2", "silence"))

    with pytest.raises(ConfigurationError, match="several alerts begin with"):
        found.transitions()


def test_who_answers_an_untold_alert_means_it_as_its_records_leave_it() -> None:
    opened = suppression("a", "silence", author="li", silence="storm")
    taken = suppression("a", "silence", 4, sequence=1, transition="acknowledged")
    raised = suppression("a", "silence", 6, sequence=2, transition="raised", level="red")
    ended = suppression("a", "silence", 8, sequence=3, transition="resolved")
    lives = [meant_by_untold([opened, taken, raised, ended][:length]) for length in range(5)]

    assert [life and (life.standing, life.sequence, life.risen) for life in lives] == [
        None,
        ("open", 0, 0),
        ("acknowledged", 1, 0),
        ("open", 2, 2),
        ("ended", 3, 2),
    ]
    assert lives[1] is not None
    assert lives[1].untold == opened


def test_a_complaint_that_followed_is_no_step_of_the_alert() -> None:
    assert meant_by_untold([suppression("a", "complained_after", 4)]) is None
