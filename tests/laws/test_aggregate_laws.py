"""What is true of aggregate alerts, however partitions are heard, whatever comes twice, and whoever is killed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from models.aggregates.parameters import AggregateParams, GroupParams
from schemas.aggregates import GROUP_KINDS, AggregateAlert
from schemas.alerts import LEVELS
from schemas.codec import encode
from schemas.observations import Evidence, Watermark
from tests.laws.test_core_laws import laws
from tests.support.observations import KilledReader, aggregates, evidence, watermark

FEW = GroupParams(customers=2, days=2, keep=2)
PARAMS = AggregateParams(
    unit=FEW,
    product_line=FEW,
    product=FEW,
    household=GroupParams(customers=2, days=3, keep=2),
    improbable=0.6,
    orange_below=0.2,
    calm_above=0.7,
    calm_hours=3,
    warm_up_days=0.5,
    remembered=20,
    usual_half_life_days=3,
)
"""So small that every transition happens within days."""

Observations = list[Evidence | Watermark]

moves = st.tuples(
    st.sampled_from([0.0, 0.25, 1.0, 1.0, 5.0, 30.0]),  # hours that pass before it
    st.sampled_from(["opened", "opened", "opened", "raised", "dismissed"]),
    st.integers(0, 5),  # customer of the partition
    st.sampled_from(["yellow", "orange", "red"]),
    st.sampled_from(["HQ/A", "HQ/B"]),
    st.sampled_from([None, "P1"]),
    st.sampled_from([None, "h_1"]),
)
histories = st.lists(st.lists(moves, max_size=25), min_size=1, max_size=3)


def observed(
    histories: Sequence[Sequence[tuple[float, str, int, str, str, str | None, str | None]]], leap_hours: int = 1
) -> list[Observations]:
    """What each partition observes, in its own order, until all have come equally far.

    A watermark comes every so many hours, as ticks do in a back-fill; evidence has its own time all the same.
    """
    partitions = []
    for number, history in enumerate(histories):
        at, seen = 0.0, Observations([watermark(0, number, len(histories))])
        for offset, (hours, transition, customer, level, unit, product, household) in enumerate(history):
            if int((at + hours) / leap_hours) > int(at / leap_hours):
                seen.append(watermark(at + hours, number, len(histories)))
            at += hours
            seen.append(
                evidence(
                    f"{number}-{customer}",
                    at,
                    sequence=offset,
                    transition=transition,
                    level=level,
                    org_path=unit,
                    product_id=product,
                    household_ref=household,
                    position=(number, offset, 0),
                )
            )
        partitions.append([*seen, watermark(at + 200, number, len(histories))])
    return partitions


def interleaved(partitions: Sequence[Observations], choices: Sequence[int], restarts: Sequence[int]) -> Observations:
    """One topic: at each step some partition goes on; now and then its writer begins again somewhat earlier."""
    at, topic = [0] * len(partitions), Observations()
    for step, choice in enumerate(chain(choices, range(10_000))):
        left = [number for number, seen in enumerate(partitions) if at[number] < len(seen)]
        if not left:
            break
        number = left[choice % len(left)]
        topic.append(partitions[number][at[number]])
        at[number] += 1
        if step < len(restarts) and restarts[step]:
            at[number] = max(0, at[number] - restarts[step])
    return topic


def without_repeats(told: Sequence[AggregateAlert]) -> dict[str, bytes]:
    return {alert.identity: encode(alert) for alert in told}


choices = st.lists(st.integers(0, 5), max_size=60)
restarts = st.lists(st.sampled_from([0, 0, 0, 1, 4]), max_size=60)


@laws
@given(histories=histories, choices=choices, restarts=restarts)
def test_no_interleaving_and_no_repeat_changes_what_is_told(
    histories: list[list[tuple[float, str, int, str, str, str | None, str | None]]],
    choices: list[int],
    restarts: list[int],
) -> None:
    partitions = observed(histories)

    one_after_the_other = aggregates(chain(*partitions), PARAMS)
    mixed = aggregates(interleaved(partitions, choices, restarts), PARAMS)

    assert [encode(alert) for alert in mixed] == [encode(alert) for alert in one_after_the_other]


@laws
@given(histories=histories, leap_hours=st.sampled_from([2, 7, 48, 10_000]), choices=choices, restarts=restarts)
def test_ticks_that_leap_change_nothing_that_is_told(
    histories: list[list[tuple[float, str, int, str, str, str | None, str | None]]],
    leap_hours: int,
    choices: list[int],
    restarts: list[int],
) -> None:
    evenly = aggregates(chain(*observed(histories)), PARAMS)
    leaping = aggregates(interleaved(observed(histories, leap_hours), choices, restarts), PARAMS)

    assert [encode(alert) for alert in leaping] == [encode(alert) for alert in evenly]


@laws
@given(
    histories=histories,
    choices=choices,
    restarts=restarts,
    kills=st.lists(st.tuples(st.integers(1, 30), st.integers(0, 12)), max_size=6),
    portion=st.integers(1, 40),
)
def test_a_reader_that_is_killed_tells_the_same(
    histories: list[list[tuple[float, str, int, str, str, str | None, str | None]]],
    choices: list[int],
    restarts: list[int],
    kills: list[tuple[int, int]],
    portion: int,
) -> None:
    partitions = observed(histories)
    reader = KilledReader(interleaved(partitions, choices, restarts), PARAMS)

    for count, rows in kills:
        reader.read(count, dies_after=rows)
    while reader.read(portion):
        pass

    assert without_repeats(reader.told) == without_repeats(aggregates(chain(*partitions), PARAMS))


@laws
@given(histories=histories)
def test_a_group_has_one_alert_at_a_time_and_its_numbers_are_consecutive(
    histories: list[list[tuple[float, str, int, str, str, str | None, str | None]]],
) -> None:
    told = aggregates(chain(*observed(histories)), PARAMS)

    by_group = defaultdict(list)
    for alert in told:
        by_group[alert.tenant, alert.by, alert.key, alert.cause].append(alert)
    for alerts in by_group.values():
        before = None
        for alert in alerts:
            if before is None or before.transition == "expired":
                assert (alert.transition, alert.sequence) == ("opened", 0)
                assert alert.customers >= 2
            else:
                assert alert.aggregate_id == before.aggregate_id
                assert alert.sequence == before.sequence + 1
            before = alert


@laws
@given(histories=histories)
def test_what_is_counted_is_there(
    histories: list[list[tuple[float, str, int, str, str, str | None, str | None]]],
) -> None:
    for alert in aggregates(chain(*observed(histories)), PARAMS):
        assert alert.severe <= alert.customers
        assert len(alert.members) == min(20, alert.customers)
        assert (alert.chance is None) == (alert.by == "household")
        assert alert.chance is None or 0 <= alert.chance <= 1


def counted_by_hand(partitions: Sequence[Observations], alert: AggregateAlert) -> set[str]:
    """Customers of a group within its window at the time of an alert, by nothing but a walk over all evidence."""
    begins = alert.at - timedelta(days=PARAMS.of(alert.by).days)
    newest: dict[str, Evidence] = {}
    for seen in partitions:
        for each in seen:
            if not isinstance(each, Evidence) or not each.clock < alert.at:
                continue
            if each.transition == "dismissed":
                newest = {customer: one for customer, one in newest.items() if one.alert_id != each.alert_id}
            elif alert.key in (each.org_path, each.product_line, each.product_id, each.household_ref):
                newest[each.customer_key] = each
    return {customer for customer, each in newest.items() if each.clock >= begins}


@laws
@given(histories=histories)
def test_an_alert_counts_each_customer_once_and_those_of_its_window_only(
    histories: list[list[tuple[float, str, int, str, str, str | None, str | None]]],
) -> None:
    partitions = observed(histories)

    for alert in aggregates(chain(*partitions), PARAMS):
        assert len(set(alert.members)) == len(alert.members)
        assert alert.customers == len(counted_by_hand(partitions, alert))


@laws
@given(histories=histories)
def test_nothing_opens_below_the_fewest_customers_or_beside_what_is_usual(
    histories: list[list[tuple[float, str, int, str, str, str | None, str | None]]],
) -> None:
    # Fewer keep one than open one: else what keeps it would say who opens it.
    params = PARAMS.model_copy(update={by: GroupParams(customers=3, days=2, keep=1) for by in GROUP_KINDS})

    for alert in aggregates(chain(*observed(histories)), params):
        if alert.transition == "opened":
            assert alert.customers >= 3
            assert alert.chance is None or alert.chance < params.improbable


@laws
@given(histories=histories)
def test_an_alert_ends_once_and_not_before_it_was_calm_for_long_enough(
    histories: list[list[tuple[float, str, int, str, str, str | None, str | None]]],
) -> None:
    told = aggregates(chain(*observed(histories)), PARAMS)

    assert len({alert.aggregate_id for alert in told if alert.transition == "opened"}) == len(
        {alert.aggregate_id for alert in told}
    )
    before: dict[str, AggregateAlert] = {}
    for alert in told:
        last = before.get(alert.aggregate_id)
        if last is not None:
            assert last.transition != "expired"
            assert (LEVELS.index(alert.level) > LEVELS.index(last.level)) == (alert.transition == "raised")
            assert alert.transition != "grown" or alert.customers >= PARAMS.grown_by * max(1, last.customers)
        if alert.transition in ("lowered", "expired"):
            assert last is not None
            assert alert.at - last.at >= timedelta(hours=PARAMS.calm_hours)
        before[alert.aggregate_id] = alert
