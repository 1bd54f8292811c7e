"""The state table: rows as bytes per partition, what is acknowledged and nothing else.

Faust's `Table` writes one changelog record per assignment and lets the last row win in recovery. Here rows enter
the table only once the changelog has acknowledged them (`streams.writer` sends them, in batches), so memory is
never ahead of the changelog, and in recovery the row with the highest position wins (`streams.newest`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from itertools import islice
from typing import Any, Generic, TypeVar

import faust
from faust.types import TP, EventT

from streams.newest import NewestRows, RowPosition, removal
from streams.stores import RESERVED, Rows, Store

_State = TypeVar("_State")


class BatchTable(NewestRows, faust.Table):  # type: ignore[type-arg]
    """A Faust table whose rows are kept apart by partition and win by position.

    Declared with `key_type=bytes, value_type=bytes` and nothing else: Faust takes the serializers of a changelog
    from these two only, and would otherwise decode rows as JSON and never end its recovery.

    Parameters
    ----------
    app
        The Faust app.
    row_position, epoch, store
        As for `NewestRows`.
    changelog
        Full name of the changelog topic; Faust's own name for it unless told otherwise.
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
        changelog: str | None = None,
        **options: Any,
    ) -> None:
        self._changelog = changelog
        faust.Table.__init__(self, app, default=None, key_type=bytes, value_type=bytes, **options)
        NewestRows.__init__(self, row_position, epoch, store)
        self.followed: frozenset[int] = frozenset()
        """Partitions of other workers whose rows are kept at hand (`streams.standby`)."""

    def _changelog_topic_name(self) -> str:
        """Name the changelog as `streams.topics` does."""
        return self._changelog or super()._changelog_topic_name()

    def apply_changelog_batch(self, batch: Iterable[EventT[Any]]) -> None:
        """Take what Faust's own recovery has read."""
        for event in batch:
            message = event.message
            row = removal(message.headers) if message.value is None else message.value
            self.apply(message.partition, [(message.key or b"", row)])

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
