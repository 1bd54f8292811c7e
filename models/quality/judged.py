"""One prediction whose label is final, and the newest so many of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple, Protocol

Cohort = tuple[str, bool, str]
"""Channel, whether the customer is elderly, language."""

MILLION = 1_000_000
"""Probabilities are kept in millionths: far below what a label can tell apart, and short to write down."""


class Judgeable(Protocol):
    """What quality and drift read of a risk example."""

    @property
    def phase(self) -> str:
        """One of predicted, complained, matured, censored, corrected."""

    @property
    def horizons(self) -> tuple[int, ...]:
        """The horizons, in days, that this phase decides."""

    @property
    def label(self) -> bool | None:
        """Whether a complaint came; None while that is not known."""

    @property
    def weight(self) -> float:
        """How many predictions this one stands for, at least 1."""

    @property
    def probability_7d(self) -> float:
        """What was predicted for 7 days."""

    @property
    def probability_30d(self) -> float:
        """What was predicted for 30 days."""

    @property
    def challenger_7d(self) -> float | None:
        """What the challenger predicted in the shadow; None if there was none."""

    @property
    def challenger_30d(self) -> float | None:
        """The same for 30 days."""

    @property
    def lead_seconds(self) -> float | None:
        """From the prediction to the complaint."""

    @property
    def level(self) -> int:
        """Highest alert level that stood at the prediction: 0 none to 4 red."""

    @property
    def channel(self) -> str:
        """Where the customer was heard."""

    @property
    def elder(self) -> bool:
        """Whether the customer is elderly."""

    @property
    def language(self) -> str:
        """What the customer writes in."""

    @property
    def predicted_at(self) -> datetime:
        """When it was predicted."""

    @property
    def released_at(self) -> datetime:
        """When this phase was known."""

    @property
    def censored_by(self) -> str | None:
        """Why a label will never be clean, if it will not."""


class Judged(NamedTuple):
    """A prediction and what came true."""

    probability: float
    """What was predicted, in millionths' precision."""
    challenger: float | None
    """What the challenger predicted."""
    label: bool
    """Whether a complaint came within the horizon."""
    weight: float
    """How many predictions it stands for."""
    flagged: bool
    """Whether it was alerted on."""
    cohort: Cohort
    """Who it was about."""


def in_millionths(probability: float) -> float:
    """Round a probability to what is kept of it."""
    return round(probability * MILLION) / MILLION


class Window:
    """The newest judged predictions of one horizon.

    Parameters
    ----------
    size
        How many are kept.
    """

    def __init__(self, size: int) -> None:
        self.rows: deque[Judged] = deque(maxlen=size)

    def add(self, row: Judged) -> None:
        """Take one in; the oldest gives way."""
        self.rows.append(row)

    def correct(self, truth: Judged) -> bool:
        """Turn the newest prediction that equals `truth` but for its label; say whether there was one.

        Two predictions that agree in all that is kept of them are the same to every figure, so it does not matter
        which of them is turned.
        """
        wrong = truth._replace(label=not truth.label)
        for index in range(len(self.rows) - 1, -1, -1):
            if self.rows[index] == wrong:
                self.rows[index] = truth
                return True
        return False

    def to_plain(self) -> dict[str, Any]:
        """Write the rows as columns of integers and weights; label and flag are the low bits of `marks`."""
        cohorts: dict[Cohort, int] = {}
        marks = [cohorts.setdefault(row.cohort, len(cohorts)) << 2 | row.flagged << 1 | row.label for row in self.rows]
        return {
            "cohorts": [list(cohort) for cohort in cohorts],
            "marks": marks,
            "probabilities": [round(row.probability * MILLION) for row in self.rows],
            "challengers": [_whole(row.challenger) for row in self.rows] if self._is_contested() else [],
            "weights": _shortest([row.weight for row in self.rows]),
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any], size: int) -> Window:
        """Read what `to_plain` wrote; of more rows than `size`, the newest stay.

        Raises
        ------
        KeyError, ValueError
            If it is something else.
        """
        window = cls(size)
        cohorts: list[Cohort] = [(channel, elder, language) for channel, elder, language in plain["cohorts"]]
        marks: list[int] = plain["marks"]
        challengers: Iterable[int] = plain["challengers"] or [-1] * len(marks)
        weights: list[float] = plain["weights"]
        if len(weights) == 1:
            weights = weights * len(marks)
        for mark, probability, challenger, weight in zip(
            marks, plain["probabilities"], challengers, weights, strict=True
        ):
            window.add(
                Judged(
                    probability / MILLION,
                    None if challenger < 0 else challenger / MILLION,
                    bool(mark & 1),
                    weight,
                    bool(mark & 2),
                    cohorts[mark >> 2],
                )
            )
        return window

    def _is_contested(self) -> bool:
        """Say whether any prediction had a challenger beside it."""
        return any(row.challenger is not None for row in self.rows)


def _whole(probability: float | None) -> int:
    """Write a probability in millionths, -1 for none."""
    return -1 if probability is None else round(probability * MILLION)


def _shortest(weights: list[float]) -> list[float]:
    """Write equal weights once."""
    return weights[:1] if len(set(weights)) == 1 else weights
