"""What the risk model sees of a customer: numeric features by family, and hashed categories.

Each family is a file with its `NAMES` (the documentation of every feature, with its unit) and a function that
computes them from the state at one time.

A new family stands after all others, so that a vector of an earlier version is the beginning of one of today's: what
it lacks was zero, and a weight that it lacks is the one that a model starts with.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.features import cases, claims, clocks, contacts, history, language, own, promises, surveys, tallies
from models.params import Params
from models.state import CustomerState

_FAMILIES = (contacts, claims, surveys, language, promises, history, tallies, cases, own, clocks)

NAMES: tuple[str, ...] = tuple(name for family in _FAMILIES for name in family.NAMES)
"""Numeric features, in the order of every dense vector of the project."""

FAMILIES: dict[str, slice] = {}
"""Where the features of each family stand in a dense vector."""

for _family in _FAMILIES:
    _start = NAMES.index(next(iter(_family.NAMES)))
    FAMILIES[_family.__name__.rpartition(".")[2]] = slice(_start, _start + len(_family.NAMES))


LENGTHS = (FAMILIES["clocks"].start, len(NAMES))
"""Lengths that vectors have had: before there were clocks, and today's."""

SCORECARD: tuple[str, ...] = (*tallies.SCORECARD, *clocks.SCORECARD)
"""What rules count before anything is learned."""

STANDARD = FAMILIES["clocks"]
"""Features whose scale is known beforehand. Most companies never see one that is not zero: a spread taken from zeros
would make the first that comes the largest number of all."""

MEANINGS: dict[str, str] = {name: meaning for family in _FAMILIES for name, meaning in family.NAMES.items()}
"""What each numeric feature means, with its unit."""

CIRCUMSTANCES = "circumstances"
"""What hashed categories add together: what happened, where, with which product, and the company's own fields."""

CONTRIBUTORS: tuple[str, ...] = (*FAMILIES, CIRCUMSTANCES)
"""What a score is the sum of, besides its base."""


def dense_features(state: CustomerState, at: float, params: Params) -> tuple[float, ...]:
    """Compute the numeric features at a time not before the last change of the state.

    Returns
    -------
    tuple of float
        One entry per name in `NAMES`. Zero means: nothing of the kind is known.
    """
    return (
        *contacts.values(state, at),
        *claims.values(state, at),
        *surveys.values(state, at),
        *language.values(state, at),
        *promises.values(state, at),
        *history.values(state, at, params),
        *tallies.values(state, at, params),
        *cases.values(state, at),
        *own.values(state),
        *clocks.values(state, at),
    )


def completed(vector: Sequence[float], start: Sequence[float] | None = None) -> tuple[float, ...]:
    """Bring a vector of an earlier version to today's length.

    Parameters
    ----------
    vector
        One entry per name of that version.
    start
        What stands in the places that it has not, one entry per name of today; zeros by default.

    Raises
    ------
    ValueError
        If no version had vectors of that length.
    """
    if len(vector) not in LENGTHS:
        raise ValueError(f"{len(vector)} numeric features, this version has {len(NAMES)}")
    rest = (0.0,) * len(NAMES) if start is None else start
    return (*vector, *rest[len(vector) :])
