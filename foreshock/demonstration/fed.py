"""What was fed: the one side of the proof that nothing is lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from foreshock.simulate.emission import Emission


@dataclass(slots=True)
class Fed:
    """Every record that the broker acknowledged."""

    ids: dict[str, set[str]] = field(default_factory=dict)
    """Event ids by kind, without duplicates."""

    per_customer: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Distinct events per (tenant, customer id)."""

    readable: int = 0
    """Readable records, duplicates among them."""

    unreadable: int = 0
    """Records that were broken on purpose."""

    def take(self, emission: Emission) -> None:
        """Note a record."""
        event = emission.event
        if event is None:
            self.unreadable += 1
            return
        self.readable += 1
        known = self.ids.setdefault(event.kind, set())
        if event.event_id not in known:
            known.add(event.event_id)
            self.per_customer[event.tenant, event.customer_id] += 1

    @property
    def records(self) -> int:
        """How many records there were, whatever they held."""
        return self.readable + self.unreadable

    @property
    def events(self) -> int:
        """How many distinct readable events there were."""
        return sum(map(len, self.ids.values()))

    @property
    def duplicates(self) -> int:
        """How many readable records repeated an event."""
        return self.readable - self.events
