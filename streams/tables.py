"""The state table: rows as bytes per partition, what is acknowledged and nothing else.

Faust's `Table` writes one changelog record per assignment and lets the last row win in recovery. Here rows enter
the table only once the changelog has acknowledged them (`streams.writer` sends them, in batches), so memory is
never ahead of the changelog, and in recovery the row with the highest position wins, whoever wrote it last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any, Generic, TypeVar

import faust
from faust.types import TP, EventT

RowPosition = tuple[str, tuple[int, int]]
"""Journal epoch, then offset and line, that a row follows from."""

FENCE_KEY = b"@fence"
"""Key of the record that marks the end of the changelog for one recovery. It is never state."""

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
        Reads the position of a row from its bytes.
    epoch
        Epoch of the journal; a row of another epoch is older than any of this one.
    **options
        Passed on to `faust.Table`.
    """

    def __init__(
        self, app: faust.App, *, row_position: Callable[[bytes], RowPosition], epoch: str, **options: Any
    ) -> None:
        super().__init__(app, default=None, key_type=bytes, value_type=bytes, **options)
        self._row_position = row_position
        self._epoch = epoch
        self.rows: dict[int, dict[bytes, bytes]] = {}
        """Per partition, key to acknowledged row."""
        self.to_heal: dict[int, set[bytes]] = {}
        """Per partition, keys whose last row in the changelog is not the right one, to be written again."""
        self.stale_rows = 0
        """Rows that recovery passed over because a newer one was there."""

    def partition_rows(self, partition: int) -> dict[bytes, bytes]:
        """Return the rows of one partition, empty if there are none yet."""
        return self.rows.setdefault(partition, {})

    def apply(self, partition: int, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Take records of the changelog in their order: the highest position wins.

        Parameters
        ----------
        partition
            Partition of the changelog.
        records
            Key and row; a row of `None` removes the key.
        """
        rows = self.partition_rows(partition)
        heal = self.to_heal.setdefault(partition, set())
        for key, row in records:
            if key == FENCE_KEY:
                continue
            if row is None:
                rows.pop(key, None)
                heal.discard(key)
                continue
            present = rows.get(key)
            if present is not None and self._is_older(row, present):
                # Written by a worker that had already lost this partition. Compaction would keep this row and
                # remove the right one, so the right one is written again.
                self.stale_rows += 1
                heal.add(key)
            else:
                rows[key] = row
                heal.discard(key)

    def _is_older(self, row: bytes, present: bytes) -> bool:
        """Compare two rows of one key by what they follow from, not by when they were written."""
        epoch, position = self._row_position(row)
        present_epoch, present_position = self._row_position(present)
        if epoch == present_epoch:
            return position < present_position
        return present_epoch == self._epoch

    def apply_changelog_batch(self, batch: Iterable[EventT[Any]]) -> None:
        """Take what Faust's own recovery has read."""
        for event in batch:
            message = event.message
            self.apply(message.partition, [(message.key or b"", message.value)])

    def forget(self, partitions: Iterable[int]) -> None:
        """Drop the rows of partitions that belong to another worker now."""
        for partition in partitions:
            self.rows.pop(partition, None)
            self.to_heal.pop(partition, None)

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Keep the rows of our own partitions only."""
        ours = {tp.partition for tp in active_tps}
        self.forget([partition for partition in self.rows if partition not in ours])
        await super().on_recovery_completed(active_tps, standby_tps)

    def on_key_set(self, key: Any, value: Any) -> None:
        """Refuse single writes: they would pass by the order in which a record may be forgotten."""
        raise TypeError("rows are written by streams.writer, in one group with the outputs they belong to")

    def on_key_del(self, key: Any) -> None:
        """Refuse single removals, as single writes."""
        raise TypeError("rows are removed by streams.writer, in one group with the outputs they belong to")


class CustomerStates(MutableMapping[str, _State], Generic[_State]):
    """The states of one partition's customers, decoded on demand.

    What the core assigns is *dirty* until a writer takes it as rows, *waiting* until the changelog has
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
        How many clean decoded states to keep.
    """

    def __init__(
        self,
        rows: dict[bytes, bytes],
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
        self._waiting: dict[bytes, bytes] = {}

    def __getitem__(self, key: str) -> _State:
        state = self._decoded.get(key)
        if state is None:
            name = key.encode()
            row = self._waiting.get(name) or self._rows.get(name)
            if row is None:
                raise KeyError(key)
            state = self._decoded[key] = self._decode(row)
        return state

    def __setitem__(self, key: str, state: _State) -> None:
        self._decoded[key] = state
        self._dirty[key] = None

    def __delitem__(self, key: str) -> None:
        raise TypeError("a state is forgotten by a row that says so, or a replay would find it unseen")

    def __iter__(self) -> Iterator[str]:
        names = {**self._rows, **self._waiting}
        yield from (name.decode() for name in names if not name.startswith(b"@"))
        yield from (key for key in self._decoded if key.encode() not in names)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def scan(self) -> Iterator[tuple[str, _State]]:
        """Return every customer with a decoded state that is not kept: there may be millions."""
        for key in self:
            state = self._decoded.get(key)
            if state is None:
                name = key.encode()
                state = self._decode(self._waiting.get(name) or self._rows[name])
            yield key, state

    def take_rows(self) -> dict[bytes, bytes]:
        """Encode every dirty state once; from here on its row is waiting."""
        decoded, encode = self._decoded, self._encode
        rows = {key.encode(): encode(decoded[key]) for key in self._dirty}
        self._dirty.clear()
        self._waiting.update(rows)
        self._evict()
        return rows

    def acknowledged(self, rows: Mapping[bytes, bytes]) -> None:
        """Move rows from waiting into the table, now that the changelog has them."""
        self._rows.update(rows)
        waiting = self._waiting
        for key, row in rows.items():
            if waiting.get(key) is row:
                del waiting[key]

    def _evict(self) -> None:
        """Drop the states that were decoded first, once there are too many; nothing is dirty now."""
        excess = len(self._decoded) - self._cached
        if excess > 0:
            for key in list(self._decoded)[:excess]:
                del self._decoded[key]
