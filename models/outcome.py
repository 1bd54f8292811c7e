"""What one step of the core returns: messages to send, rows to keep, and facts to count."""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.alerts import Alert
from schemas.examples import RiskExample, TextExample
from schemas.ledgers import LedgerEntry
from schemas.observations import Evidence, Watermark
from schemas.receipts import Receipt
from schemas.suppressions import Suppression
from schemas.ticks import CommandName


@dataclass(slots=True)
class Outcome:
    """Everything that one message caused; the shell sends, stores and counts it."""

    touched: list[str] = field(default_factory=list)
    """Customers whose state changed, each once per change."""
    believed: list[str] = field(default_factory=list)
    """Those of them of whom something else may be believed now: a label that matured is for the learner alone."""
    alerts: list[Alert] = field(default_factory=list)
    """Transitions of alerts, in order."""
    suppressions: list[Suppression] = field(default_factory=list)
    """Decisions about alerts that nobody is told, in order."""
    receipts: list[Receipt] = field(default_factory=list)
    """Answers to actions that name an alert."""
    ledger: list[LedgerEntry] = field(default_factory=list)
    """Moves of promises and feedback, in order."""
    observations: list[Evidence | Watermark] = field(default_factory=list)
    """What aggregates count, and that a period is over."""
    examples: list[RiskExample | TextExample] = field(default_factory=list)
    """What the learner may now learn."""
    stage_moves: list[tuple[int, int]] = field(default_factory=list)
    """Stage before (-1 for a new customer) and after (-1 for one who is forgotten), as indices into `STAGES`."""
    seen: bool = False
    """The message was applied before this one came again (redelivery): nothing changed."""
    duplicate: bool = False
    """The event id was counted before: nothing changed."""
    late: bool = False
    """The event is far behind the partition's clock."""
    out_of_order: bool = False
    """The event is older than something already known of its customer."""
    fired: int = 0
    """Timers that fired."""
    switched_to: int | None = None
    """Number of the snapshot that is active from here on."""
    command: CommandName | None = None
    """The command about models that the message was."""
    refused: str | None = None
    """Why a command about models was not obeyed."""

    def believe(self, key: str) -> None:
        """Note that something else may be believed of a customer now."""
        if key not in self.believed[-1:]:
            self.believed.append(key)
