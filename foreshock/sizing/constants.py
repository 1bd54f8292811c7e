"""The constants of sizing: each was measured, and says where it stands."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).with_name("constants.toml")


class Constant(NamedTuple):
    """One measured figure."""

    value: float
    unit: str
    about: str
    """What was measured."""
    source: str
    """File of the results, below the root of the checkout."""
    at: str
    """Where in it: keys of a JSON file joined by dots, or text with `{}` in the place of the value."""
    command: str
    """What measures it again."""
    machine: str
    date: date


@cache
def constants() -> dict[str, Constant]:
    """Return every constant by its name.

    Examples
    --------
    >>> constants()["recovery"].unit
    'customers per second'
    """
    with _FILE.open("rb") as file:
        return {name: Constant(**found) for name, found in tomllib.load(file).items()}


def value(name: str) -> float:
    """Return the value of a constant."""
    return constants()[name].value
