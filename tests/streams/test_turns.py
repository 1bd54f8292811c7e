from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator

import pytest

from streams.turns import TURNS, Turns, share_interpreter


@pytest.fixture(autouse=True)
def interval_as_before() -> Iterator[None]:
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def turns_taken(turns: Turns) -> int:
    """Count the turns that somebody else gets while work lets go once."""
    taken = 0

    async def other() -> None:
        nonlocal taken
        while True:
            taken += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await turns.give()
    task.cancel()
    return taken


async def test_work_lets_go_once_its_slice_is_over_and_not_before() -> None:
    clock = Clock()
    turns = Turns(0.5, clock)

    assert await turns_taken(turns) == 0
    clock.now += 0.75
    assert await turns_taken(turns) == TURNS
    assert await turns_taken(turns) == 0


def test_threads_let_go_of_the_interpreter_sooner_than_python_has_it() -> None:
    before = sys.getswitchinterval()

    share_interpreter()

    assert sys.getswitchinterval() < before
