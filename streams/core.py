"""What carrying needs of the core: the seam between `streams` and `models`.

`streams.wiring` fills it with `models`; tests fill it with a counter, so that carrying is tested by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from schemas.alerts import Alert, Risk
from schemas.codec import JournalMessage
from schemas.examples import RiskExample, TextExample
from schemas.ledgers import LedgerEntry
from schemas.observations import Evidence, Watermark
from schemas.receipts import Receipt
from schemas.suppressions import Suppression
from schemas.types import Position
from streams.newest import RowPosition
from streams.tables import CustomerStates

StateT = TypeVar("StateT")
EngineT = TypeVar("EngineT")


class Outcome(Protocol):
    """What `step` returns, as far as carrying is concerned."""

    @property
    def touched(self) -> Sequence[str]:
        """Customers whose state changed."""

    @property
    def believed(self) -> Sequence[str]:
        """Those of whom something else may be believed now."""

    @property
    def alerts(self) -> Sequence[Alert]:
        """Transitions of alerts, in order."""

    @property
    def suppressions(self) -> Sequence[Suppression]:
        """Decisions about alerts that nobody is told, in order."""

    @property
    def receipts(self) -> Sequence[Receipt]:
        """Answers to actions that name an alert."""

    @property
    def ledger(self) -> Sequence[LedgerEntry]:
        """Moves of promises and feedback, in order."""

    @property
    def observations(self) -> Sequence[Evidence | Watermark]:
        """What aggregates count, in order."""

    @property
    def examples(self) -> Sequence[RiskExample | TextExample]:
        """Examples whose label is known, in order."""


@dataclass(frozen=True, slots=True)
class Core(Generic[EngineT, StateT]):
    """The functions of the core that carrying calls."""

    open_engine: Callable[[int, Mapping[bytes, bytes], CustomerStates[StateT]], EngineT]
    """Make the engine of a partition from the partition's own rows (keys with `@`) and its customers."""

    position: Callable[[EngineT], Position]
    """Tell the last message that an engine has seen."""

    pass_over: Callable[[EngineT, Position], None]
    """Move an engine's position over lines that were no messages."""

    step: Callable[[EngineT, CustomerStates[StateT], JournalMessage, Position], Outcome]
    """Give a message to an engine. What it raises becomes a dead letter of that line."""

    risk_of: Callable[[EngineT, str, StateT], Risk | None]
    """Say what is believed about a customer now; nothing about one who is forgotten."""

    own_rows: Callable[[EngineT], dict[bytes, bytes]]
    """Return the partition's own rows to be written now, the one with the position last."""

    customers_by_stage: Callable[[EngineT], Sequence[int]]
    """Count the customers of a partition, in the order of `schemas.alerts.STAGES`."""

    census: Callable[[EngineT], Mapping[str, Sequence[int]]]
    """Count the same per unit of the company, then its open alerts, in the order of `LEVELS` from blue up."""

    scoring_with: Callable[[EngineT], tuple[int, bool]]
    """Tell the number of the active snapshot, and whether a command holds it."""

    encode_row: Callable[[StateT], bytes]
    """State to row."""

    decode_row: Callable[[bytes], StateT]
    """Row to state."""

    row_position: Callable[[bytes], RowPosition]
    """Read the position of any row, also of the partition's own."""
