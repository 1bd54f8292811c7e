"""What became of the rows of an import, counted while they pass."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from schemas.codec import CustomerEvent


@dataclass(slots=True)
class Summary:
    """What became of the rows, counted while they pass."""

    rows: int = 0
    """Rows of data seen."""

    bad_rows: int = 0
    """Rows of which at least one event could not be made."""

    skipped: Counter[str] = field(default_factory=Counter)
    """Rows left out on purpose, by the reason that the mapping gives."""

    events: Counter[str] = field(default_factory=Counter)
    """Events made, by kind."""

    unknown_words: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Words that the schema reads as `other`, by (field, word): a map may be missing an entry."""

    repeated_ids: int = 0
    """Events whose id was there before: they count once in a customer's state."""

    unread_columns: set[str] = field(default_factory=set)
    """Columns of the exports that the mapping does not read; for JSON, keys of the first rows."""

    first_at: datetime | None = None
    """Time of the earliest event."""

    last_at: datetime | None = None
    """Time of the latest event."""

    def add(self, event: CustomerEvent) -> None:
        """Count one event."""
        self.events[event.kind] += 1
        at = event.occurred_at
        self.first_at = at if self.first_at is None else min(self.first_at, at)
        self.last_at = at if self.last_at is None else max(self.last_at, at)
