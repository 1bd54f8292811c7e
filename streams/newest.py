"""The newest rows of a changelog: the one with the highest position wins, whoever wrote it last.

A worker that was paused writes older rows behind newer ones. Whoever reads a changelog, a worker that recovers or
`foreshock migrate`, has to come to the same rows; so this knows no Faust.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from streams.stores import Gone, MemoryStore, Rows, Store

log = logging.getLogger(__name__)

RowPosition = tuple[str, tuple[int, int]]
"""Journal epoch, then offset and line, that a row follows from."""

FENCE_KEY = b"@fence"
"""Key of the record that marks the end of the changelog for one recovery. It is never state."""

POSITION_HEADER = "position"
"""Header of a tombstone: epoch, offset and line that it follows from, because it has no row to say so."""


class NewestRows:
    """The rows of a changelog, kept apart by partition.

    Parameters
    ----------
    row_position
        Reads the position of a row from its bytes; raises `ValueError` for bytes that are no row of any version.
    epoch
        Epoch of the journal; a row of another epoch is older than any of this one.
    store
        Where rows are kept; in memory unless told otherwise.
    """

    def __init__(self, row_position: Callable[[bytes], RowPosition], epoch: str, store: Store | None = None) -> None:
        self._row_position = row_position
        self._epoch = epoch
        self.kept_in: Store = store or MemoryStore()
        """Where rows are kept."""
        self.rows: dict[int, Rows] = {}
        """Per partition, key to acknowledged row."""
        self.to_heal: dict[int, set[bytes]] = {}
        """Per partition, keys whose last record in the changelog is not the right one, to be written again."""
        self.stale_rows = 0
        """Rows that were passed over because a newer one was there."""
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

    def forget(self, partitions: Iterable[int]) -> None:
        """Drop the rows of partitions that belong to another worker now."""
        for partition in partitions:
            if self.rows.pop(partition, None) is not None:
                self.kept_in.close(partition)
            self.to_heal.pop(partition, None)
            self._gone.pop(partition, None)


def changes_of(records: Iterable[object]) -> list[tuple[bytes, bytes | Gone | None]]:
    """Return key and row of each record, and what a tombstone follows from."""
    return [
        (record.key or b"", removal(record.headers) if record.value is None else record.value)  # type: ignore[attr-defined]
        for record in records
    ]


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
