"""How many alerts an owner is told of per day: what does not fit waits for room, and quiet days stay quiet.

An owner's day has an end (`capacity`), and an alert below the precision floor is not worth a call however much room
there is. Red alerts and threats are told all the same. What is held back stays open, untold, and is tried again at
each look at its customer, and as the next day begins, the most urgent first.

The day is that of the partition's clock, because people are told when it is told, not when it happened. Each partition
gives away its share of an owner's day alone; shares add up to the capacity.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import floor

from models.alerting.clocks import posts_of, tried_again_at
from models.alerting.evidence import BLUE, RED, has_say
from models.entries import OpenAlert, Spent
from models.forgetting import within_reach_of
from models.moments import DAY, NEVER
from models.organisation import Organisation, Post
from models.params import Params
from models.state import CustomerState
from schemas.types import Position

NO_DAY = -1
"""Before the first tick."""


class Capacity:
    """What one partition has told each owner today.

    After a crash rows may be ahead of the partition's own row. What they were told is then booked as the replay comes
    to the same message: before it, so that nobody else gets the same room. What red alerts and threats take is booked
    after it, both times, because they ask for no room.

    Parameters
    ----------
    organisation
        Who answers for what, and for how many a day.
    partition, partitions
        Which of how many partitions this is.
    """

    def __init__(self, organisation: Organisation, partition: int, partitions: int) -> None:
        self._offset = organisation.utc_offset_hours * DAY / 24
        self._partition, self._partitions = partition, partitions
        self.day = NO_DAY
        """Days since 1970 on the company's clock."""
        self._told: Counter[str] = Counter()
        self._beyond: Counter[str] = Counter()
        self._ahead: dict[Position, list[tuple[str, bool]]] = {}

    @property
    def told(self) -> list[tuple[str, int]]:
        """Alerts per owner today, in the order of their names."""
        return sorted(self._told.items())

    def restore(self, day: int, told: Iterable[Sequence[str | int]]) -> None:
        """Take up where the partition's row left off."""
        self.day, self._told = day, Counter({str(owner): int(count) for owner, count in told})

    def expect(self, state: CustomerState, position: Position) -> None:
        """Expect what a row that is ahead of the partition's position was told by messages after it."""
        for offset, line, owner, is_beyond in state.room:
            if (at := Position(offset, line)) > position:
                self._ahead.setdefault(at, []).append((owner, bool(is_beyond)))

    def begin(self, now: float, position: Position) -> None:
        """Begin a message: a new day if the clock says so, and what rows that are ahead were told by it."""
        if now != NEVER:
            day = floor((now + self._offset) / DAY)
            if day > self.day:
                self.day = day
                self._told.clear()
        for owner, is_beyond in self._ahead.pop(position, ()) if self._ahead else ():
            (self._beyond if is_beyond else self._told)[owner] += 1

    def settle(self) -> None:
        """Book what was told beyond the capacity, once the message is done."""
        if self._beyond:
            self._told.update(self._beyond)
            self._beyond.clear()

    def has_room(self, post: Post) -> bool:
        """Say whether an owner can be told of one more alert today."""
        return post.capacity is None or self._told[post.owner] < self._share(post.capacity)

    def take(self, state: CustomerState, post: Post, position: Position, *, is_beyond: bool) -> None:
        """Note that an owner is told of one more alert."""
        if post.capacity is None:
            return
        (self._beyond if is_beyond else self._told)[post.owner] += 1
        state.room = [*within_reach_of(state.room, position), Spent(*position, post.owner, is_beyond)]

    def _share(self, capacity: int) -> int:
        """Return the partition's share of an owner's day; what does not divide goes round, day by day."""
        whole, rest = divmod(capacity, self._partitions)
        return whole + ((self._partition + self.day) % self._partitions < rest)


class Room:
    """What is left of owners' days for the alerts of one customer, in one look.

    Parameters
    ----------
    state
        The customer; what their alerts take is noted there.
    capacity
        What the partition has told today.
    position
        Where the message stands.
    params
        How to decide.
    """

    def __init__(self, state: CustomerState, capacity: Capacity, position: Position, params: Params) -> None:
        self._state, self._capacity, self._position, self._params = state, capacity, position, params

    def take(self, alert: OpenAlert) -> float:
        """Take what an alert needs of its owner's day.

        Returns
        -------
        float
            `NEVER` if it is told; else when it is tried again.
        """
        posts = posts_of(alert, self._state, self._params.organisation)
        if not posts or alert.level <= BLUE:
            return NEVER
        cannot_wait = alert.level >= RED or alert.cause in ("threat", "statutory_clock")
        if not cannot_wait and not (self._is_likely(posts[0]) and self._capacity.has_room(posts[0])):
            return tried_again_at(alert, self._state, self._params.organisation)
        self._capacity.take(self._state, posts[0], self._position, is_beyond=cannot_wait)
        return NEVER

    def _is_likely(self, post: Post) -> bool:
        """Say whether a complaint is likely enough for a call; while the model is cold nobody knows."""
        return not has_say(self._state, self._params) or self._state.probability_30d >= post.floor
