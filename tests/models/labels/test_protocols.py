"""Whatever the protocol, a clean label ends up with its own weight, and a false one with none."""

from __future__ import annotations

from typing import Any

import pytest

from models.labels.protocols import PROTOCOLS
from models.parameters.labels import LabelParams, ProtocolName
from schemas.examples import RiskExample
from schemas.snapshots import Horizon
from tests.support.examples import risk_example


def _story(*examples: RiskExample, truth: bool | None) -> tuple[tuple[RiskExample, ...], bool | None]:
    return (risk_example(phase="predicted", weight=2.0), *examples), truth


def _known(phase: str, *horizons: int, **given: Any) -> RiskExample:
    return risk_example(phase=phase, weight=2.0, horizons=horizons, **given)


STORIES = {
    "no complaint came": _story(_known("matured", 7), _known("matured", 30), truth=False),
    "a complaint came within the short horizon": _story(
        _known("complained", 7, 30, label=True),
        _known("matured", 7, label=True),
        _known("matured", 30, label=True),
        truth=True,
    ),
    "a complaint came after the short horizon": _story(
        _known("matured", 7), _known("complained", 30, label=True), _known("matured", 30, label=True), truth=True
    ),
    "a complaint came to light after the horizon had ended": _story(
        _known("matured", 7), _known("matured", 30), _known("corrected", 30, label=True), truth=True
    ),
    "the customer left at once": _story(_known("censored", 7, 30, censored_by="left"), truth=None),
    "the customer left after the short horizon": _story(
        _known("matured", 7), _known("censored", 30, censored_by="left"), truth=None
    ),
    "the customer had complained before": _story(
        _known("censored", 7, 30, censored_by="complained_before"), truth=None
    ),
}
"""What became known of one prediction, and the label of the long horizon in the end; None where it has none."""


def _totals(
    name: ProtocolName,
    examples: tuple[RiskExample, ...],
    probability: float = 0.3,
    horizon: Horizon = 30,
    **labels: Any,
) -> dict[bool, float]:
    """Weights learned per class, in the end."""
    believe = PROTOCOLS[name](LabelParams(**labels))
    totals = {False: 0.0, True: 0.0}
    for example in examples:
        for label, weight in believe(example, horizon, lambda: probability):
            totals[label] += weight
    return totals


UNWEIGHTED: tuple[ProtocolName, ...] = ("matured", "provisional", "instalments")


@pytest.mark.parametrize("name", UNWEIGHTED)
@pytest.mark.parametrize("story", STORIES)
def test_in_the_end_the_true_class_has_the_weight_and_the_other_none(name: ProtocolName, story: str) -> None:
    examples, truth = STORIES[story]

    totals = _totals(name, examples)

    assert totals == {label: pytest.approx(2.0 if label is truth else 0.0) for label in (False, True)}


@pytest.mark.parametrize("name", UNWEIGHTED)
def test_the_short_horizon_has_its_own_truth(name: ProtocolName) -> None:
    examples, _ = STORIES["a complaint came after the short horizon"]

    assert _totals(name, examples, horizon=7) == {False: pytest.approx(2.0), True: 0.0}


@pytest.mark.parametrize("rate", [0.01, 0.2, 0.5])
def test_importance_weights_leave_the_expected_gradient_of_the_true_classes(rate: float) -> None:
    """At a prediction that is right on average, a step up and the steps down cancel out."""
    quiet = _totals("weighted", STORIES["no complaint came"][0], probability=rate)
    complained = _totals("weighted", STORIES["a complaint came within the short horizon"][0], probability=rate)
    negatives = (1 - rate) * quiet[False] + rate * complained[False]
    positives = rate * complained[True]

    gradient = negatives * rate - positives * (1 - rate)

    assert gradient == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("kept", [0.0, 0.5, 1.0])
def test_quiet_after_an_intervention_keeps_only_its_share(name: ProtocolName, kept: float) -> None:
    examples, _ = _story(
        _known("censored", 7, censored_by="intervened"), _known("censored", 30, censored_by="intervened"), truth=None
    )

    totals = _totals(name, examples, probability=0.0, intervened_share=kept)

    assert totals == {False: pytest.approx(2.0 * kept), True: 0.0}


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_complaint_is_learned_once(name: ProtocolName) -> None:
    believe, (examples, _) = PROTOCOLS[name](LabelParams()), STORIES["a complaint came within the short horizon"]

    learned = [label for example in examples for label, _ in believe(example, 30, lambda: 0.1) if label]

    assert learned == [True]


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_prediction_that_waits_for_the_short_horizon_only_teaches_the_long_model_nothing(name: ProtocolName) -> None:
    examples = tuple(
        risk_example(phase=phase, horizons=(7,), waits_for=(7,), **given)
        for phase, given in (("predicted", {}), ("matured", {}), ("complained", {"label": True}))
    )

    assert _totals(name, examples, horizon=30) == {False: 0.0, True: 0.0}


def test_instalments_believe_the_quiet_bit_by_bit() -> None:
    believe, (examples, _) = PROTOCOLS["instalments"](LabelParams()), STORIES["no complaint came"]

    weights = [update.weight for example in examples for update in believe(example, 30, lambda: 0.1)]

    assert weights == pytest.approx([0.6, 0.8, 0.6])
