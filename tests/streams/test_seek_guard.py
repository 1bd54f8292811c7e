from __future__ import annotations

from collections import defaultdict
from types import SimpleNamespace
from typing import Any

from faust.transport.consumer import ThreadDelegateConsumer
from faust.types import TP

from streams.guards.seek import SeekToBeginning
from streams.ledger import Ledger
from tests.support.guarded import bare

COMMITTED, FRESH, AT_ZERO = TP("journal", 0), TP("journal", 1), TP("journal", 2)
FETCHED = 60


class Thread:
    """The consumer's thread: reading stands at 60 everywhere, after a fetch whose records were dropped."""

    def __init__(self) -> None:
        self.position = {COMMITTED: FETCHED, FRESH: FETCHED, AT_ZERO: FETCHED}

    def assignment(self) -> set[TP]:
        return set(self.position)

    async def seek_to_committed(self) -> dict[TP, int | None]:
        """Seek as aiokafka does: to positive offsets only."""
        self.position[COMMITTED] = 40
        return {COMMITTED: 40, FRESH: None, AT_ZERO: 0}

    async def earliest_offsets(self, *tps: TP) -> dict[TP, int]:
        return dict.fromkeys(tps, 3)

    async def seek_wait(self, offsets: dict[TP, int]) -> None:
        self.position.update(offsets)


def consumer_of(cls: type) -> Any:
    return bare(
        cls,
        app=SimpleNamespace(ledger=Ledger("journal")),
        _thread=Thread(),
        _read_offset=defaultdict(lambda: None),
        _committed_offset={},
    )


async def test_stock_faust_never_reads_again_what_it_dropped_before_the_first_commit() -> None:
    consumer = consumer_of(ThreadDelegateConsumer)

    await consumer.perform_seek()

    assert consumer._thread.position == {COMMITTED: 40, FRESH: FETCHED, AT_ZERO: FETCHED}


async def test_ours_reads_from_the_beginning_where_nothing_is_committed() -> None:
    consumer = consumer_of(SeekToBeginning)

    await consumer.perform_seek()

    assert consumer._thread.position == {COMMITTED: 40, FRESH: 3, AT_ZERO: 3}
