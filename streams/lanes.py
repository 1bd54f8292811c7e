"""All lanes of a worker: opened when their first record comes, dropped when partitions may have moved."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn, Protocol

from aiokafka import AIOKafkaProducer
from faust.types import TP

from schemas.errors import ConfigurationError
from streams.core import Core
from streams.exits import ExitCode, die
from streams.holes import Holes, HolesObserver
from streams.lane import Group, Lane, Observer
from streams.ledger import Ledger
from streams.outbox import Record, send_by_key, send_records
from streams.progress import RecoveryObserver, RecoveryProgress
from streams.settings import Settings
from streams.stores import RESERVED
from streams.tables import BatchTable
from streams.topics import CHANGELOG
from streams.writer import GroupWriter

log = logging.getLogger(__name__)

_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError)
"""What reading a row that is none may raise."""
_ONE_PARTITION = frozenset({"observations", "examples", "dead-letters"})


class LanesObserver(Observer, RecoveryObserver, HolesObserver, Protocol):
    """Hears what happens in all lanes; metrics implement it."""

    def settled(self, partition: int, lag: int | None, alert_ages: Sequence[float], stages: Sequence[int]) -> None:
        """A group is at the broker."""

    def counted(self, partition: int, census: Mapping[str, Sequence[int]]) -> None:
        """A partition was counted, unit by unit."""

    def scoring(self, partition: int, number: int, is_pinned: bool) -> None:
        """A partition scores with this snapshot."""

    def written(self, seconds: float) -> None:
        """A group took so long from leaving the core until its offset was noted."""

    def lanes_closed(self) -> None:
        """All lanes were dropped."""


class UnreadableRowError(ConfigurationError):
    """A row begins as ours do and cannot be read, and would be there again after every restart."""

    remedy = "Find out who may write to the changelog, and remove the row as the text says."

    def __init__(self, topic: str, partition: int, key: bytes | None, error: Exception) -> None:
        whose = "one of the rows whose keys begin with @" if key is None else f"the row with the key {key!r:.80}"
        super().__init__(
            f"{whose} in partition {partition} of {topic} cannot be read ({type(error).__name__}): it was damaged, or "
            "somebody else wrote it. Find out who may write to this topic. To go on without it, write a record with "
            "that key and no value to that partition, and start again: what that row said is begun anew"
        )


class Standing(NamedTuple):
    """Where one lane stands, for the watchdog."""

    partition: int
    next_offset: int
    """The journal offset that has to come next."""
    in_hand: int | None
    """Offset of the record that the agent holds, if it holds one."""
    is_writing: bool
    """Whether something is carried and not settled."""
    groups: int
    """Groups settled so far."""
    is_opening: bool = False
    """Whether the customers of the partition are being read for their timers, which takes long for many."""


class JournalView(Protocol):
    """What lanes ask about the journal."""

    def highwater(self, partition: int) -> int | None:
        """Return the offset after the last record, as the newest fetch saw it."""

    async def earliest(self, partition: int) -> int | None:
        """Return the first offset that still exists."""


class Lanes:
    """Carries journal records of every partition that this worker owns.

    Parameters
    ----------
    settings
        How much may wait.
    core
        The core.
    table
        Acknowledged rows.
    ledger
        Where settled offsets are noted.
    outlet
        Started producer.
    journal
        Answers about the journal.
    observer
        Hears what happens.
    moved
        Called with the changelog partition and the offset of the last acknowledged row, so that the next rebalance
        does not read back what this worker wrote itself.
    holes
        Where journal positions go that were never seen.
    """

    def __init__(
        self,
        settings: Settings,
        core: Core[Any, Any],
        table: BatchTable,
        ledger: Ledger,
        outlet: AIOKafkaProducer,
        journal: JournalView,
        observer: LanesObserver,
        moved: Callable[[TP, int], None],
        holes: Holes,
    ) -> None:
        self._settings = settings
        self._core = core
        self._table = table
        self._ledger = ledger
        self._outlet = outlet
        self._journal = journal
        self._observer = observer
        self._moved = moved
        self._open: dict[int, tuple[Lane, GroupWriter]] = {}
        self._holes = holes
        self._in_hand: dict[int, int] = {}
        self.starts_at: dict[int, int] = {}
        """Journal offset per partition where reading began, for lanes that no record has opened yet."""
        self.progress = RecoveryProgress(observer)
        """How far the recovery under way has come."""
        table.on_foreign = observer.foreign

    async def carry(
        self, partition: int, offset: int, value: bytes | None, timestamp: float, line_times: bytes | None = None
    ) -> None:
        """Take one journal record; returns when there is room for the next. Never raises: it ends the process.

        Faust acknowledges a record whose agent raised, so nothing that goes wrong here may reach it.
        """
        self._in_hand[partition] = offset
        try:
            lane, writer = self._open.get(partition) or await self._open_lane(partition)
            if offset > lane.next_offset:
                await self._check_hole(lane, offset)
            if lane.carry(offset, value, timestamp, line_times):
                self._check_lines(partition, offset, value, line_times)
                await writer.admit()
        except asyncio.CancelledError:
            raise  # a rebalance: the record is unsettled, so it is read again by whoever owns it then
        except BaseException as error:
            self._fail(error)
        finally:
            self._in_hand.pop(partition, None)

    def standing(self, partitions: Iterable[int]) -> list[Standing]:
        """Say where each of these lanes stands; called from another thread."""
        found = []
        for partition in sorted(partitions):
            lane, writer = self._open.get(partition, (None, None))
            next_offset = self.starts_at.get(partition, 0) if lane is None else lane.next_offset
            is_writing, groups = (not writer.is_idle, writer.groups) if writer else (False, 0)
            in_hand = self._in_hand.get(partition)
            is_opening = lane is None and in_hand is not None
            found.append(Standing(partition, next_offset, in_hand, is_writing, groups, is_opening))
        return found

    async def drain(self, timeout_seconds: float) -> bool:
        """Wait until every lane is settled; tell whether all were in time."""
        writers = [writer for _, writer in self._open.values()]
        return all(await asyncio.gather(*(writer.drain(timeout_seconds) for writer in writers)))

    def reset(self) -> None:
        """Drop every lane with what it has not settled; the journal still has it."""
        for _, writer in self._open.values():
            writer.stop()
        self._open.clear()
        self._in_hand.clear()
        self._observer.lanes_closed()
        self._ledger.forget()

    async def _open_lane(self, partition: int) -> tuple[Lane, GroupWriter]:
        """Start the lane of a partition from its rows."""
        lane = await self._lane_of_rows(partition)
        if lane.restored_offset < 0:
            # Without rows it has to begin at the beginning, and nowhere else. Asked for only then: the answer waits
            # behind a fetch that is under way.
            lane.next_offset = await self._journal.earliest(partition) or 0
        highwater = self._journal.highwater(partition)
        if highwater is not None and lane.restored_offset >= highwater:
            die(
                "journal_was_recreated",
                ExitCode.CONFIGURATION,
                partition=partition,
                state_is_at=lane.restored_offset,
                journal_ends_at=highwater,
                what_to_do="choose another FORESHOCK_JOURNAL_EPOCH: offsets of the new journal start over",
            )
        writer = GroupWriter(
            lane,
            self._send,
            CHANGELOG,
            lambda group, last_row: self._settle(lane, group, last_row),
            self._fail,
            self._settings.max_waiting_records,
        )
        self._open[partition] = lane, writer
        if lane.restored_offset >= 0:
            self._ledger.settle(partition, lane.restored_offset + 1)
        return lane, writer

    async def _lane_of_rows(self, partition: int) -> Lane:
        """Make a lane from the rows of its partition; what is no row of ours is set aside.

        Raises
        ------
        ConfigurationError
            If a row of ours cannot be read: it would be there again after every restart.
        """
        while True:
            try:
                # In a thread: every customer's next timer is read from their row, half a second per 100,000 customers,
                # and the event loop has heartbeats to send meanwhile. Nothing else touches the rows until this record
                # is done.
                return await asyncio.to_thread(
                    Lane,
                    partition,
                    self._ledger.topic,
                    self._core,
                    self._table.partition_rows(partition),
                    self._table.to_heal.setdefault(partition, set()),
                    self._settings.cached_customers,
                    self._observer,
                )
            except _UNREADABLE as error:
                if not await asyncio.to_thread(self._table.set_aside_foreign, partition):
                    key = await asyncio.to_thread(self._unreadable_row, partition)
                    raise UnreadableRowError(self._settings.topic(CHANGELOG), partition, key, error) from error

    def _unreadable_row(self, partition: int) -> bytes | None:
        """Find a customer's row that cannot be read."""
        for key, row in self._table.partition_rows(partition).items():
            if not key.startswith(RESERVED):
                try:
                    self._core.decode_row(row)
                except _UNREADABLE:
                    return key
        return None

    async def _send(self, topic: str, partition: int, records: list[Record]) -> int | None:
        """Send records; topics of one partition take everything there."""
        name = self._settings.topic(topic)
        if topic in _ONE_PARTITION:
            return await send_records(self._outlet, name, 0, records)
        if topic != CHANGELOG and self._settings.journal_generation > 1:
            # The journal has another number of partitions than its outputs now: there every customer stays where they
            # have always been, so that whoever reads outputs sees each customer's in their order.
            await send_by_key(self._outlet, name, records)
            return None
        return await send_records(self._outlet, name, partition, records)

    def _settle(self, lane: Lane, group: Group, last_row: int | None) -> None:
        """Take a written group into account everywhere, in one go."""
        partition = lane.partition
        reached = self._table.reached_with(partition, len(group.changes), last_row)
        lane.acknowledged(group, reached)
        self._ledger.settle(partition, group.next_offset)
        if reached is not None:
            self._moved(TP(self._settings.topic(CHANGELOG), partition), reached)
        highwater = self._journal.highwater(partition)
        now = time.time()
        self._observer.settled(
            partition,
            highwater - group.next_offset if highwater is not None else None,
            [now - sent_at for sent_at in group.alert_times],
            lane.customers_by_stage(),
        )
        self._observer.counted(partition, lane.census())
        self._observer.scoring(partition, *lane.scoring_with())
        self._observer.written(time.perf_counter() - group.taken_at)

    async def _check_hole(self, lane: Lane, offset: int) -> None:
        """End the process over journal positions that were never seen, unless the journal no longer has them."""
        facts = {"partition": lane.partition, "expected": lane.next_offset, "got": offset}
        earliest = await self._journal.earliest(lane.partition)
        if earliest is None or earliest < offset:
            # They are still there: whoever starts again reads them.
            self._observer.skipped("score", offset - lane.next_offset)
            die("journal_positions_skipped", ExitCode.INFRASTRUCTURE, **facts)
        self._holes.add("score", self._ledger.topic, lane.partition, lane.next_offset, offset - 1, "trimmed")

    def _check_lines(self, partition: int, offset: int, value: bytes | None, line_times: bytes | None) -> None:
        """Notice a record that has lost lines since it was written."""
        if line_times is not None and line_times.count(b",") > (value or b"").count(b"\n"):
            self._holes.add("score", self._ledger.topic, partition, offset, offset, "lines")

    def _fail(self, error: BaseException) -> NoReturn:
        """Stop committing and end the process: the journal replays."""
        self._ledger.failed = True
        if isinstance(error, ConfigurationError) and not error.retriable:
            die("configuration_unusable", ExitCode.CONFIGURATION, error=str(error))
        die("carrying_failed", error=repr(error))
