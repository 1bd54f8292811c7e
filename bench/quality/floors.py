"""The quality gate: no change may make a figure worse than the recorded floor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import orjson

from bench.carriers.job import BenchError
from bench.quality.figures import Figure

FLOORS = Path(__file__).with_name("floors.json")
"""The recorded floors: name of a figure to its value on the published half, folds."""

# The same code gives the same figures; another processor may round a sum otherwise and swap two neighbours.
TOLERANCE = 0.0005


def read_floors(path: Path = FLOORS) -> dict[str, float]:
    """Read floors; none where there is no file yet.

    Raises
    ------
    BenchError
        If the file is not what `write_floors` wrote.
    """
    if not path.is_file():
        return {}
    try:
        given = orjson.loads(path.read_bytes())
        return {str(name): float(value) for name, value in given.items()}
    except (orjson.JSONDecodeError, AttributeError, TypeError, ValueError) as error:
        raise BenchError(f"{path.name} is not a table of floors: {error}") from error


def write_floors(figures: Sequence[Figure], path: Path = FLOORS) -> None:
    """Record figures as the new floors; those that were not measured keep theirs."""
    measured = {figure.name: round(figure.found.value, 4) for figure in figures if figure.found}
    merged = dict(sorted({**read_floors(path), **measured}.items()))
    path.write_bytes(orjson.dumps(merged, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def fallen(figures: Sequence[Figure], floors: Mapping[str, float]) -> Iterator[str]:
    """Say which figures are worse than their floor, or can no longer be measured."""
    for figure in figures:
        floor = floors.get(figure.name)
        if floor is None:
            continue
        if figure.found is None:
            yield f"{figure.name}: the floor is {floor}, and nothing was found"
            continue
        value = figure.found.value
        is_worse = value < floor - TOLERANCE if figure.better == "higher" else value > floor + TOLERANCE
        if is_worse:
            yield f"{figure.name}: {value:.4f}, the floor is {floor}"
