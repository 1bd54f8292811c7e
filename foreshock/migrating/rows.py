"""The rows of a changelog as a worker would have them, and what shows that two places hold the same."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice

from foreshock.broker.reading import Span, TopicReader
from models.rows import decode_row, glimpse, row_position
from models.state import FORGOTTEN
from schemas.errors import ConfigurationError
from streams.newest import NewestRows, changes_of
from streams.stores import Rows

_PORTION = 5_000
"""Rows taken at once."""


@dataclass(slots=True)
class Tally:
    """What rows add up to, in whatever order they come."""

    rows: int = 0
    """How many."""
    checksum: int = 0
    """Sum of the SHA-256 of each key with its row, modulo 2 to the power of 256."""

    def add(self, key: bytes, row: bytes) -> None:
        """Count one more row."""
        digest = sha256(b"%d:%b%b" % (len(key), key, row)).digest()
        self.rows += 1
        self.checksum = (self.checksum + int.from_bytes(digest, "big")) % (1 << 256)


async def rows_of(
    reader: TopicReader, partition: int, span: Span, epoch: str, advance: Callable[[int], None] = lambda _: None
) -> Rows:
    """Read the rows of one partition: of each key the one with the highest position, as in a recovery.

    Parameters
    ----------
    reader
        Reads the changelog.
    partition, span
        What of it.
    epoch
        Identity of the journal that it follows from.
    advance
        Told how many records have been read.
    """
    newest = NewestRows(row_position, epoch)
    portion = []
    async for record in reader.records(partition, span):
        portion.append(record)
        if len(portion) == _PORTION:
            newest.apply(partition, changes_of(portion))
            advance(len(portion))
            portion = []
    newest.apply(partition, changes_of(portion))
    newest.set_aside_foreign(partition)
    advance(len(portion))
    return newest.partition_rows(partition)


def is_known(topic: str, partition: int, key: bytes, row: bytes) -> bool:
    """Whether a row is of a customer who has not been forgotten.

    Raises
    ------
    ConfigurationError
        If it begins as our rows do and cannot be read.
    """
    if (seen := glimpse(row)) is not None:
        return seen.stage != FORGOTTEN
    try:
        return decode_row(row).stage != FORGOTTEN
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise ConfigurationError(
            f"the row with the key {key!r:.80} in partition {partition} of {topic} cannot be read "
            f"({type(error).__name__}). To go on without it, write a record with that key and no value there"
        ) from error


async def portions(rows: Rows) -> AsyncIterator[list[tuple[bytes, bytes]]]:
    """Yield keys and rows in portions that are sent at once."""
    items = iter(rows.items())
    while portion := list(islice(items, _PORTION)):
        yield portion
