"""When a label may be believed: examples to updates of the weights, one strategy each.

Complaints come early and their absence late. A learner fed each as it comes sees a stream of complaints first and
expects too many; one that waits for both learns a horizon late. The strategies below are the answers of the
literature on delayed feedback; `bench.quality` compares them on the same streams.

References
----------
Chapelle (2014), *Modeling Delayed Feedback in Display Advertising*, KDD, https://doi.org/10.1145/2623330.2623634.
Ktena et al. (2019), *Addressing Delayed Feedback for Continuous Training with Neural Networks in CTR Prediction*,
RecSys, https://arxiv.org/abs/1907.06558.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from models.params import LabelParams, ProtocolName
from schemas.examples import RiskExample


class Update(NamedTuple):
    """One step of a learner."""

    label: bool
    """What to learn."""
    weight: float
    """How strongly; negative takes an earlier step back."""


class LabelProtocol(Protocol):
    """Says what an example is worth to the weights.

    Contract: over all examples of one prediction with a clean label, the weights of the true class add up to the
    prediction's own weight (in expectation, for importance weights), and those of the other class to none.
    """

    def __call__(self, example: RiskExample, probability: Callable[[], float]) -> tuple[Update, ...]:
        """Return the steps to take, in order.

        Parameters
        ----------
        example
            What became known.
        probability
            What the learner itself would predict now, before calibration; asked only if needed.
        """


class Matured:
    """Believe both classes when the horizon has ended, at one delay: unbiased, and a horizon late."""

    def __init__(self, labels: LabelParams) -> None:
        self._kept = labels.intervened_share

    def __call__(self, example: RiskExample, probability: Callable[[], float]) -> tuple[Update, ...]:
        """Learn at the end, take a negative back if it was wrong."""
        match example.phase:
            case "matured":
                return (Update(example.label, example.weight),)
            case "censored" if example.censored_by == "intervened" and self._kept:
                return (Update(False, example.weight * self._kept),)
            case "corrected":
                return Update(False, -example.weight), Update(True, example.weight)
            case _:
                return ()


class Provisional:
    """Believe at once that no complaint comes, and take that back when one does."""

    def __init__(self, labels: LabelParams) -> None:
        self._kept = labels.intervened_share

    def __call__(self, example: RiskExample, probability: Callable[[], float]) -> tuple[Update, ...]:
        """Learn a negative now; undo it later where it was wrong."""
        match example.phase:
            case "predicted":
                return (Update(False, example.weight),)
            case "complained" | "corrected":
                return Update(False, -example.weight), Update(True, example.weight)
            case "censored":
                kept = self._kept if example.censored_by == "intervened" else 0.0
                return (Update(False, example.weight * (kept - 1.0)),) if kept < 1.0 else ()
            case _:
                return ()


class Weighted:
    """Learn every prediction as negative at once and every complaint as positive, and weight what that distorts.

    Fake-negative weighting (Ktena et al. 2019): with `p` the predicted probability, negatives weigh (1 - p)(1 + p) and
    positives 1 + p, which makes the expected gradient that of the true distribution.
    """

    def __init__(self, labels: LabelParams) -> None:
        self._kept = labels.intervened_share

    def __call__(self, example: RiskExample, probability: Callable[[], float]) -> tuple[Update, ...]:
        """Weigh by what the learner itself expects."""
        match example.phase:
            case "predicted":
                expected = probability()
                return (Update(False, example.weight * (1.0 - expected) * (1.0 + expected)),)
            case "complained" | "corrected":
                return (Update(True, example.weight * (1.0 + probability())),)
            case "censored":
                kept = self._kept if example.censored_by == "intervened" else 0.0
                return (Update(False, example.weight * (kept - 1.0)),) if kept < 1.0 else ()
            case _:
                return ()


PROTOCOLS: dict[ProtocolName, Callable[[LabelParams], LabelProtocol]] = {
    "matured": Matured,
    "provisional": Provisional,
    "weighted": Weighted,
}
"""Every protocol by the name that parameters use."""
