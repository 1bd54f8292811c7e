"""What carrying needs of the core: the seam between `streams` and `models`.

`streams.wiring` fills it with `models`; tests fill it with a counter, so that carrying is tested by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from schemas.alerts import Alert, Risk
from schemas.codec import JournalMessage
from schemas.examples import RiskExample, SentimentExample
from schemas.types import Position
from streams.tables import RowPosition

StateT = TypeVar("StateT")
EngineT = TypeVar("EngineT")


class Outcome(Protocol):
    """What `step` returns, as far as carrying is concerned."""

    @property
    def risks(self) -> Sequence[Risk]:
        """New beliefs; the last one of a customer counts."""

    @property
    def alerts(self) -> Sequence[Alert]:
        """Transitions of alerts, in order."""

    @property
    def examples(self) -> Sequence[RiskExample | SentimentExample]:
        """Examples whose label is known, in order."""


@dataclass(frozen=True, slots=True)
class Core(Generic[EngineT, StateT]):
    """The functions of the core that carrying calls."""

    open_engine: Callable[[int, Mapping[bytes, bytes], MutableMapping[str, StateT]], EngineT]
    """Make the engine of a partition from the partition's own rows (keys with `@`) and its customers."""

    position: Callable[[EngineT], Position]
    """Tell the last message that an engine has seen."""

    step: Callable[[EngineT, MutableMapping[str, StateT], JournalMessage, Position], Any]
    """Give a message to an engine; returns an `Outcome`. What it raises becomes a dead letter of that line."""

    engine_rows: Callable[[EngineT], dict[bytes, bytes]]
    """Return the partition's own rows that have changed since the last call; the one with the position last."""

    encode_row: Callable[[StateT], bytes]
    """State to row."""

    decode_row: Callable[[bytes], StateT]
    """Row to state."""

    row_position: Callable[[bytes], RowPosition]
    """Read the position of any row, also of the partition's own."""
