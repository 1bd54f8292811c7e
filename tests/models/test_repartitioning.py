"""What partitions remember, given to another number of them."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.alerting.capacity import Capacity
from models.params import Params
from models.partition import PartitionState, Silence
from models.repartitioning import DisagreeingPartitionsError, repartitioned
from schemas.types import NOWHERE, Position


def state(**changes: object) -> PartitionState:
    return PartitionState("0", Position(9, 0), 100.0, 7)._replace(**changes)


def test_nothing_of_the_next_journal_counts_as_seen_and_the_clock_never_goes_back() -> None:
    kept = {0: state(now=100.0), 1: state(now=160.0)}

    found = repartitioned(kept, [{0: 1}, {}, {1: 1}], "0.2")

    assert {(each.epoch, each.position, each.now, each.snapshot) for each in found} == {("0.2", NOWHERE, 160.0, 7)}


def test_a_threshold_goes_where_its_customers_go() -> None:
    kept = {0: state(threshold=1.0), 1: state(threshold=3.0)}

    found = repartitioned(kept, [{0: 10}, {0: 5, 1: 15}, {}], "0.2")

    assert [each.threshold for each in found] == [1.0, 2.5, 2.0]
    assert [each.customers for each in found] == [10, 20, 0]


def test_partitions_that_score_with_different_models_are_named_and_not_guessed_about() -> None:
    kept = {0: state(), 1: state(snapshot=8), 2: state(pinned=True)}

    with pytest.raises(DisagreeingPartitionsError, match="0 with snapshot 7, 1 with snapshot 8, 2 with snapshot 7, pi"):
        repartitioned(kept, [{}], "0.2")


def test_a_silence_holds_in_every_partition_also_where_one_has_dropped_it_already() -> None:
    silence = Silence("typhoon", (), "", 2, 500.0, "li")

    found = repartitioned({0: state(silences=[silence]), 1: state(), 2: state(silences=[silence])}, [{}, {}], "0.2")

    assert [list(each.silences) for each in found] == [[silence], [silence]]


@given(
    told=st.lists(st.integers(0, 9), min_size=1, max_size=6), day=st.integers(0, 30_000), partitions=st.integers(1, 9)
)
def test_what_an_owner_was_told_today_stays_told_and_the_room_that_is_left_stays_whole(
    told: list[int], day: int, partitions: int
) -> None:
    capacity = sum(told) + 3
    kept = {number: state(day=day, told=[("li", count)]) for number, count in enumerate(told)}

    found = repartitioned(kept, [{}] * partitions, "0.2")

    given_away = Counter[str]()
    for number, each in enumerate(found):
        given_away.update(dict(each.told))
        share = Capacity(Params().organisation, number, partitions)
        share.restore(each.day, each.told)
        assert dict(each.told).get("li", 0) <= share._share(capacity)
    assert given_away["li"] == sum(told)


def test_who_was_told_yesterday_only_has_the_whole_day() -> None:
    kept = {0: state(day=4, told=[("li", 3)]), 1: state(day=5, told=[("li", 1)])}

    found = repartitioned(kept, [{}], "0.2")

    assert (found[0].day, list(found[0].told)) == (5, [("li", 1)])


def test_a_journal_that_nobody_scored_leaves_nothing_to_remember() -> None:
    assert repartitioned({}, [{}, {}], "0.2") == []
