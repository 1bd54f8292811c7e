"""A duty: what one role is doing, written by its task and read by the watchdog's thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.handover import HandOver
from streams.lag import positions_of
from streams.settings import Role


class Duty:
    """Where a role is in its work. Plain values, so that another thread may read them at any time.

    Parameters
    ----------
    role
        Whose work.
    name
        Which task of it, such as a sink; the role's name where there is one only.
    """

    def __init__(self, role: Role, name: str | None = None) -> None:
        self.role = role
        self.name = name or role
        self.hand_over: HandOver | None = None
        """Knows whether the group has settled; none for a role without a group."""
        self.is_busy = False
        """Whether something is in the role's hands that is not done."""
        self.steps = 0
        """Grows with every bit of work that is done."""
        self.longest_step = 0.0
        """How long one bit of work may take on top of what any part may, in seconds: timeouts of a destination."""
        self.is_waiting = False
        """Whether the role waits on purpose before it tries again."""
        self.waits_for: str | None = None
        """What was away at the last try, such as a sink; it is tried again."""
        self.consumer: AIOKafkaConsumer | None = None
        """What reads, if anything does."""
        self.has_begun = False
        """Whether a role without a group has done its first bit of work."""

    @property
    def is_joined(self) -> bool:
        """Whether the group has told us which partitions are ours, even if there are none for us."""
        return self.hand_over is None or self.hand_over.is_settled

    @property
    def is_ready(self) -> bool:
        """Whether the role does its work, knows that there is none for it, or could do it if a sink were not away."""
        if self.waits_for is not None:
            return True
        return self.is_joined if self.hand_over is not None else self.has_begun

    @property
    def is_free(self) -> bool:
        """Whether nothing keeps the role from reading on."""
        return not self.is_busy and not self.is_waiting

    @contextmanager
    def working(self) -> Iterator[None]:
        """Mark a piece of work."""
        self.steps += 1
        with self.looking_after():
            yield

    @contextmanager
    def looking_after(self) -> Iterator[None]:
        """Mark something that is done again and again, and so says nothing about getting on."""
        self.is_busy = True
        try:
            yield
        finally:
            self.is_busy = False
            self.has_begun = True

    @contextmanager
    def waiting_for(self, what: str) -> Iterator[None]:
        """Mark a wait for something that is away. It counts as away until `goes_on` is called."""
        self.waits_for = what
        with self.pausing():
            yield

    @contextmanager
    def pausing(self) -> Iterator[None]:
        """Mark a wait on purpose, for nothing that is away."""
        self.is_waiting = True
        try:
            yield
        finally:
            self.is_waiting = False
            self.steps += 1

    def goes_on(self) -> None:
        """Take note that nothing is waited for any more: it is back, or was given up."""
        self.waits_for = None

    def positions(self) -> dict[TopicPartition, int]:
        """Return how far each partition is read, without those that rest on purpose."""
        return positions_of(self.consumer) if self.consumer is not None and self.is_joined else {}
