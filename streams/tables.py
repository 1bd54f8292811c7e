"""The state table: rows as bytes per partition, what is acknowledged and nothing else.

Faust's `Table` writes one changelog record per assignment and lets the last row win in recovery. Here rows enter
the table only once the changelog has acknowledged them (`streams.writer` sends them, in batches), so memory is
never ahead of the changelog, and in recovery the row with the highest position wins, whoever wrote it last.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from itertools import islice
from typing import Any, Generic, TypeVar

import faust
import orjson
from faust.types import TP, EventT

from streams.stores import RESERVED, Gone, MemoryStore, Rows, Store

log = logging.getLogger(__name__)

RowPosition = tuple[str, tuple[int, int]]
"""Journal epoch, then offset and line, that a row follows from."""

FENCE_KEY = b"@fence"
"""Key of the record that marks the end of the changelog for one recovery. It is never state."""

POSITION_HEADER = "position"
"""Header of a tombstone: epoch, offset and line that it follows from, because it has no row to say so."""

_State = TypeVar("_State")


class BatchTable(faust.Table):  # type: ignore[type-arg]
    """A Faust table whose rows are kept apart by partition and win by position.

    Declared with `key_type=bytes, value_type=bytes` and nothing else: Faust takes the serializers of a changelog
    from these two only, and would otherwise decode rows as JSON and never end its recovery.

    Parameters
    ----------
    app
        The Faust app.
    row_position
        Reads the position of a row from its bytes; raises `ValueError` for bytes that are no row of any version.
    epoch
        Epoch of the journal; a row of another epoch is older than any of this one.
    store
        Where rows are kept; in memory unless told otherwise.
    **options
        Passed on to `faust.Table`.
    """

    def __init__(
        self,
        app: faust.App,
        *,
        row_position: Callable[[bytes], RowPosition],
        epoch: str,
        store: Store | None = None,
        **options: Any,
    ) -> None:
        super().__init__(app, default=None, key_type=bytes, value_type=bytes, **options)
        self._row_position = row_position
        self._epoch = epoch
        self.kept_in: Store = store or MemoryStore()
        """Where rows are kept."""
        self.rows: dict[int, Rows] = {}
        """Per partition, key to acknowledged row."""
        self.to_heal: dict[int, set[bytes]] = {}
        """Per partition, keys whose last record in the changelog is not the right one, to be written again."""
        self.followed: frozenset[int] = frozenset()
        """Partitions of other workers whose rows are kept at hand (`streams.standby`)."""
        self.stale_rows = 0
        """Rows that recovery passed over because a newer one was there."""
        self.on_foreign: Callable[[int], None] = lambda _: None
        """Told how many records of the changelog were no rows of ours."""
        self._gone: dict[int, dict[bytes, RowPosition]] = {}

    def partition_rows(self, partition: int) -> Rows:
        """Return the rows of one partition, empty if there are none yet."""
        rows = self.rows.get(partition)
        if rows is None:
            rows = self.rows[partition] = self.kept_in.open(partition)
        return rows

    def reached(self, partition: int) -> int | None:
        """Return the changelog offset up to which the rows of a partition are known."""
        return self.partition_rows(partition).reached

    def reached_with(self, partition: int, count: int, last: int | None) -> int | None:
        """Return how far into the changelog the rows reach once `count` records are added, the last one at `last`.

        Returns
        -------
        int or None
            `None` if somebody else wrote in between: what they wrote has not been looked at, so that the next recovery
            must begin before it.
        """
        before = self.reached(partition)
        return last if last is not None and last - count == (-1 if before is None else before) else None

    def begin_anew(self, partition: int, because: str) -> None:
        """Throw away the rows of a partition that cannot follow from this changelog."""
        self.rows.pop(partition, None)
        self._gone.pop(partition, None)
        self.to_heal.pop(partition, None)
        self.rows[partition] = self.kept_in.renew(partition, because)

    def apply(
        self, partition: int, records: Iterable[tuple[bytes, bytes | Gone | None]], reached: int | None = None
    ) -> None:
        """Take records of the changelog in their order: the highest position wins.

        What is no row of any version of ours never wins over one that is, and the right one is written again behind it.

        Parameters
        ----------
        partition
            Partition of the changelog.
        records
            Key and row; `Gone`, or `None` where nobody says since when, removes the key.
        reached
            Offset of the last of them.
        """
        rows = self.partition_rows(partition)
        heal, gone = self.to_heal.setdefault(partition, set()), self._gone.setdefault(partition, {})
        changes: dict[bytes, bytes | None] = {}
        foreign = 0
        for key, row in records:
            if key == FENCE_KEY:
                continue
            if row is None:
                changes[key] = None
                heal.discard(key)
                continue
            present = changes[key] if key in changes else rows.get(key)
            try:
                before = self._row_position(present) if present is not None else gone.get(key)
            except ValueError:
                before = None
            try:
                is_passed_over = before is not None and self._is_older(self._position_of(row), before)
            except ValueError:
                foreign += 1
                heal.add(key)
                continue
            if is_passed_over:
                # Written by a worker that had already lost this partition. Compaction would keep this record and
                # remove the right one, so the right one is written again.
                self.stale_rows += 1
                heal.add(key)
                continue
            heal.discard(key)
            if isinstance(row, Gone):
                changes[key] = None
                gone[key] = row.epoch, row.position
            else:
                changes[key] = row
                if gone:
                    gone.pop(key, None)
        rows.write(changes, reached)
        self._report_foreign(partition, foreign)

    def set_aside_foreign(self, partition: int) -> int:
        """Drop what is no row of any version of ours and nobody's row was there before, and have it removed.

        Recovery reads positions only where two records of a key have to be compared, so such bytes are found by whoever
        trips over them.

        Returns
        -------
        int
            How many there were.
        """
        rows = self.partition_rows(partition)
        foreign = [key for key, row in rows.items() if not self._is_ours(key, row)]
        rows.write(dict.fromkeys(foreign), None)
        self.to_heal.setdefault(partition, set()).update(foreign)
        self._report_foreign(partition, len(foreign))
        return len(foreign)

    def _report_foreign(self, partition: int, count: int) -> None:
        """Say that somebody else wrote to the changelog."""
        if count:
            self.on_foreign(count)
            log.critical(
                "changelog_has_foreign_records",
                extra={
                    "partition": partition,
                    "count": count,
                    "what_to_do": "no version of Foreshock wrote them: find out who else may write to this topic. They "
                    "were passed over and are replaced; a customer whose row was compacted away behind one begins anew",
                },
            )

    def _is_ours(self, key: bytes, row: bytes) -> bool:
        """Whether some version of ours can have written this."""
        try:
            key.decode()
            self._row_position(row)
        except ValueError:
            return False
        return True

    def _position_of(self, row: bytes | Gone) -> RowPosition:
        """Tell what a record follows from."""
        return (row.epoch, row.position) if isinstance(row, Gone) else self._row_position(row)

    def _is_older(self, at: RowPosition, before: RowPosition) -> bool:
        """Compare two records of one key by what they follow from, not by when they were written."""
        if at[0] == before[0]:
            return at[1] < before[1]
        return before[0] == self._epoch

    def apply_changelog_batch(self, batch: Iterable[EventT[Any]]) -> None:
        """Take what Faust's own recovery has read."""
        for event in batch:
            message = event.message
            row = removal(message.headers) if message.value is None else message.value
            self.apply(message.partition, [(message.key or b"", row)])

    def forget(self, partitions: Iterable[int]) -> None:
        """Drop the rows of partitions that belong to another worker now."""
        for partition in partitions:
            if self.rows.pop(partition, None) is not None:
                self.kept_in.close(partition)
            self.to_heal.pop(partition, None)
            self._gone.pop(partition, None)

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Keep the rows of our own partitions, and of those that are followed."""
        ours = {tp.partition for tp in active_tps} | self.followed
        self.forget([partition for partition in self.rows if partition not in ours])
        await super().on_recovery_completed(active_tps, standby_tps)

    def on_key_set(self, key: Any, value: Any) -> None:
        """Refuse single writes: they would pass by the order in which a record may be forgotten."""
        raise TypeError("rows are written by streams.writer, in one group with the outputs they belong to")

    def on_key_del(self, key: Any) -> None:
        """Refuse single removals, as single writes."""
        raise TypeError("rows are removed by streams.writer, in one group with the outputs they belong to")


def tombstone_headers(epoch: str, position: tuple[int, int]) -> list[tuple[str, bytes]]:
    """Write what a removal follows from."""
    return [(POSITION_HEADER, orjson.dumps([epoch, *position]))]


def removal(headers: Any) -> Gone | None:
    """Read what `tombstone_headers` wrote, from the headers of a record; `None` if it is not there."""
    for name, value in headers.items() if isinstance(headers, Mapping) else headers or ():
        if name == POSITION_HEADER:
            try:
                epoch, offset, line = orjson.loads(value)
            except (ValueError, TypeError):  # somebody else's
                return None
            return Gone(epoch, (offset, line))
    return None


class CustomerStates(MutableMapping[str, _State], Generic[_State]):
    """The states of one partition's customers, decoded on demand.

    What the core assigns or removes is *dirty* until a writer takes it as rows, *waiting* until the changelog has
    acknowledged the rows, and part of the table after that.

    Parameters
    ----------
    rows
        Acknowledged rows of the partition, by key.
    encode
        State to row.
    decode
        Row to state.
    cached
        How many clean decoded states to keep, and up to an eighth more.
    """

    def __init__(
        self,
        rows: Rows,
        encode: Callable[[_State], bytes],
        decode: Callable[[bytes], _State],
        cached: int,
    ) -> None:
        self._rows = rows
        self._encode = encode
        self._decode = decode
        self._cached = cached
        self._decoded: dict[str, _State] = {}
        self._dirty: dict[str, None] = {}
        self._removed: dict[str, None] = {}
        self._waiting: dict[bytes, bytes | None] = {}

    def __getitem__(self, key: str) -> _State:
        state = self._decoded.get(key)
        if state is None:
            row = None if key in self._removed else self._row(key.encode())
            if row is None:
                raise KeyError(key)
            state = self._decoded[key] = self._decode(row)
        return state

    def __setitem__(self, key: str, state: _State) -> None:
        self._decoded[key] = state
        self._dirty[key] = None
        if self._removed:
            self._removed.pop(key, None)

    def __delitem__(self, key: str) -> None:
        self[key]  # KeyError for whom nobody knows
        del self._decoded[key]
        self._dirty.pop(key, None)
        self._removed[key] = None

    def __iter__(self) -> Iterator[str]:
        waiting, removed = self._waiting, self._removed
        for name in self._rows:
            if not name.startswith(RESERVED) and name not in waiting and (key := name.decode()) not in removed:
                yield key
        for name, row in waiting.items():
            if row is not None and not name.startswith(RESERVED) and (key := name.decode()) not in removed:
                yield key
        yield from (key for key in self._dirty if self._row(key.encode()) is None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def acknowledged_rows(self) -> Iterator[tuple[str, bytes]]:
        """Return key and row of every customer in the table: there may be millions."""
        for name, row in self._rows.items():
            if not name.startswith(RESERVED):
                yield name.decode(), row

    def take_rows(self) -> dict[bytes, bytes | None]:
        """Encode every dirty state once, `None` where one was removed; from here on its row is waiting."""
        decoded, encode = self._decoded, self._encode
        rows: dict[bytes, bytes | None] = {key.encode(): encode(decoded[key]) for key in self._dirty}
        if self._removed:
            rows |= dict.fromkeys(key.encode() for key in self._removed)
            self._removed.clear()
        self._dirty.clear()
        self._waiting.update(rows)
        self._evict()
        return rows

    def acknowledged(self, rows: Mapping[bytes, bytes | None], reached: int | None = None) -> None:
        """Move rows from waiting into the table, now that the changelog has them.

        Parameters
        ----------
        rows
            What `take_rows` returned, and the partition's own rows.
        reached
            Changelog offset up to which every record is known with them, if nobody else wrote in between.
        """
        self._rows.write(rows, reached)
        waiting = self._waiting
        for key, row in rows.items():
            if key in waiting and waiting[key] is row:
                del waiting[key]

    def _row(self, name: bytes) -> bytes | None:
        """Return the newest row, acknowledged or not."""
        return self._waiting[name] if name in self._waiting else self._rows.get(name)

    def _evict(self) -> None:
        """Drop the states that were decoded first, once there are too many by an eighth; nothing is dirty now.

        Not one by one: to find the first in a dictionary means to pass by all that were dropped before it.
        """
        excess = len(self._decoded) - self._cached
        if excess > self._cached // 8:
            for key in list(islice(self._decoded, excess)):
                del self._decoded[key]
