"""What nobody was told: read from its topic, and counted by rule with how many complained after."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from foreshock.broker.reading import open_topic
from schemas.codec import decode_as
from schemas.errors import UnreadableMessageError
from schemas.suppressions import Rule, Suppression
from streams.settings import Settings


async def read_suppressions(settings: Settings) -> AsyncIterator[Suppression]:
    """Yield every record of the topic of suppressions, each once, and pass over what is none.

    Raises
    ------
    ConfigurationError
        If the topic cannot be read.
    """
    seen = set[str]()
    async with open_topic(settings, "suppressions") as reader:
        for partition, span in enumerate(await reader.spans()):
            async for record in reader.records(partition, span):
                try:
                    held = decode_as(Suppression, record.value or b"")
                except UnreadableMessageError:
                    continue
                if held.identity not in seen:
                    seen.add(held.identity)
                    yield held


@dataclass(slots=True)
class Tally:
    """Records by rule, and the alerts behind them whose customers complained all the same."""

    records: Counter[Rule] = field(default_factory=Counter)
    """Records by rule."""
    _rules: dict[str, set[Rule]] = field(default_factory=dict)
    _complained: set[str] = field(default_factory=set)

    def take(self, held: Suppression) -> None:
        """Count a record."""
        if held.rule == "complained_after":
            self._complained.add(held.alert_id)
            return
        self.records[held.rule] += 1
        self._rules.setdefault(held.alert_id, set()).add(held.rule)

    def complained(self, rule: Rule) -> int:
        """Say how many alerts that this rule hid ended with a complaint before anybody was told."""
        return sum(rule in self._rules.get(alert_id, ()) for alert_id in self._complained)

    @property
    def complained_in_all(self) -> int:
        """How many hidden alerts ended with a complaint before anybody was told."""
        return len(self._complained)
