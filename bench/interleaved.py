"""Two or more ways over the same things in one process, in turns, so that a busy spell hits all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

_T = TypeVar("_T")

PORTION = 500
"""Things that one way takes before it is the next one's turn: some tens of milliseconds."""


def take_turns(ways: Mapping[str, Callable[[Sequence[_T]], object]], things: Iterable[_T]) -> dict[str, float]:
    """Give every portion to every way, and return the CPU time of each, in microseconds per thing.

    Parameters
    ----------
    ways
        What takes a portion, by name.
    things
        What to take.

    Raises
    ------
    ValueError
        If there is nothing to take.
    """
    spent, count = dict.fromkeys(ways, 0.0), 0
    for portion in portions(things, PORTION):
        count += len(portion)
        for name, take in ways.items():
            began = time.process_time()
            take(portion)
            spent[name] += time.process_time() - began
    if not count:
        raise ValueError("there is nothing to take")
    return {name: seconds / count * 1e6 for name, seconds in spent.items()}


def portions(things: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Cut things into portions."""
    waiting = iter(things)
    while portion := list(islice(waiting, size)):
        yield portion
