"""The group writer: outputs, then rows, then the offset - the order in which a record may be forgotten.

Rows before outputs would lose alerts: after a failure between the two, the row says "seen" and the output cannot
be computed again. The offset before rows would lose state. One writer per lane does all three; records that
arrive while it waits form the next group, so under load the cost per record falls.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn

from streams.lane import Group, Lane
from streams.outbox import Record
from streams.turns import Turns

Send = Callable[[str, int, list[Record]], Awaitable[int | None]]
"""Sends records to a topic (short name) and partition, returns the last offset once the broker has them."""

_SLICE_SECONDS = 0.01
"""How long records may be carried before others get their turns; a turn costs a thousandth of that."""


class GroupWriter:
    """Writes what a lane has carried, group after group.

    Parameters
    ----------
    lane
        Where groups come from.
    send
        How they leave.
    changelog
        Short name of the topic for rows.
    settled
        Called with the group and the offset of its last row, once everything is at the broker.
    failed
        Called when anything was refused; must not return.
    max_waiting
        Records that may wait before `admit` blocks.
    """

    def __init__(
        self,
        lane: Lane,
        send: Send,
        changelog: str,
        settled: Callable[[Group, int | None], None],
        failed: Callable[[BaseException], NoReturn],
        max_waiting: int,
    ) -> None:
        self._lane = lane
        self._send = send
        self._changelog = changelog
        self._settled = settled
        self._failed = failed
        self._max_waiting = max_waiting
        self._work = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._writing = False
        self.groups = 0
        """Groups settled so far."""
        self._turns = Turns(_SLICE_SECONDS)
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"writer-{lane.partition}")

    @property
    def is_idle(self) -> bool:
        """Whether everything that was carried is settled."""
        return not self._writing and not self._lane.waiting_count

    async def admit(self) -> None:
        """Announce that the lane has carried a record; wait while too many are unsettled.

        With a backlog Faust gives others one turn of the event loop per record, and a request to the broker takes a
        dozen. Where a record takes half a second, on a slow machine, requests would take longer than they may, and the
        producer give their batches up.
        """
        self._work.set()
        await self._turns.give()
        if self._lane.waiting_count >= self._max_waiting:
            self._room.clear()
        await self._room.wait()

    async def drain(self, timeout_seconds: float) -> bool:
        """Wait until everything is settled; tell whether it was in time."""
        deadline = time.monotonic() + timeout_seconds
        while not self.is_idle and time.monotonic() < deadline:  # noqa: ASYNC110 - stops for the deadline too
            await asyncio.sleep(0.005)
        return self.is_idle

    def stop(self) -> None:
        """Drop what is not settled and let go of whoever waits for room."""
        self._task.cancel()
        self._room.set()

    async def _run(self) -> None:
        """Write groups for ever."""
        try:
            while True:
                await self._work.wait()
                self._work.clear()
                while group := self._take():
                    self._writing = True
                    last_row = await self._write(group)
                    self._settled(group, last_row)
                    self.groups += 1
                    self._writing = False
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self._failed(error)

    def _take(self) -> Group | None:
        """Take the next group and make room."""
        group = self._lane.take()
        self._room.set()
        return group

    async def _write(self, group: Group) -> int | None:
        """Send outputs, wait, send rows, wait."""
        partition = self._lane.partition
        await asyncio.gather(*(self._send(topic, partition, records) for topic, records in group.outputs.items()))
        rows = [Record(key, row, () if row is not None else group.removed_at) for key, row in group.rows.items()]
        own = [Record(key, row) for key, row in group.own_rows.items()]
        if len(own) > 1:
            # Several rows of the partition's own (a new snapshot) must appear together: a batch is all or nothing.
            await self._send(self._changelog, partition, rows)
            return await self._send(self._changelog, partition, own)
        return await self._send(self._changelog, partition, rows + own)
