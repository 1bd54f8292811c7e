"""Whom to look at next: one note per customer, kept in the order of their due times."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heappop, heappush
from itertools import islice
from math import inf
from operator import itemgetter

_TOGETHER = 16_384
"""Notes that are sorted together when a partition is opened: what that needs for a moment stays small."""


class Agenda:
    """Notes when each customer must be looked at next.

    A note may be too early, which only costs a look; it is never too late. So a customer whose timer moves into the
    future with every event keeps one note, and memory does not grow with events.
    """

    def __init__(self) -> None:
        self._restored: list[_Restored] = []
        self._noted: dict[str, float] = {}
        self._notes: list[tuple[float, str]] = []

    def restore(self, dues: Iterable[tuple[str, float]]) -> None:
        """Note every customer of a partition at once; infinity means no timer."""
        waiting = ((key, due) for key, due in dues if due < inf)
        self._restored = []
        while portion := list(islice(waiting, _TOGETHER)):
            self._restored.append(_Restored(portion))
        self._noted, self._notes = {}, []

    def note(self, key: str, due: float) -> None:
        """Note a customer, unless an earlier look is noted already."""
        if due < self._noted.get(key, inf):
            self._noted[key] = due
            heappush(self._notes, (due, key))

    def take(self, until: float, due_of: Callable[[str], float]) -> list[str]:
        """Take every customer off who has a timer due by `until`, the earliest first, then by key.

        Parameters
        ----------
        until
            Seconds since 1970.
        due_of
            Says when a customer's next timer is really due; infinity for one who is not known any more.
        """
        taken: list[tuple[float, str]] = []
        for key in self._first(until):
            due = due_of(key)
            if due <= until:
                taken.append((due, key))
            else:
                self.note(key, due)
        return [key for _, key in sorted(taken)]

    def _first(self, until: float) -> Iterator[str]:
        """Take off every note up to a time, each customer once."""
        for restored in self._restored:
            for key in restored.take(until):
                if key not in self._noted:  # a note that was made since is never too late: this one has done its duty
                    yield key
        while self._notes and self._notes[0][0] <= until:
            noted, key = heappop(self._notes)
            if self._noted.get(key) == noted:  # else an earlier note has been taken in its place
                del self._noted[key]
                yield key


class _Restored:
    """Notes that a partition was opened with: 40 bytes for each, where a heap and a dictionary take 250.

    Parameters
    ----------
    dues
        Key and due time of each customer.
    """

    def __init__(self, dues: Sequence[tuple[str, float]]) -> None:
        ordered = sorted(dues, key=itemgetter(1))
        self._times = array("d", (due for _, due in ordered))
        self._keys = "".join([key for key, _ in ordered])
        self._lengths = array("H", (len(key) for key, _ in ordered))
        self._next, self._begins = 0, 0

    def take(self, until: float) -> Iterator[str]:
        """Take off every note up to a time, the earliest first."""
        while self._next < len(self._times) and self._times[self._next] <= until:
            begins = self._begins
            self._begins += self._lengths[self._next]
            self._next += 1
            yield self._keys[begins : self._begins]
