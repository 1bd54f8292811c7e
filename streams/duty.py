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
        self.waits_for: str | None = None
        """What the role waits for on purpose, such as a sink that is away; it will try again."""
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
        """Whether the role does its work, or knows that there is none for it."""
        return self.is_joined if self.hand_over is not None else self.has_begun

    @property
    def is_free(self) -> bool:
        """Whether nothing keeps the role from reading on."""
        return not self.is_busy and self.waits_for is None

    @contextmanager
    def working(self) -> Iterator[None]:
        """Mark a piece of work."""
        self.is_busy = True
        self.steps += 1
        try:
            yield
        finally:
            self.is_busy = False
            self.has_begun = True

    @contextmanager
    def waiting_for(self, what: str) -> Iterator[None]:
        """Mark a wait on purpose."""
        self.waits_for = what
        try:
            yield
        finally:
            self.waits_for = None
            self.steps += 1

    def positions(self) -> dict[TopicPartition, int]:
        """Return how far each partition is read, without those that rest on purpose."""
        return positions_of(self.consumer) if self.consumer is not None and self.is_joined else {}
