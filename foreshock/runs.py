"""What a file holds, run through the core: events as a company sends them, or the records of a journal."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import IO, Protocol

import click
from rich.progress import Progress

from foreshock.journal_dump import read_record
from models.drift import HealthAlert
from models.engine import Engine
from models.intake import Intake
from models.outcome import Outcome
from models.params import Params
from models.replaying import EventReplay, JournalReplay
from models.state import States
from schemas.codec import JournalMessage
from schemas.errors import UnreadableMessageError

Taken = Iterator[tuple[JournalMessage, list[Outcome]] | UnreadableMessageError]
"""What a line held and caused, message by message, or why a message could not be read."""


class Run(Protocol):
    """Reads lines of one kind of file."""

    def take(self, raw: bytes) -> Taken:
        """Take one line."""

    def finish(self, until: datetime | None) -> list[Outcome]:
        """Let time run on after the last line."""

    def partitions(self) -> Iterator[tuple[Engine, States]]:
        """Yield every engine with its customers."""

    def drifts(self) -> list[HealthAlert]:
        """Return the newest changes of the stream that the learner has found."""


class EventRun:
    """Lines are events as a company sends them."""

    def __init__(self, intake: Intake, params: Params, lateness: timedelta) -> None:
        self.replay = EventReplay(intake, params, lateness)
        """What takes them."""

    def take(self, raw: bytes) -> Taken:
        """Take one event."""
        yield self.replay.take(raw)

    def finish(self, until: datetime | None) -> list[Outcome]:
        """Fire what is due by the end."""
        return self.replay.finish(until)

    def partitions(self) -> Iterator[tuple[Engine, States]]:
        """Yield the only engine."""
        yield self.replay.engine, self.replay.states

    def drifts(self) -> list[HealthAlert]:
        """Return what the learner of this run has found."""
        return self.replay.learner.drifts


class JournalRun:
    """Lines are journal records."""

    def __init__(self, epoch: str, params: Params, key: bytes | None, partitions: int = 1) -> None:
        self.replay = JournalReplay(params, epoch, key, partitions)
        """What takes them."""

    def take(self, raw: bytes) -> Taken:
        """Take one record."""
        yield from self.take_record(*read_record(raw))

    def take_record(self, partition: int, offset: int, lines: Sequence[bytes]) -> Taken:
        """Take one record that does not come from a file; records of one partition come in order."""
        for taken in self.replay.take(partition, offset, lines):
            if isinstance(taken, UnreadableMessageError):
                yield taken
            else:
                message, outcome = taken
                yield message, [outcome]

    def finish(self, until: datetime | None) -> list[Outcome]:
        """Do nothing: the dump has its own ticks."""
        if until is not None:
            raise click.UsageError("--until is for events; a journal dump has its own ticks")
        return []

    def partitions(self) -> Iterator[tuple[Engine, States]]:
        """Yield the engine of each partition, in order."""
        for partition, engine in sorted(self.replay.engines.items()):
            yield engine, self.replay.states[partition]

    def drifts(self) -> list[HealthAlert]:
        """Return nothing: what the worker learned is not learned again."""
        return []


def lines_of(stack: ExitStack, name: str, progress: Progress) -> Iterator[bytes]:
    """Yield the lines of a file that are not blank; progress follows the bytes read."""
    if name == "-":
        yield from (line.rstrip(b"\n") for line in click.get_binary_stream("stdin") if line.strip())
        return
    raw: IO[bytes] = stack.enter_context(progress.open(name, "rb", description=f"reading {name}"))
    file = stack.enter_context(gzip.GzipFile(fileobj=raw)) if name.endswith(".gz") else raw
    yield from (line.rstrip(b"\n") for line in file if line.strip())
