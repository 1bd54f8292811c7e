"""The world: time that goes on, lives that are lived in it, and records that arrive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random

from foreshock.simulate import claims, contacts, feelings, surveys
from foreshock.simulate.customers import Customer, Population
from foreshock.simulate.emission import Emission
from foreshock.simulate.faults import Wire
from foreshock.simulate.insurer import Insurer
from foreshock.simulate.parameters import Rates
from foreshock.simulate.rhythm import DAY, Rhythm
from foreshock.simulate.speech import Speech
from foreshock.simulate.truth import Trouble, Truth
from schemas.codec import CustomerEvent

Life = Iterator[float]
"""Something that goes on: a generator that yields the moment (seconds since 1970-01-01 UTC) at which it continues."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class World:
    """An insurer and its customers, with everything known about them.

    The same arguments give the same records, byte for byte. Memory is bounded by the number of customers and of
    matters in flight, not by the length of the simulation; only `truth` grows, by about one record per grievance.

    Parameters
    ----------
    seed
        Where all chance comes from.
    customers
        How many there are (at least 1).
    start_at
        When the simulation begins, with an offset.
    days
        How long it lasts; None for ever. Records of events before the end may arrive after it.
    rates
        How insurer and customers behave.
    change_day
        Days after the beginning from which on complaints come mostly from another cause (`foreshock.simulate.change`);
        None for never. Up to then the records are those of the world without the change.

    Raises
    ------
    ValueError
        If `customers` is below 1, `days` is not positive, `start_at` has no offset, or `change_day` is negative.
    """

    def __init__(
        self,
        seed: int,
        customers: int,
        start_at: datetime,
        days: float | None = None,
        rates: Rates = Rates(),  # noqa: B008 - frozen
        change_day: float | None = None,
    ) -> None:
        if customers < 1:
            raise ValueError(f"customers must be at least 1, got {customers}")
        if days is not None and days <= 0:
            raise ValueError(f"days must be positive, got {days}")
        if start_at.tzinfo is None:
            raise ValueError(f"start_at must have an offset, got {start_at}")
        if change_day is not None and change_day < 0:
            raise ValueError(f"change_day must not be negative, got {change_day}")
        self.rates = rates
        self.chance = Random(f"{seed}/world")
        self.now = start_at.timestamp()
        """Seconds since 1970-01-01 UTC."""
        self._change_at = None if change_day is None else self.now + change_day * DAY
        self.truth = Truth(change_at=None if self._change_at is None else moment_of(self._change_at))
        self.rhythm = Rhythm(rates.peak)
        self.insurer = Insurer(self.chance, customers)
        self.population = Population.drawn(self.chance, self.insurer, rates, customers)
        self.speech = Speech(self.chance, rates.personal_data_share)
        self._end = None if days is None else self.now + days * DAY
        self._seed = seed
        self._ids = count()
        self._order = count()
        self._wire = Wire(Random(f"{seed}/wire"), rates, self.truth)
        self._lives: list[tuple[float, int, Life]] = []
        self._arriving: list[tuple[float, int, Emission]] = []

    def events(self) -> Iterator[Emission]:
        """Let time go on, and yield every record in the order in which they arrive. To be called once."""
        for begin in (contacts.ordinary_contacts, claims.accidents, surveys.periodic_surveys, feelings.disappointments):
            self.start(begin(self))
        while self._lives:
            moment, _, life = heappop(self._lives)
            if self._end is not None and moment > self._end:
                break
            while self._arriving and self._arriving[0][0] <= moment:
                yield heappop(self._arriving)[2]
            self.now = moment
            self._continue(life)
        while self._arriving:
            yield heappop(self._arriving)[2]

    def start(self, life: Life) -> None:
        """Let something begin now."""
        self._continue(life)

    def emit(self, event: CustomerEvent, lag_seconds: float) -> None:
        """Send an event, to arrive after a lag."""
        self.truth.event_counts[event.kind] += 1
        if read_out := self.speech.take_personal_data():
            self.truth.personal_data[event.event_id] = read_out
        for arrives, emission in self._wire.carry(event, self.now + lag_seconds):
            heappush(self._arriving, (arrives, next(self._order), emission))

    def moments(self, per_customer_day: float) -> Iterator[float]:
        """Yield the moments at which something befalls a customer, as the week goes; none at a rate of zero.

        Each is drawn from the time at which it is asked for, so a life may hand them on one by one.
        """
        per_second = per_customer_day * len(self.population.customers) / DAY
        while per_second:
            yield self.rhythm.after(self.now, 1 / per_second, self.chance)

    def hurt(self, customer: Customer, trouble: Trouble) -> None:
        """Let something go wrong for a customer."""
        feelings.hurt(self, customer, trouble)

    def has_changed(self) -> bool:
        """Tell whether complaints come from another cause than in the beginning."""
        return self._change_at is not None and self.now >= self._change_at

    def new_id(self, prefix: str) -> str:
        """Make an id that no other event or case of this world has."""
        return f"{prefix}-{self._seed}-{next(self._ids):08}"

    def moment(self, after_seconds: float = 0.0) -> datetime:
        """Tell the time of now, or of some seconds later, in milliseconds."""
        return moment_of(self.now + after_seconds)

    def _continue(self, life: Life) -> None:
        """Let a life go on until it waits again, or ends."""
        upcoming = next(life, None)
        if upcoming is not None:
            heappush(self._lives, (max(upcoming, self.now), next(self._order), life))


def moment_of(seconds: float) -> datetime:
    """Turn seconds since 1970-01-01 UTC into a time in whole milliseconds, rounded down."""
    return _EPOCH + timedelta(milliseconds=int(seconds * 1000))
