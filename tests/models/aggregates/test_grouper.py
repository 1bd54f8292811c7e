"""Who is waited for, and what is counted when, whatever number of partitions the journal has and whenever it began."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from models.aggregates.grouper import Grouper
from models.aggregates.parameters import AggregateParams, GroupParams
from models.aggregates.rows import OWN_KEY, NewerGroupError
from schemas.aggregates import AggregateAlert
from schemas.errors import ConfigurationError
from schemas.observations import Evidence, Watermark
from tests.support.observations import SMALL, KilledReader, aggregates, evidence, hour, watermark

TWO = SMALL.model_copy(update={"unit": GroupParams(customers=2, days=7, keep=1)})


def told(observations: Iterable[Evidence | Watermark], params: AggregateParams = TWO) -> list[tuple[str, int, float]]:
    """Transition, customers, and hours after the start, of every alert."""
    return [said(alert) for alert in aggregates(observations, params)]


def said(alert: AggregateAlert) -> tuple[str, int, float]:
    return alert.transition, alert.customers, (alert.at - hour(0)).total_seconds() / 3600


def test_evidence_of_days_between_two_watermarks_is_counted_day_by_day() -> None:
    far_apart = [evidence("a", at=1), evidence("b", at=24 * 9), evidence("c", at=24 * 18)]
    close = [evidence("a", at=1), evidence("b", at=24 * 6)]

    assert told([watermark(0), *far_apart, watermark(24 * 30)]) == []
    assert told([watermark(0), *close, watermark(24 * 30)])[0] == ("opened", 2, 24 * 6 + 1)


def test_evidence_from_before_any_watermark_counts_in_the_first_period() -> None:
    early = [evidence("a", at=-3), evidence("b", at=-0.5)]

    assert told([*early, watermark(0), watermark(1)]) == [("opened", 2, 1)]
    assert told([early[0], watermark(0), watermark(1), *early, watermark(2)]) == [], "what comes again is no news"


def test_what_comes_before_a_partition_has_spoken_waits_for_it() -> None:
    grouper = Grouper(TWO)
    before = [watermark(0, 0, 2), evidence("a", at=0.2), evidence("b", at=0.3), watermark(5, 0, 2)]

    assert [grouper.take(each) for each in before] == [[], [], [], []]
    assert grouper.watermark is None
    assert [said(alert) for alert in [*grouper.take(watermark(0, 1, 2)), *grouper.take(watermark(3, 1, 2))]] == [
        ("opened", 2, 1)
    ]
    assert grouper.watermark == hour(3).timestamp()


def test_partitions_that_are_gone_are_not_waited_for_and_new_ones_are() -> None:
    grouper = Grouper(TWO)
    for number in range(3):
        grouper.take(watermark(1, number, 3))
    grouper.take(evidence("a", at=1.2))
    grouper.take(evidence("b", at=1.3))

    grown = [grouper.take(watermark(4, number, 5)) for number in range(5)]
    assert [len(alerts) for alerts in grown] == [0, 0, 0, 0, 1], "all five have to speak"

    grouper.take(evidence("a", at=4.5, org_path="HQ/North"))
    grouper.take(evidence("b", at=4.6, org_path="HQ/North"))
    shrunk = [grouper.take(watermark(6, number, 2)) for number in range(2)]
    assert [len(alerts) for alerts in shrunk] == [0, 1], "two are enough now"


def test_a_reader_killed_across_a_move_waits_for_all_new_partitions_again() -> None:
    """Reading on from before the move, it hears what only the partitions from before it had said."""
    topic = [
        watermark(0, 0, 1),
        evidence("a", at=9.5),  # ahead of its partition's clock, so that it is read again
        watermark(1, 0, 1),
        watermark(8, 0, 2),
        watermark(8, 1, 2),
        watermark(9, 0, 2),
        evidence("b", at=8.5, position=(1, 7, 0)),
        evidence("c", at=8.7, position=(1, 8, 0)),
        watermark(10, 1, 2),
        watermark(10, 0, 2),
    ]
    reader = KilledReader(topic, TWO)
    reader.read(6)

    reader.read(0, dies_after=100)
    while reader.read(1):
        pass

    expected = aggregates(topic, TWO)
    assert [said(each) for each in expected] == [("opened", 2, 9)]
    assert {each.identity for each in reader.told} == {each.identity for each in expected}


def test_evidence_of_one_customer_keeps_its_order_across_a_move_of_the_journal() -> None:
    opened = evidence("a", at=0.2, position=(0, 5_000, 0))
    taken_back = evidence("a", at=0.4, transition="dismissed", sequence=1, position=(1, 3, 0))
    others = evidence("b", at=0.3)

    assert told([watermark(0), opened, others, taken_back, watermark(1)]) == []


def test_an_alert_that_is_taken_back_counts_no_more_where_the_customer_was() -> None:
    there = [watermark(0), evidence("a", at=0.2), evidence("b", at=0.3), evidence("c", at=0.4), watermark(1)]
    gone = evidence("a", at=1.5, transition="dismissed", sequence=1, org_path="HQ/North")

    grouper = Grouper(TWO)
    for each in [*there, gone, watermark(2)]:
        grouper.take(each)

    (south,) = (group for key, group in grouper.groups.items() if key.by == "unit")
    assert set(south.members) == {"b", "c"}


def test_nothing_is_written_while_a_period_lasts() -> None:
    grouper = Grouper(TWO)
    assert grouper.take_rows() == {}
    grouper.take(watermark(0))
    assert list(grouper.take_rows()) == [OWN_KEY]
    grouper.take(evidence("a", at=0.2))

    assert grouper.take_rows() == {}


def test_households_of_whom_nothing_is_left_are_let_go_and_units_are_not() -> None:
    grouper = Grouper(TWO)
    for each in [watermark(0), evidence("a", at=0.2, household_ref="h_1"), watermark(1)]:
        grouper.take(each)
    grouper.take_rows()

    grouper.take(watermark(24 * 40))

    assert {key.by for key in grouper.groups} == {"unit"}
    rows = grouper.take_rows()
    assert [row is None for row in rows.values()] == [False, True], "what is let go comes after the own row"


def test_an_open_alert_is_told_apart_from_one_that_has_ended() -> None:
    grouper = Grouper(TWO)
    for each in [watermark(0), evidence("a", at=0.2), evidence("b", at=0.3), watermark(1)]:
        grouper.take(each)
    assert list(grouper.open_aggregates()) == [("unit", "claim_stalled", "yellow")]

    grouper.take(watermark(24 * 20))

    assert list(grouper.open_aggregates()) == []


def test_rows_of_other_periods_are_refused_with_what_to_do() -> None:
    rows = [(OWN_KEY, Grouper(TWO).own_row())]

    with pytest.raises(ConfigurationError, match=r"periods of 1 h, and params.aggregates.period_hours is 2: set it"):
        Grouper(TWO.model_copy(update={"period_hours": 2.0})).restore(rows)


def test_rows_of_a_later_version_are_refused() -> None:
    with pytest.raises(NewerGroupError, match="format 2, and this version reads 1"):
        Grouper(TWO).restore([(b'["default","unit","HQ","threat"]', b"[2,7]")])


def test_a_group_whose_row_is_ahead_of_the_own_row_is_not_decided_again() -> None:
    topic = [watermark(0), evidence("a", at=0.2), evidence("b", at=0.3), watermark(1)]
    reader = KilledReader(topic, TWO)
    reader.read(1)
    reader.read(3, dies_after=1)

    reader.read(3)

    assert [said(alert) for alert in reader.told] == [("opened", 2, 1)], "the row had said it"


def test_a_household_is_told_without_what_is_usual_and_a_full_group_with_at_least() -> None:
    many = [evidence(f"c{number}", at=0.1, household_ref="h_1") for number in range(25)]
    params = TWO.model_copy(update={"remembered": 20, "uncompared": ("claim_stalled",)})

    (alert,) = aggregates([watermark(0), *many, watermark(1)], params)

    assert (alert.by, alert.usual, alert.chance) == ("household", None, None)
    assert alert.reasons[0].text.en == "At least 20 customers of one household in 30 days: their claims stand still"
    assert set(alert.reasons[0].numbers) == {"customers", "days"}
