"""What a partition itself remembers: its clock and its active snapshot, kept as rows beside the customers'.

The engine's row is written last in every group of rows. A row at position P then says that every customer's row up to P
is written, so that replaying from anywhere before P changes nothing that this row already knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from models.row_formats import ROW_FORMAT, check_format
from schemas.snapshots import ModelWeights
from schemas.types import Position

RESERVED = "@"
"""First character of keys that are not customers; no pseudonym begins with it."""


def engine_key(partition: int) -> str:
    """Return the key of a partition's clock."""
    return f"{RESERVED}engine/{partition}"


def snapshot_key(partition: int) -> str:
    """Return the key of a partition's active snapshot."""
    return f"{RESERVED}snapshot/{partition}"


class PartitionState(NamedTuple):
    """What a partition remembers besides its customers."""

    epoch: str
    """Identity of the journal."""
    position: Position
    """The last message seen."""
    now: float
    """The partition's clock: the highest tick, in seconds since 1970."""
    snapshot: int
    """Number of the active snapshot."""
    learner: str = ""
    """Learner that a command promoted; empty where the snapshot's own champion scores."""
    pinned: bool = False
    """Whether a command holds the active snapshot."""
    threshold: float = 0.0
    """Least score that asks for a call."""
    customers: int = 0
    """Customers known."""
    silences: Sequence[Silence] = ()
    """What people asked not to be told."""
    day: int = -1
    """The day that owners were last told on, in days since 1970 on the company's clock; -1 where no day has an end."""
    told: Sequence[tuple[str, int]] = ()
    """How many alerts each owner was told of on it."""


class Silence(NamedTuple):
    """What one person asked not to be told, until when."""

    name: str
    """Names it."""
    causes: Sequence[str]
    """Only alerts of these causes; none means any."""
    org_path: str
    """Only alerts of this unit and those below it; empty means any."""
    level: int
    """Only alerts up to this level, an index into `LEVELS`."""
    until: float
    """When it ends, in seconds since 1970."""
    by: str
    """Who asked for it."""
    product_line: str = ""
    """Only alerts of this line of business; empty means any."""
    product_id: str = ""
    """Only alerts of this product; empty means any."""


def encode_partition(state: PartitionState) -> bytes:
    """Write a partition's row; it begins as a customer's does."""
    epoch, position, *rest = state
    return orjson.dumps((ROW_FORMAT, epoch, *position, *rest), default=tuple)


def decode_partition(row: bytes) -> PartitionState:
    """Read what `encode_partition` wrote; the items are those of format 1.

    Raises
    ------
    NewerRowError
        If the row is of a later format than this code knows.
    """
    found, epoch, offset, line, *rest = orjson.loads(row)
    check_format(found)
    kept = PartitionState(epoch, Position(offset, line), *rest)
    return kept._replace(silences=[Silence(*silence) for silence in kept.silences])


def encode_snapshot(epoch: str, position: Position, weights: ModelWeights) -> bytes:
    """Write the active snapshot as a row."""
    return orjson.dumps((ROW_FORMAT, epoch, *position, weights.model_dump(mode="json")))


def decode_snapshot(row: bytes) -> ModelWeights:
    """Read what `encode_snapshot` wrote; the items are those of format 1.

    Raises
    ------
    NewerRowError
        If the row is of a later format than this code knows.
    """
    found, _, _, _, weights = orjson.loads(row)
    check_format(found)
    return ModelWeights.model_validate_json(orjson.dumps(weights))
