"""What is owed an answer, and for how long: the section `ledger` of the parameters."""

from __future__ import annotations

from pydantic import Field

from models.parameters.section import Section


class LedgerParams(Section):
    """What is owed an answer, and for how long."""

    feedback_days: float = Field(default=30.0, gt=0)
    """Feedback that nobody has answered for so long has expired: as long as the long horizon, after which the past
    speaks no more."""

    open_feedback: int = Field(default=8, ge=1, le=50)
    """Pieces of feedback that wait per customer; beyond them the first gives way, and the ledger says that it expired.
    Few customers have more than two, and each takes about a hundred bytes of the row."""

    praise_polarity: float = Field(default=0.35, ge=0, le=1)
    """A text at or above this is praise, and owed thanks: as far from neutral as a grumble."""
