"""Whatever the protocol, a clean label ends up with its own weight, and a false one with none."""

from __future__ import annotations

import pytest

from models.labels.protocols import PROTOCOLS
from models.params import LabelParams
from schemas.examples import RiskExample
from tests.support.examples import risk_example

STORIES: dict[str, tuple[tuple[RiskExample, ...], bool | None]] = {
    "no complaint came": (
        (risk_example(phase="predicted", weight=2.0), risk_example(phase="matured", weight=2.0, horizons=(30,))),
        False,
    ),
    "a complaint came in time": (
        (
            risk_example(phase="predicted", weight=2.0),
            risk_example(phase="complained", weight=2.0, label=True),
            risk_example(phase="matured", weight=2.0, label=True, horizons=(30,)),
        ),
        True,
    ),
    "a complaint came to light after the horizon had ended": (
        (
            risk_example(phase="predicted", weight=2.0),
            risk_example(phase="matured", weight=2.0, horizons=(30,)),
            risk_example(phase="corrected", weight=2.0, label=True, horizons=(30,)),
        ),
        True,
    ),
    "the customer left": (
        (
            risk_example(phase="predicted", weight=2.0),
            risk_example(phase="censored", censored_by="left", weight=2.0),
        ),
        None,
    ),
}


def _totals(name: str, examples: tuple[RiskExample, ...], probability: float, **labels: float) -> dict[bool, float]:
    """Weights learned per class, in the end."""
    believe = PROTOCOLS[name](LabelParams(**labels))  # type: ignore[index]
    totals = {False: 0.0, True: 0.0}
    for example in examples:
        for label, weight in believe(example, lambda: probability):
            totals[label] += weight
    return totals


@pytest.mark.parametrize("name", ["matured", "provisional"])
@pytest.mark.parametrize("story", STORIES)
def test_in_the_end_the_true_class_has_the_weight_and_the_other_none(name: str, story: str) -> None:
    examples, truth = STORIES[story]

    totals = _totals(name, examples, probability=0.3)

    assert totals == {label: 2.0 if label is truth else 0.0 for label in (False, True)}


@pytest.mark.parametrize("rate", [0.01, 0.2, 0.5])
def test_importance_weights_leave_the_expected_gradient_of_the_true_classes(rate: float) -> None:
    """At a prediction that is right on average, a step up and the steps down cancel out."""
    quiet = _totals("weighted", STORIES["no complaint came"][0], probability=rate)
    complained = _totals("weighted", STORIES["a complaint came in time"][0], probability=rate)
    negatives = (1 - rate) * quiet[False] + rate * complained[False]
    positives = rate * complained[True]

    gradient = negatives * rate - positives * (1 - rate)

    assert gradient == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("kept", [0.0, 0.5, 1.0])
def test_quiet_after_an_intervention_keeps_only_its_share(name: str, kept: float) -> None:
    examples = (
        risk_example(phase="predicted"),
        risk_example(phase="censored", censored_by="intervened", horizons=(30,)),
    )

    totals = _totals(name, examples, probability=0.0, intervened_share=kept)

    assert totals == {False: pytest.approx(kept), True: 0.0}


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_label_that_matures_is_never_learned_twice(name: str) -> None:
    matured = risk_example(phase="matured", label=True, horizons=(7,))
    complained = risk_example(phase="complained", label=True, horizons=(7,))

    learned = [label for example in (complained, matured) for label, weight in PROTOCOLS[name](LabelParams())(  # type: ignore[index]
        example, lambda: 0.1
    ) if label]  # fmt: skip

    assert learned == [True]
