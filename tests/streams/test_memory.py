from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from streams.memory import spare_collector


class Node:
    """Something that can be in a cycle."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def collector_as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_a_spared_collector_still_finds_cycles_and_leaves_what_was_there() -> None:
    old = Node()
    spare_collector()
    new = weakref.ref(Node())

    kept = [[] for _ in range(60_000)]

    assert new() is None
    assert len(kept) == 60_000
    assert not any(found is old for found in gc.get_objects())
