"""Whom to look at next: one note per customer, kept in the order of their due times."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush
from math import inf


class Agenda:
    """Notes when each customer must be looked at next.

    A note may be too early, which only costs a look; it is never too late. So a customer whose timer moves into the
    future with every event keeps one note, and memory does not grow with events.
    """

    def __init__(self) -> None:
        self._noted: dict[str, float] = {}
        self._notes: list[tuple[float, str]] = []

    def restore(self, dues: Iterable[tuple[str, float]]) -> None:
        """Note every customer of a partition at once; infinity means no timer."""
        self._noted = {key: due for key, due in dues if due < inf}
        self._notes = [(due, key) for key, due in self._noted.items()]
        heapify(self._notes)

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
            Says when a customer's next timer is really due.
        """
        taken: list[tuple[float, str]] = []
        while self._notes and self._notes[0][0] <= until:
            noted, key = heappop(self._notes)
            if self._noted.get(key) != noted:
                continue  # an earlier note has been taken in its place
            del self._noted[key]
            due = due_of(key)
            if due <= until:
                taken.append((due, key))
            else:
                self.note(key, due)
        return [key for _, key in sorted(taken)]
