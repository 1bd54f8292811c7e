"""A population of any size, made from a simulated one: rows for the changelog, and events for its customers.

Each customer begins with the state of one of the simulated customers, and each event is one of the simulated events a
while later, for a customer drawn at random. That is light enough for millions, and keeps sizes and kinds as they are.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bench.events import SourceEvent
from models.intake import Intake
from models.params import load_params
from models.pseudonym import partition_of
from models.replaying import EventReplay
from models.rows import encode_row
from models.timers import next_due
from schemas.codec import CustomerEvent, encode
from streams.outbox import Record
from streams.settings import Settings

_TEMPLATES = 5_000
"""States that are copied: enough for every kind of life."""

_LATER = timedelta(hours=6)
"""From the end of the simulated events to the first new one."""


@dataclass(frozen=True, slots=True)
class Population:
    """Customers by number.

    Parameters
    ----------
    size
        How many.
    settings
        Of the run that they are for.
    intake
        That run's intake: it knows the customers' keys.
    rows
        Rows to copy.
    events
        Events to copy, in their order.
    """

    size: int
    settings: Settings
    intake: Intake
    rows: Sequence[bytes]
    events: Sequence[CustomerEvent]

    def records(self, begin: int, end: int) -> dict[int, list[Record]]:
        """Return the rows of some customers, by partition of the changelog."""
        found: dict[int, list[Record]] = defaultdict(list)
        for number in range(begin, end):
            key = self.intake.pseudonymiser.key_of("default", _name(number))
            row = self.rows[number % len(self.rows)]
            found[partition_of(key, self.settings.partitions)].append(Record(key.encode(), row))
        return found

    def draw(self, count: int, seed: int) -> Iterator[SourceEvent]:
        """Draw events: simulated ones, over and over again, but for whose each is, its id and its time."""
        chance = random.Random(seed)
        span = self.events[-1].occurred_at - self.events[0].occurred_at + _LATER
        for index in range(count):
            turn, place = divmod(index, len(self.events))
            event, customer_id = self.events[place], _name(chance.randrange(self.size))
            at = event.occurred_at + (turn + 1) * span
            changed = {"customer_id": customer_id, "event_id": f"g-{index}", "occurred_at": at}
            yield SourceEvent(event.kind, customer_id, encode(event.model_copy(update=changed)))


def population_of(
    size: int, settings: Settings, intake: Intake, replay: EventReplay, events: Sequence[CustomerEvent]
) -> Population:
    """Make a population.

    Parameters
    ----------
    size
        How many customers.
    settings, intake
        Of the run that they are for.
    replay
        Has taken the simulated events.
    events
        The simulated events in their order.
    """
    rows, params = [], load_params(settings.params_file)
    rules = params.digest()
    known = list(replay.states.values())
    # From all of them alike: those who were heard of first have been heard of most often, and have the longest rows.
    for state in random.Random(0).sample(known, min(_TEMPLATES, len(known))):
        fresh = state.copy()
        # Before the first record of the journal of this run.
        fresh.epoch, fresh.offset, fresh.line = settings.journal_epoch, -1, -1
        fresh.lives, fresh.spent = (), ()
        # As that run's worker writes it: rows of other parameters are read whole for their timers.
        fresh.due, fresh.ruled_by = next_due(fresh, params), rules
        rows.append(encode_row(fresh))
    return Population(size, settings, intake, rows, events)


def _name(number: int) -> str:
    """Name a customer."""
    return f"grown-{number}"
