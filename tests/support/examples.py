"""Examples for tests: say only what matters, the rest has a default."""

from __future__ import annotations

from typing import Any

from models.features import NAMES
from schemas.examples import RiskExample
from tests.support.events import moment


def risk_example(number: int = 0, **given: Any) -> RiskExample:
    """A prediction of day `number`, known at once; `given` wins over every default."""
    return RiskExample(
        **{
            "source": (0, number, 0, 0),
            "customer_key": f"c{number}",
            "phase": "predicted",
            "probability_7d": 0.1,
            "probability_30d": 0.2,
            "score_7d": -2.2,
            "score_30d": -1.4,
            "learner": "adagrad",
            "snapshot": 0,
            "predicted_at": moment(number),
            "released_at": moment(number),
            "dense": (0.0,) * len(NAMES),
            "hashed": (),
            **given,
        }
    )
