from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from streams import memory
from streams.memory import retire_often, retire_survivors, spare_collector


class Node:
    """Something that can be in a cycle."""

    def __init__(self) -> None:
        self.itself: Node | None = self


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


def test_what_lives_is_looked_through_once_and_freed_all_the_same() -> None:
    spare_collector()
    kept = [Node() for _ in range(1000)]
    first = weakref.ref(kept[0])
    for node in kept:
        node.itself = None
    retire_survivors()

    seen = [found for found in gc.get_objects() if isinstance(found, Node)]
    assert seen == []
    kept.clear()
    assert first() is None


def test_a_cycle_that_was_dropped_before_is_still_found() -> None:
    spare_collector()
    dropped = weakref.ref(Node())
    assert dropped() is not None

    retire_survivors()

    assert dropped() is None


async def test_it_looks_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_EVERY_SECONDS", 0.0)
    spare_collector()
    looking = asyncio.create_task(retire_often())

    for _ in range(3):
        dropped = weakref.ref(Node())
        assert dropped() is not None
        await asyncio.sleep(0.001)  # longer than it rests
        await asyncio.sleep(0)
        assert dropped() is None
    looking.cancel()
