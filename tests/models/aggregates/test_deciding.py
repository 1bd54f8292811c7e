"""The edges of a group's alert: when it opens, what level it has, when it is told again, and how it ends."""

from __future__ import annotations

from itertools import pairwise

import pytest

from models.aggregates.deciding import NONE, ORANGE, RED, YELLOW, Count, counted, decide
from models.aggregates.group import Group, Member, Standing, common_unit
from models.aggregates.parameters import AggregateParams, GroupParams
from models.aggregates.usual import Usual, exposure, tail
from schemas.aggregates import AggregateTransition
from schemas.alerts import LEVELS

PARAMS = AggregateParams(calm_hours=3)
RULES = GroupParams(customers=3, days=2, keep=2)


def group_of(levels: str = "", standing: Standing | None = None, usual: Usual | None = None) -> Group:
    """A group whose members are y(ellow), o(range) or r(ed)."""
    of = {"y": YELLOW, "o": ORANGE, "r": RED}
    members = {str(number): Member(9, f"a{number}", of[level], "HQ/A") for number, level in enumerate(levels)}
    return Group(members=members, standing=standing, usual=usual)


def decided(
    group: Group, *, chance: float | None = None, period: int = 9, is_warm: bool = True
) -> tuple[AggregateTransition | None, int]:
    """The transition, and the level after it."""
    count = counted(group, period, 0, RULES, PARAMS)._replace(chance=chance)
    transition = decide(group, count, period, is_warm, RULES, PARAMS)
    return transition, NONE if group.standing is None else group.standing.level


@pytest.mark.parametrize(
    ("levels", "chance", "is_warm", "expected"),
    [
        ("yy", None, True, (None, NONE)),
        ("yyy", None, True, ("opened", YELLOW)),
        ("yyy", None, False, (None, NONE)),
        ("yyo", None, True, ("opened", YELLOW)),
        ("oor", None, True, ("opened", ORANGE)),
        ("rrr", None, True, ("opened", RED)),
        ("yyy", 0.001, True, (None, NONE)),
        ("yyy", 0.0009, True, ("opened", YELLOW)),
        ("yyy", 0.000009, True, ("opened", ORANGE)),
    ],
)
def test_enough_customers_open_and_their_levels_and_chance_say_how_urgent(
    levels: str, chance: float | None, is_warm: bool, expected: tuple[AggregateTransition | None, int]
) -> None:
    assert decided(group_of(levels), chance=chance, is_warm=is_warm) == expected


def test_an_open_alert_is_kept_by_fewer_and_rises_at_once() -> None:
    group = group_of("yyy")
    decided(group)

    del group.members["0"]
    assert decided(group, period=10) == (None, YELLOW)
    group.members |= group_of("rrr").members
    assert decided(group, period=11) == ("raised", RED)


def test_what_is_as_usual_again_supports_nothing() -> None:
    open_since = Standing(0, 0, YELLOW, 3, "HQ/A")

    assert decided(group_of("yyy", open_since), chance=0.05)[0] is None
    group = group_of("yyy", open_since)
    decided(group, chance=0.051)

    assert group.standing is not None
    assert group.standing.calm_since == 9


def test_it_falls_only_after_a_calm_that_nothing_interrupts() -> None:
    group = group_of("ooo")
    told = [decided(group, period=1)]
    group.members = group_of("yyy").members
    told += [decided(group, period=period) for period in (2, 3)]
    group.members = group_of("ooo").members
    told += [decided(group, period=4)]
    group.members = group_of("yyy").members
    told += [decided(group, period=period) for period in (5, 6, 7, 8)]

    assert [transition for transition, _ in told] == ["opened", None, None, None, None, None, None, "lowered"]
    assert told[-1][1] == YELLOW


def test_it_ends_with_the_level_that_it_had() -> None:
    group = group_of("", Standing(0, 4, ORANGE, 3, "HQ/A", calm_since=6))

    assert decided(group, period=8) == (None, ORANGE)
    assert decided(group, period=9) == ("expired", ORANGE)
    assert group.standing is not None
    assert (group.standing.sequence, group.standing.unit) == (5, "HQ/A"), "where people last heard of it"


@pytest.mark.parametrize(("levels", "expected"), [("yyyyy", None), ("yyyyyy", "grown")])
def test_it_is_told_again_when_there_are_twice_as_many(levels: str, expected: str | None) -> None:
    assert decided(group_of(levels, Standing(0, 0, YELLOW, 3, "HQ/A")))[0] == expected


def test_a_household_is_compared_with_nothing_and_a_unit_with_its_own_usual() -> None:
    assert counted(group_of("yor"), 100, 0, RULES, PARAMS) == Count(3, 2, 1, None, None)

    seldom, often = (counted(group_of("yyy", usual=Usual(n, 52)), 100, 0, RULES, PARAMS) for n in (0.0, 9.0))

    assert seldom.usual is not None
    assert often.usual is not None
    assert seldom.usual < often.usual
    assert seldom.chance is not None
    assert often.chance is not None
    assert seldom.chance < often.chance < 1


def test_a_tail_adds_up_to_the_whole_on_both_sides_of_the_mean() -> None:
    shape, rate = 6.0, 2.0

    tails = [tail(count, shape, rate) for count in range(40)]

    assert tails[0] == 1.0
    assert tails == sorted(tails, reverse=True)
    masses = [here - after for here, after in pairwise(tails)]
    assert sum(number * mass for number, mass in enumerate(masses)) == pytest.approx(shape / rate, abs=1e-6)


def test_nothing_was_watched_before_it_began() -> None:
    assert exposure(10, 5, half_life=100.0, span=7) == 0.0


def test_units_that_share_nothing_meet_at_head_office() -> None:
    assert common_unit(["HQ/A/B", "HQ/A"]) == "HQ/A"
    assert common_unit([]) == "HQ"
    assert common_unit(["X/A", "HQ/A"]) == "HQ"


def test_the_newest_members_stay_where_there_are_more_than_are_remembered() -> None:
    group = group_of("yyy")
    group.members["0"] = group.members["0"]._replace(period=3)

    group.take(9, [], remembered=2)

    assert set(group.members) == {"1", "2"}
    assert LEVELS[group.members["1"].level] == "yellow"


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"unit": {"customers": 3, "days": 1, "keep": 4}}, "keep must not be above customers"),
        ({"improbable": 0.1}, "must ascend"),
        ({"orange_below": 0.01}, "must ascend"),
    ],
)
def test_thresholds_out_of_order_are_refused(given: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        AggregateParams.model_validate(given)
