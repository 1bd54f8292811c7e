"""Features of the company's own numbers: how large they are, besides the bins that `categories` puts them into."""

from __future__ import annotations

from collections.abc import Mapping
from math import log1p
from zlib import crc32

from models.state import CustomerState

PLACES = 8
"""Numbers of a company's own that fit. Two whose names fall on one place are added up."""

NAMES = {
    f"own_{place}": f"sum of the company's own numbers in place {place}, each sign * ln(1 + |x|); 0 where none is known"
    for place in range(PLACES)
}


def own_numbers(attributes: Mapping[str, str | float]) -> list[float]:
    """Put a company's own numbers into their places; empty where there is none."""
    numbers = [(name, value) for name, value in attributes.items() if not isinstance(value, str)]
    if not numbers:
        return []
    places = [0.0] * PLACES
    for name, value in numbers:
        size = log1p(abs(value))
        places[crc32(name.encode()) % PLACES] += size if value > 0 else -size
    return [round(place, 4) if place else place for place in places]


def values(state: CustomerState) -> tuple[float, ...]:
    """Return the family, in the order of `NAMES`."""
    return tuple(state.own) or (0.0,) * PLACES
