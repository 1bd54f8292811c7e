"""What a sink may be able to do besides delivering; who carries alerts looks for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol, TypeVar, runtime_checkable

M_contra = TypeVar("M_contra", contravariant=True)


class Receiver(Protocol[M_contra]):
    """What every sink is, whatever it takes: alerts, or beliefs about customers."""

    @property
    def name(self) -> str:
        """Short name, from a closed set."""

    async def deliver(self, message: M_contra, /) -> None:
        """Hand over one message; returns once the destination has it."""

    async def close(self) -> None:
        """Let go of connections."""


@runtime_checkable
class TakesMany(Protocol[M_contra]):
    """Can take many messages at once: a digest, or one transaction."""

    async def deliver_together(self, messages: Sequence[M_contra], /) -> None:
        """Hand over all of them, in order; a failure means that each must be delivered again.

        Raises
        ------
        SinkError
            As `deliver` does.
        """


@runtime_checkable
class TakesLong(Protocol):
    """Waits for its destination within limits of its own, and may so take long without being stuck."""

    @property
    def longest(self) -> timedelta:
        """Longest time that one call can take: all its timeouts, one after the other."""


@runtime_checkable
class Opens(Protocol):
    """Wants to look at its destination before the first message."""

    async def open(self) -> None:
        """Connect and look.

        Raises
        ------
        SinkUnavailableError
            If the destination does not answer; it is tried again.
        ConfigurationError
            If it answers and cannot be used: a person must change something.
        """


@runtime_checkable
class Remembers(Protocol[M_contra]):
    """Must know what is open, because its destination forgets."""

    look_back: timedelta
    """How far back the topic is read for that."""

    def recall(self, message: M_contra, /) -> None:
        """Take note of a transition that was delivered before."""

    def forget(self) -> None:
        """Let go of everything: the partitions may be somebody else's now."""

    async def keep(self) -> None:
        """Remind the destination when it is time; called about five times a second, and never raises `SinkError`."""


@runtime_checkable
class Probes(Protocol):
    """Can tell whether its destination answers, without leaving anything there."""

    async def probe(self) -> str:
        """Say what was found.

        Raises
        ------
        SinkError
            If there is no answer that a delivery could hope for.
        ConfigurationError
            If a person must change something first.
        """
