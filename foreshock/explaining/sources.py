"""Where the messages come from that an alert is derived from again: files, or the journal at the broker."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from foreshock.broker.reading import open_topic
from foreshock.journal_dump import is_dump, read_header, read_record
from foreshock.runs import EventRun, JournalRun, Run, Taken, lines_of
from models.intake import Intake
from models.outcome import Outcome
from models.params import Params
from schemas.codec import JournalMessage
from schemas.errors import ConfigurationError, UnreadableMessageError
from streams.settings import Settings


class Step(NamedTuple):
    """One message, what it caused, and the run that holds the customers as they are after it."""

    message: JournalMessage | None
    """The message; None for what time alone brought after the last one."""
    outcomes: list[Outcome]
    """What followed, in order."""
    run: Run
    """Engines and customers."""


class Source(Protocol):
    """A journal that can be read more than once."""

    name: str
    """What a person calls it."""
    first_offsets: dict[int, int]
    """The first offset that is left of each partition that was read; more than 0 where its beginning is gone."""

    def read(self, partition: int | None) -> AsyncGenerator[Step, None]:
        """Run every message of a partition, or of all, through the core, from its beginning."""


class Files:
    """Events as a company sends them, or dumps of the journal.

    Parameters
    ----------
    names
        Files; what the first one holds says how the others are read.
    params
        How to decide.
    intake
        Prepares events.
    lateness
        How far the clock stays behind the newest event, where the files hold events.
    until
        To where time runs on after the last event.
    key
        What models are signed with; None takes them as they stand.
    console
        Where progress is shown.
    """

    def __init__(
        self,
        names: Sequence[str],
        params: Params,
        intake: Intake,
        lateness: timedelta,
        until: datetime | None,
        key: bytes | None,
        console: Console,
    ) -> None:
        self.name = ", ".join(names)
        self.first_offsets: dict[int, int] = {}
        self._names, self._params, self._intake, self._key = names, params, intake, key
        self._lateness, self._until, self._console = lateness, until, console

    async def read(self, partition: int | None) -> AsyncGenerator[Step, None]:
        """Run the files through the core; memory holds the customers, never the files."""
        run: Run | None = None
        with _progress(self._console, TaskProgressColumn()) as progress, ExitStack() as stack:
            for name in self._names:
                for number, raw in enumerate(lines_of(stack, name, progress)):
                    if number == 0 and is_dump(raw):
                        header = read_header(raw)
                        run = JournalRun(header.epoch, self._params, self._key, header.partitions)
                        continue
                    run = run or EventRun(self._intake, self._params, self._lateness)
                    for step in _steps(self._taken(run, raw, partition), run):
                        yield step
        if run is None:
            raise ConfigurationError(f"nothing to derive the alert from: {self.name} holds no line")
        yield Step(None, run.finish(self._until), run)

    def _taken(self, run: Run, raw: bytes, partition: int | None) -> Taken:
        """Take one line; one that cannot be read became a dead letter and changed nothing."""
        try:
            if not isinstance(run, JournalRun):
                yield from run.take(raw)
                return
            record = read_record(raw)
            self.first_offsets.setdefault(record[0], record[1])
            if partition in (None, record[0]):
                yield from run.take_record(*record)
        except UnreadableMessageError as error:
            yield error


class Journal:
    """The journal at the broker.

    Parameters
    ----------
    settings
        Where the broker is.
    params
        How to decide.
    key
        What models are signed with; None takes them as they stand.
    console
        Where progress is shown.
    """

    def __init__(self, settings: Settings, params: Params, key: bytes | None, console: Console) -> None:
        self.name = f"{settings.topic('journal')} at {settings.bootstrap_servers}"
        if settings.journal_generation > 1:
            self.name += ", which begins with states of an earlier journal that are not in it (`foreshock migrate`)"
        self.first_offsets: dict[int, int] = {}
        self._settings, self._params, self._key, self._console = settings, params, key, console

    async def read(self, partition: int | None) -> AsyncGenerator[Step, None]:
        """Run the journal through the core as far as it reaches now."""
        run = JournalRun(self._settings.epoch, self._params, self._key, self._settings.partitions)
        async with open_topic(self._settings, "journal") as reader:
            spans = {number: span for number, span in enumerate(await reader.spans()) if partition in (None, number)}
            self.first_offsets = {number: span.first for number, span in spans.items()}
            with _progress(self._console, MofNCompleteColumn()) as progress:
                task = progress.add_task("journal records", total=sum(span.offsets for span in spans.values()))
                for number, span in spans.items():
                    async for record in reader.records(number, span):
                        lines = (record.value or b"").split(b"\n")
                        for step in _steps(run.take_record(number, record.offset, lines), run):
                            yield step
                        progress.advance(task)


def _steps(taken: Taken, run: Run) -> Iterator[Step]:
    """Yield each message before the next one is taken, without what could not be read."""
    for each in taken:
        if not isinstance(each, UnreadableMessageError):
            yield Step(*each, run)


def _progress(console: Console, amount: ProgressColumn) -> Progress:
    """Make a bar with what is left, for a person at a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), amount, TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
