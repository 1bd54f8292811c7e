"""Every prediction that was kept is told what came of it: a complaint, quiet, or that nobody can know."""

from __future__ import annotations

from math import nextafter

import pytest

from models.labels.waiting import mature, next_end
from models.parameters.labels import LabelParams, LabelUnit
from models.params import Params
from schemas.examples import Phase, RiskExample
from schemas.ticks import Tick
from schemas.types import UtcTime
from tests.support.core import Core
from tests.support.events import action, call, claim, complaint, moment, tick

PARAMS = Params(labels=LabelParams(thinning=1.0))


@pytest.fixture
def core() -> Core:
    return Core(PARAMS)


def _learnt(core: Core, *messages: object) -> list[tuple[str, tuple[int, ...], bool]]:
    """Phase, horizons and label of what the learner is told."""
    return [
        (example.phase, example.horizons, example.label)
        for outcome in core.take(*messages)  # type: ignore[arg-type]
        for example in outcome.examples
        if isinstance(example, RiskExample)
    ]


def test_a_quiet_prediction_matures_horizon_by_horizon(core: Core) -> None:
    assert _learnt(core, call(day=0), tick(8), tick(31)) == [
        ("predicted", (7, 30), False),
        ("matured", (7,), False),
        ("matured", (30,), False),
    ]


def test_a_label_that_matures_changes_the_row_and_nothing_that_is_believed(core: Core) -> None:
    core.take(call(day=0))

    (outcome,) = core.take(tick(8))

    assert (outcome.touched, outcome.believed) == (["a"], [])


def test_a_complaint_is_told_at_once_with_its_lead_and_again_when_the_horizon_ends(core: Core) -> None:
    core.take(call(day=0))

    (told,) = [e for e in core.take(complaint(day=3))[0].examples if isinstance(e, RiskExample)]

    assert (told.phase, told.horizons, told.label) == ("complained", (7, 30), True)
    assert told.lead_seconds == pytest.approx(3 * 86_400)
    assert _learnt(core, tick(31)) == [("matured", (7,), True), ("matured", (30,), True)]


def test_a_complaint_after_the_short_horizon_decides_only_the_long_one(core: Core) -> None:
    assert _learnt(core, call(day=0), tick(8), complaint(day=10)) == [
        ("predicted", (7, 30), False),
        ("matured", (7,), False),
        ("complained", (30,), True),
    ]


def test_a_complaint_that_comes_to_light_after_its_horizon_corrects_the_record(core: Core) -> None:
    core.take(call(day=0), tick(33))

    outcome = core.take(complaint(day=5))[0]

    (corrected,) = [e for e in outcome.examples if isinstance(e, RiskExample)]
    assert (corrected.phase, corrected.horizons, corrected.label) == ("corrected", (7, 30), True)


def test_after_the_grace_nothing_is_corrected_any_more(core: Core) -> None:
    core.take(call(day=0), tick(38))

    assert _learnt(core, complaint(day=5)) == []


def test_quiet_in_which_somebody_acted_is_no_clean_negative(core: Core) -> None:
    core.take(call(day=0), action(day=2, what="contacted"))

    outcomes = core.take(tick(31))

    first = [e for o in outcomes for e in o.examples if isinstance(e, RiskExample) and e.predicted_at == moment(0)]
    assert [(e.phase, e.horizons, e.censored_by) for e in first] == [
        ("censored", (7,), "intervened"),
        ("censored", (30,), "intervened"),
    ]


def test_a_complaint_in_spite_of_an_intervention_is_a_complaint(core: Core) -> None:
    assert ("matured", (30,), True) in _learnt(
        core, call(day=0), action(day=2, what="offer"), complaint(day=6), tick(31)
    )


def test_who_leaves_censors_what_is_open(core: Core) -> None:
    core.take(call(day=0), tick(8))

    outcome = core.take(action(day=9, what="left"))[0]

    first = next(e for e in outcome.examples if isinstance(e, RiskExample))
    assert (first.phase, first.horizons, first.censored_by) == ("censored", (30,), "left")


def test_a_prediction_made_after_a_complaint_that_nobody_knew_of_is_censored(core: Core) -> None:
    core.take(call(day=4))

    (told,) = [e for e in core.take(complaint(day=2))[0].examples if isinstance(e, RiskExample)]

    assert (told.phase, told.censored_by) == ("censored", "complained_before")


def test_a_busy_customer_is_thinned_out_and_what_is_kept_weighs_for_the_rest() -> None:
    """Over many customers the weights add up to the predictions that could have been kept."""
    labels = LabelParams(pending=4, thinning=0.5, spacing_days=0.0)
    core = Core(Params(labels=labels))
    calls, customers = 3, 400

    kept = [
        example
        for number in range(customers)
        for outcome in core.take(*(call(f"c{number}", day=number / 1000 + n * 0.001) for n in range(calls)))
        for example in outcome.examples
        if isinstance(example, RiskExample)
    ]

    assert len(kept) < 0.9 * calls * customers
    assert sum(example.weight for example in kept) == pytest.approx(calls * customers, rel=0.05)


def test_no_more_predictions_wait_than_there_is_room_for() -> None:
    core = Core(Params(labels=LabelParams(pending=2, thinning=1.0, spacing_days=0.0)))
    core.take(*(call(day=day) for day in range(5)), Tick(at=moment(5), partition=0))

    assert len(core.states["a"].predictions) == 2


def test_horizons_have_the_lengths_that_parameters_say() -> None:
    core = Core(Params(labels=LabelParams(short_days=60, long_days=180)))

    assert _learnt(core, call(day=0), tick(61), complaint(day=170)) == [
        ("predicted", (7, 30), False),
        ("matured", (7,), False),
        ("complained", (30,), True),
    ]


def _answered(core: Core, *messages: object) -> list[tuple[Phase, UtcTime]]:
    """Which predictions the learner is told about, and what."""
    outcomes = core.take(*messages)  # type: ignore[arg-type]
    return [(e.phase, e.predicted_at) for o in outcomes for e in o.examples if isinstance(e, RiskExample)]


@pytest.mark.parametrize(
    ("unit", "about", "days"),
    [
        ("customer", "CL-1", (0, 1, 2)),
        ("case", "CL-1", (0, 2)),
        ("case", "CL-2", (1, 2)),
        ("case", None, (0, 1, 2)),
        ("case", "CL-9", (2,)),
    ],
)
def test_a_complaint_that_names_a_case_answers_for_it_and_not_for_the_others(
    unit: LabelUnit, about: str | None, days: tuple[int, ...]
) -> None:
    """What was predicted after an event without a case is about the customer, and every complaint answers it."""
    core = Core(Params(labels=LabelParams(unit=unit, thinning=1.0, long_spacing_days=0.0)))
    core.take(claim(day=0, claim_ref="CL-1"), claim(day=1, claim_ref="CL-2"), call(day=2))

    assert _answered(core, complaint(day=3, claim_ref=about)) == [("complained", moment(day)) for day in days]


def test_the_quiet_of_the_other_case_is_a_clean_negative() -> None:
    core = Core(Params(labels=LabelParams(unit="case", thinning=1.0, long_spacing_days=0.0)))
    core.take(claim(day=0, claim_ref="CL-1"), claim(day=1, claim_ref="CL-2"), complaint(day=2, claim_ref="CL-1"))

    ended = [e for o in core.take(tick(33)) for e in o.examples if isinstance(e, RiskExample) and 30 in e.horizons]

    labels = {e.predicted_at: e.label for e in ended}
    assert labels[moment(0)]
    assert not labels[moment(1)]


def test_only_what_follows_a_deed_that_was_named_becomes_an_example() -> None:
    core = Core(Params(labels=LabelParams(deeds=("claim:closed",), thinning=1.0)))

    told = _answered(core, call(day=0), claim(day=2), claim(day=4, status="closed"), call(day=6), tick(9))

    assert [at for phase, at in told if phase == "predicted"] == [moment(4)]


@pytest.mark.parametrize("is_long", [False, True])
@pytest.mark.parametrize("matured", [0, 1, 2])
def test_nothing_is_to_be_done_before_the_next_end_and_something_then(core: Core, is_long: bool, matured: int) -> None:
    core.take(call())
    state = core.states["a"]
    prediction = state.predictions[0]._replace(is_long=is_long, matured=min(matured, 1 + is_long))
    state.predictions = [prediction]
    due = next_end(state.predictions, PARAMS.labels)

    assert mature(state, nextafter(due, 0.0), PARAMS.labels) == []
    assert state.predictions == [prediction]
    mature(state, due, PARAMS.labels)
    assert state.predictions != [prediction]
