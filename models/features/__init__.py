"""What the risk model sees of a customer: numeric features by family, and hashed categories.

Each family is a file with its `NAMES` (the documentation of every feature, with its unit) and a function that
computes them from the state at one time.
"""

from __future__ import annotations

from models.features import cases, claims, contacts, history, language, own, promises, surveys, tallies
from models.params import Params
from models.state import CustomerState

_FAMILIES = (contacts, claims, surveys, language, promises, history, tallies, cases, own)

NAMES: tuple[str, ...] = tuple(name for family in _FAMILIES for name in family.NAMES)
"""Numeric features, in the order of every dense vector of the project."""

FAMILIES: dict[str, slice] = {}
"""Where the features of each family stand in a dense vector."""

for _family in _FAMILIES:
    _start = NAMES.index(next(iter(_family.NAMES)))
    FAMILIES[_family.__name__.rpartition(".")[2]] = slice(_start, _start + len(_family.NAMES))


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
    )
