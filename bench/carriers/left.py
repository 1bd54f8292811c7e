"""What a run has left behind: every customer's state, and how a carrier without a changelog hands it over."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from models.rows import encode_row
from models.state import CustomerState

_FILE = "states.json"


class Kept(NamedTuple):
    """What is compared of one customer's state."""

    events: int
    """Events counted in it."""

    digest: str
    """Of the whole state, without where in which journal it was changed: that is the carrier's."""


def kept_of(state: CustomerState) -> Kept:
    """Sum up one state."""
    bare = state.copy()
    bare.epoch, bare.offset, bare.line = "", -1, -1
    bare.lives, bare.spent = (), ()
    return Kept(state.events, hashlib.blake2b(encode_row(bare), digest_size=8).hexdigest())


def write_states(folder: str, states: Iterable[tuple[str, CustomerState]]) -> None:
    """Write down all states of a run, for a carrier that keeps none at the broker."""
    found = {key: kept_of(state) for key, state in states}
    (Path(folder) / _FILE).write_bytes(orjson.dumps(found, default=tuple))


def read_states(folder: str) -> dict[str, Kept]:
    """Read what `write_states` wrote."""
    found: dict[str, Any] = orjson.loads((Path(folder) / _FILE).read_bytes())
    return {key: Kept(*values) for key, values in found.items()}
