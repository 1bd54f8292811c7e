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

from models.alerting.clocks import posts_of
from models.alerting.deciding import Decision, asks_for_a_call
from models.alerting.evidence import BLUE, RED, has_say
from models.forgetting import within_reach_of
from models.organisation import Organisation, Post
from models.params import DAY, Params
from models.state import NEVER, CustomerState, OpenAlert, Spent
from schemas.alerts import ENDING
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


def fit(
    state: CustomerState, decisions: list[Decision], at: float, capacity: Capacity, position: Position, params: Params
) -> tuple[list[Decision], list[Decision]]:
    """Part decisions into those that people are told of and those that are held back; what waits is tried again.

    Parameters
    ----------
    decisions
        What has just been decided; open alerts in the state are put right.
    at
        The customer's own time, in seconds since 1970.

    Returns
    -------
    (list of Decision, list of Decision)
        Told and held back, each in order.
    """
    told: list[Decision] = []
    held: list[Decision] = []
    for decision in decisions:
        fitted, is_told = _fitted(state, decision, at, capacity, position, params)
        (told if is_told else held).append(fitted)
        _replace(state, fitted.alert)
    decided = {decision.alert.number for decision in decisions}
    for alert in list(state.alerts):
        if alert.hidden == "capacity" and alert.number not in decided and _admits(state, alert, capacity, params):
            shown = alert._replace(sequence=alert.sequence + 1, hidden="", told=True, tier_at=at)
            _book(state, shown, capacity, position, params)
            told.append(Decision(shown, "told"))
            _replace(state, shown)
    return told, held


def _fitted(
    state: CustomerState, decision: Decision, at: float, capacity: Capacity, position: Position, params: Params
) -> tuple[Decision, bool]:
    """Return a decision as it then is, and whether anybody is told."""
    alert, transition = decision.alert, decision.transition
    is_waiting = alert.hidden == "capacity"
    if not is_waiting and (alert.hidden or not asks_for_a_call(decision)):
        return decision, True
    if not is_waiting or transition == "raised":
        if _admits(state, alert, capacity, params):
            _book(state, alert, capacity, position, params)
            shown = alert._replace(hidden="", told=True, tier_at=at)
            return Decision(shown, transition if alert.told else "told", decision.by, decision.because), True
        is_known = alert.told and transition != "opened"
        kept = alert._replace(hidden="capacity", told=is_known)
        return Decision(kept, transition, decision.by, decision.because), False
    if alert.told and (transition in ENDING or alert.level <= BLUE):
        return Decision(alert._replace(hidden=""), transition, decision.by, decision.because), True
    return decision, False


def _admits(state: CustomerState, alert: OpenAlert, capacity: Capacity, params: Params) -> bool:
    """Say whether an owner is told: always of what cannot wait, else where it is likely enough and there is room."""
    post = _post_of(state, alert, params)
    if post is None or _cannot_wait(alert) or alert.level <= BLUE:
        return True
    is_likely = not has_say(state, params) or state.probability_30d >= post.floor
    return is_likely and capacity.has_room(post)


def _book(state: CustomerState, alert: OpenAlert, capacity: Capacity, position: Position, params: Params) -> None:
    """Take what an alert takes of its owner's day."""
    post = _post_of(state, alert, params)
    if post is not None:
        capacity.take(state, post, position, is_beyond=_cannot_wait(alert))


def _cannot_wait(alert: OpenAlert) -> bool:
    """Say whether an alert is told however full the day is."""
    return alert.level >= RED or alert.cause == "threat"


def _post_of(state: CustomerState, alert: OpenAlert, params: Params) -> Post | None:
    """Return who answers for an alert; None where nobody does."""
    posts = posts_of(alert, state, params.organisation)
    return posts[0] if posts else None


def _replace(state: CustomerState, alert: OpenAlert) -> None:
    """Put an alert in the place of what it was, if it is open."""
    state.alerts = [alert if each.number == alert.number else each for each in state.alerts]
