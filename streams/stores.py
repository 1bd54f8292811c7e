"""Where acknowledged rows are kept: in memory, or on a disk of this worker (`streams.rocks`).

Kafka's changelog is what counts; a store only spares reading it again. So a store takes what the changelog has
acknowledged and nothing else, and notes with it, in the same stroke, how far into the changelog it reaches.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

RESERVED = b"@"
"""First character of keys that are not customers."""


class Rows(Protocol):
    """The acknowledged rows of one partition."""

    reached: int | None
    """Changelog offset up to which every record is taken into account; `None` before the first."""

    def __getitem__(self, key: bytes, /) -> bytes: ...

    def __iter__(self) -> Iterator[bytes]: ...

    def __contains__(self, key: object, /) -> bool: ...

    def get(self, key: bytes, /) -> bytes | None:
        """Return a row, or `None`."""

    def items(self) -> ItemsView[bytes, bytes] | Iterator[tuple[bytes, bytes]]:
        """Return every key with its row."""

    def own(self) -> dict[bytes, bytes]:
        """Return the partition's own rows, those that are not customers'."""

    def write(self, changes: Mapping[bytes, bytes | None], reached: int | None) -> None:
        """Take rows, `None` to remove one, and how far that reaches: all of it or nothing.

        Parameters
        ----------
        changes
            Key to row.
        reached
            Changelog offset; `None` leaves it where it was.
        """


class Store(Protocol):
    """Keeps the rows of all partitions of a worker."""

    def identify(self, cluster: str) -> None:
        """Learn which Kafka the rows follow from, before the first partition is opened."""

    @property
    def is_identified(self) -> bool:
        """Whether it knows already, or need not."""

    def open(self, partition: int) -> Rows:
        """Return what is kept of a partition, empty if that is nothing."""

    def close(self, partition: int) -> None:
        """Let go of a partition that another worker has now."""

    def renew(self, partition: int, because: str) -> Rows:
        """Throw away what is kept of a partition: the changelog is read from its beginning."""


class MemoryRows(dict[bytes, bytes]):
    """Rows in memory: gone with the process."""

    reached: int | None = None

    def own(self) -> dict[bytes, bytes]:
        """Return the partition's own rows."""
        return {key: row for key, row in self.items() if key.startswith(RESERVED)}

    def write(self, changes: Mapping[bytes, bytes | None], reached: int | None) -> None:
        """Take rows, `None` to remove one."""
        for key, row in changes.items():
            if row is None:
                self.pop(key, None)
            else:
                self[key] = row
        if reached is not None:
            self.reached = reached


class MemoryStore:
    """Keeps rows in memory. The default: the changelog is read at every start, at some 100,000 rows a second."""

    is_identified = True

    def identify(self, cluster: str) -> None:
        """Do nothing: what is in memory follows from what this process has read."""

    def open(self, partition: int) -> Rows:
        """Begin with nothing."""
        return MemoryRows()

    def close(self, partition: int) -> None:
        """Do nothing: the rows go with whoever held them."""

    def renew(self, partition: int, because: str) -> Rows:
        """Begin with nothing again."""
        return MemoryRows()


@dataclass(frozen=True, slots=True)
class Gone:
    """A row was removed: what a tombstone stands for."""

    epoch: str
    """Journal epoch of the message that it follows from."""
    position: tuple[int, int]
    """Its offset and line."""
