from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from prometheus_client import CollectorRegistry

from sinks.prometheus import Metrics
from streams.holes import Continuity, Holes, PositionsSkippedError
from streams.settings import load_settings

TP = TopicPartition("foreshock.calls", 1)


class Reader:
    """A consumer of one partition, and what the broker has of it."""

    def __init__(self, earliest: int = 0, committed: int | None = None, existing: tuple[int, ...] = ()) -> None:
        self.registry = CollectorRegistry()
        self.holes = Holes(Metrics(self.registry))
        self._earliest, self._committed, self._existing = earliest, committed, existing
        self.continuity = Continuity("ingest", load_settings(), self, self.holes, self._first_from)

    async def committed(self, _: TopicPartition) -> int | None:
        return self._committed

    async def beginning_offsets(self, tps: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(tps, self._earliest)

    async def _first_from(self, _: Any, __: TopicPartition, offset: int) -> int | None:
        return next((found for found in self._existing if found >= offset), None)

    async def read(self, *offsets: int) -> None:
        await self.continuity.check({TP: [SimpleNamespace(offset=offset) for offset in offsets]})

    def counted(self) -> float | None:
        return self.registry.get_sample_value("foreshock_skipped_positions_total", {"group": "ingest"})

    def spans(self) -> list[tuple[int, int, str]]:
        return [(hole["first"], hole["last"], hole["reason"]) for hole in self.holes.told()]


async def test_positions_one_after_the_other_are_no_hole() -> None:
    reader = Reader(committed=4)
    await reader.read(4, 5)
    await reader.read(6)

    assert reader.counted() == 0
    assert reader.holes.total == 0


async def test_what_was_removed_before_it_was_read_is_a_hole_with_its_place_and_what_to_do() -> None:
    reader = Reader(earliest=9, committed=4)
    await reader.read(9, 10)

    assert reader.counted() == 5
    assert reader.spans() == [(4, 8, "trimmed")]
    (told,) = reader.holes.told()
    assert (told["group"], told["topic"], told["partition"]) == ("ingest", "foreshock.calls", 1)
    assert "restart" in told["what_to_do"]
    assert reader.registry.get_sample_value("foreshock_unacknowledged_holes") == 1


async def test_what_the_broker_still_has_was_skipped_by_us_and_ends_the_role() -> None:
    reader = Reader(committed=4, existing=(5,))

    with pytest.raises(PositionsSkippedError, match=r"calls-1: 7 came after 3, but 5 is there"):
        await reader.read(7)


async def test_what_never_was_there_is_no_hole() -> None:
    reader = Reader(committed=4, existing=(7, 8, 10))
    await reader.read(7, 8, 10)

    assert reader.counted() == 0


async def test_a_hole_within_a_portion_is_found_too() -> None:
    reader = Reader(committed=0, existing=(0, 1, 2))

    with pytest.raises(PositionsSkippedError):
        await reader.read(0, 2)


async def test_part_of_a_gap_may_be_removed_and_the_rest_skipped() -> None:
    reader = Reader(earliest=6, committed=4, existing=(6, 9))

    with pytest.raises(PositionsSkippedError):
        await reader.read(9)

    assert reader.spans() == [(4, 5, "trimmed")]


async def test_a_group_that_has_committed_nothing_begins_wherever_there_is_something() -> None:
    reader = Reader(earliest=9)
    await reader.read(9)

    assert reader.counted() == 0


async def test_after_an_assignment_reading_begins_where_the_group_stands() -> None:
    reader = Reader(committed=3)
    await reader.read(3)
    reader.continuity.begin()
    await reader.read(3, 4)
    reader.continuity.begin({TP: 5})
    await reader.read(5)

    assert reader.holes.total == 0


def test_very_many_holes_are_counted_but_not_all_kept() -> None:
    registry = CollectorRegistry()
    holes = Holes(Metrics(registry))
    for offset in range(0, 3000, 2):
        holes.add("score", "foreshock.journal", 0, offset, offset, "trimmed")

    assert holes.total == 1500
    assert len(holes.told()) == 1000
    assert registry.get_sample_value("foreshock_unacknowledged_holes") == 1500
