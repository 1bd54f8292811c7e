"""When a label may be believed: examples to updates of the weights, one strategy each.

Complaints come early and their absence late. A learner fed each as it comes sees a stream of complaints first and
expects too many; one that waits for both learns a horizon late. The strategies below are the answers of the
literature on delayed feedback, and one of our own; `bench.quality` compares them on the same streams.

References
----------
Chapelle (2014), *Modeling Delayed Feedback in Display Advertising*, KDD, https://doi.org/10.1145/2623330.2623634.
Ktena et al. (2019), *Addressing Delayed Feedback for Continuous Training with Neural Networks in CTR Prediction*,
RecSys, https://arxiv.org/abs/1907.06558.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from models.parameters.labels import LabelParams, ProtocolName
from schemas.examples import RiskExample
from schemas.snapshots import Horizon


class Update(NamedTuple):
    """One step of a learner."""

    label: bool
    """What to learn."""
    weight: float
    """How strongly; negative takes an earlier step back."""


Updates = tuple[Update, ...]


class LabelProtocol(Protocol):
    """Says what an example is worth to the weights of one horizon.

    Contract: over all examples of one prediction, the weights of the true class add up to the prediction's own weight
    (in expectation, for importance weights) and those of the other class to none; after quiet in which somebody acted
    they add up to `labels.intervened_share` of it; after any other censoring to none.
    """

    def __call__(self, example: RiskExample, horizon: Horizon, probability: Callable[[], float]) -> Updates:
        """Return the steps to take, in order.

        Parameters
        ----------
        example
            What became known.
        horizon
            Whose model learns; the example may speak of the other one only.
        probability
            What that model would predict now, before calibration; asked only if needed.
        """


class Matured:
    """Believe both classes when the horizon has ended, at one delay: unbiased, and a horizon late."""

    def __init__(self, labels: LabelParams) -> None:
        self._kept = labels.intervened_share

    def __call__(self, example: RiskExample, horizon: Horizon, probability: Callable[[], float]) -> Updates:
        """Learn at the end; take a negative back if it was wrong."""
        if horizon not in example.horizons:
            return ()
        match example.phase:
            case "matured":
                return (Update(example.label, example.weight),)
            case "censored" if example.censored_by == "intervened":
                return (Update(False, example.weight * self._kept),)
            case "corrected":
                return _turned(example.weight, example.weight)
            case _:
                return ()


class Instalments:
    """Believe the quiet bit by bit as it lasts, and take back what was believed when a complaint comes.

    Parameters
    ----------
    labels
        `instalments` says how much of a negative is learned at the prediction, and when the short horizon has ended.
    """

    def __init__(self, labels: LabelParams) -> None:
        self._at_once, self._after_short = labels.instalments
        self._kept = labels.intervened_share

    def __call__(self, example: RiskExample, horizon: Horizon, probability: Callable[[], float]) -> Updates:
        """Learn what the quiet so far is worth, or take it back."""
        if horizon not in example.waits_for:
            return ()
        weight = example.weight
        if example.phase == "predicted":
            return _negative(weight * self._at_once)
        if horizon not in example.horizons:
            lasts = example.phase in ("matured", "censored") and not example.label and example.censored_by != "left"
            return _negative(weight * self._after_short) if lasts and horizon == 30 else ()
        believed = weight * (self._at_once + self._after_short * (horizon == 30 and 7 not in example.horizons))
        match example.phase:
            case "complained":
                return _turned(believed, weight)
            case "corrected":
                return _turned(weight, weight)
            case "matured" if not example.label:
                return _negative(weight - believed)
            case "censored":
                kept = weight * self._kept if example.censored_by == "intervened" else 0.0
                return _negative(kept - believed)
            case _:
                return ()


class Provisional(Instalments):
    """Believe at once that no complaint comes, and take that back when one does."""

    def __init__(self, labels: LabelParams) -> None:
        super().__init__(labels.model_copy(update={"instalments": (1.0, 0.0)}))


class Weighted:
    """Learn every prediction as negative at once and every complaint as positive, and weight what that distorts.

    Fake-negative weighting (Ktena et al. 2019): with `p` the predicted probability, negatives weigh (1 - p)(1 + p) and
    positives 1 + p, which makes the expected gradient that of the true distribution.
    """

    def __init__(self, labels: LabelParams) -> None:
        self._kept = labels.intervened_share

    def __call__(self, example: RiskExample, horizon: Horizon, probability: Callable[[], float]) -> Updates:
        """Weigh by what the learner itself expects."""
        if horizon not in example.horizons:
            return ()
        match example.phase:
            case "predicted":
                expected = probability()
                return (Update(False, example.weight * (1.0 - expected) * (1.0 + expected)),)
            case "complained" | "corrected":
                return (Update(True, example.weight * (1.0 + probability())),)
            case "censored":
                kept = self._kept if example.censored_by == "intervened" else 0.0
                return _negative(example.weight * (kept - 1.0))
            case _:
                return ()


def _negative(weight: float) -> Updates:
    """Learn that no complaint came, if that is worth anything."""
    return (Update(False, weight),) if weight else ()


def _turned(believed: float, weight: float) -> Updates:
    """Take back what was believed and learn the complaint."""
    return (*_negative(-believed), Update(True, weight))


PROTOCOLS: dict[ProtocolName, Callable[[LabelParams], LabelProtocol]] = {
    "matured": Matured,
    "provisional": Provisional,
    "instalments": Instalments,
    "weighted": Weighted,
}
"""Every protocol by the name that parameters use."""
