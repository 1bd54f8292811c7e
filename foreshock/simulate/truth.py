"""What is true in the simulated world: who was unhappy since when, why, and who complained."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

Fate = Literal["silent", "grumbling", "complaining"]
FATES: tuple[Fate, ...] = get_args(Fate)
"""What an unhappy customer does: nothing, grumble, or complain."""

Trouble = Literal[
    "long_wait",
    "passed_on",
    "bot_loop",
    "rude_staff",
    "unresolved",
    "claim_stalled",
    "documents_again",
    "video_survey_failed",
    "provider_delay",
    "claim_denied",
    "claim_underpaid",
    "promise_missed",
    "mis_sold",
    "unexpected_charge",
]
TROUBLES: tuple[Trouble, ...] = get_args(Trouble)
"""What can go wrong for a customer."""


@dataclass(slots=True)
class Grievance:
    """One stretch of unhappiness of one customer."""

    customer_id: str
    """Whose."""
    began_at: datetime
    """Since when the customer is unhappy."""
    cause: Trouble
    """What was too much."""
    fate: Fate
    """What the customer does about it."""
    quiet: bool
    """Whether they show it in words to nobody, or to nobody before they complain."""
    grumbled_at: datetime | None = None
    """When they first showed it in words."""
    complained_at: datetime | None = None
    """When they complained."""
    ended_at: datetime | None = None
    """When it was over."""


@dataclass(frozen=True, slots=True)
class KnownComplaint:
    """One complaint, and what led to it."""

    event_id: str
    """Id of the complaint event."""
    customer_id: str
    """Who complained."""
    complained_at: datetime
    """When."""
    unhappy_at: datetime
    """Since when they had been unhappy."""
    silent_before: bool
    """Whether they had shown it in words to nobody before."""
    cause: Trouble
    """What was too much."""
    source: str
    """Where it was lodged."""
    escalated: bool
    """Whether it follows an earlier complaint about the same grievance."""


@dataclass(slots=True)
class Truth:
    """Everything known about a simulated world; it grows while events are emitted."""

    grievances: list[Grievance] = field(default_factory=list)
    """Every stretch of unhappiness, in the order in which they began."""
    complaints: list[KnownComplaint] = field(default_factory=list)
    """Every complaint, in the order in which they were made."""
    event_counts: Counter[str] = field(default_factory=Counter)
    """Readable events by kind, duplicates not counted."""
    fault_counts: Counter[str] = field(default_factory=Counter)
    """What was done to records on the wire: duplicate, late, malformed, unknown_member."""
    change_at: datetime | None = None
    """From when on complaints come mostly from another cause; None for never."""
    personal_data: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Event id to the personal data that was put in its text: none of it may be stored."""

    def fate_counts(self) -> dict[Fate, int]:
        """Count grievances by what the customer does about them."""
        counts = Counter(grievance.fate for grievance in self.grievances)
        return {fate: counts[fate] for fate in FATES}

    def fate_shares(self) -> dict[Fate, float]:
        """Tell the shares of the three fates among all grievances; all zero where there is none."""
        total = max(1, len(self.grievances))
        return {fate: count / total for fate, count in self.fate_counts().items()}

    def lines(self) -> Iterator[str]:
        """Write the truth as JSON Lines: the change if there is one, grievances, complaints, then a line of counts."""
        if self.change_at is not None:
            yield json.dumps({"truth": "change", "change_at": self.change_at.isoformat()})
        for grievance in self.grievances:
            yield _line("grievance", grievance)
        for complaint in self.complaints:
            yield _line("complaint", complaint)
        yield json.dumps(
            {
                "truth": "counts",
                "events": dict(self.event_counts),
                "faults": dict(self.fault_counts),
                "fates": self.fate_counts(),
                "with_personal_data": len(self.personal_data),
            }
        )


def _line(name: str, record: Grievance | KnownComplaint) -> str:
    """Write one record as a line of JSON."""
    fields = {slot: getattr(record, slot) for slot in record.__slots__}
    written = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in fields.items()}
    return json.dumps({"truth": name, **written})
