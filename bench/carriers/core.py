"""The core alone: what any carrier must do, with nothing that carries. Run as `python -m bench.carriers.core JOB`.

Each event is checked, redacted and written for the journal; read back; stepped; and what follows is encoded: the
row and the risk of every touched customer once per record of 128 lines, every alert and every example.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from itertools import islice

from bench.carriers.job import Job, Stopwatch, events_path, job_of, report
from bench.carriers.outputs import Portion, alerts_digest, named, states_digest
from bench.events import SourceEvent, read_events
from bench.profiling import profiled
from models.engine import Engine, step
from models.intake import Intake
from models.params import Params
from models.state import CustomerState
from schemas.codec import JournalMessage, decode_journal_line, encode
from schemas.types import Position
from streams.memory import spare_collector
from streams.settings import Settings
from streams.wiring import intake_of


class CoreAlone:
    """Every partition's engine and states, in plain dictionaries."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._intake: Intake = intake_of(settings)
        self._engines = [Engine(Params(), partition) for partition in range(settings.partitions)]
        self.states: list[dict[str, CustomerState]] = [{} for _ in self._engines]
        self._offsets = [0 for _ in self._engines]
        self.events = 0
        self.alerts: list[tuple[str, int, str, str]] = []
        self.output_bytes = 0
        self.decode_seconds = 0.0
        """CPU time of reading journal lines back, which only a carrier with a journal does."""

    def take(self, events: list[SourceEvent]) -> None:
        """Do everything for a portion of events, as large as ingest takes them."""
        lines: list[list[bytes]] = [[] for _ in self._engines]
        for event in events:
            prepared = self._intake.prepare(event.raw, event.kind)
            lines[prepared.partition].append(prepared.line)
        for partition, found in enumerate(lines):
            for start in range(0, len(found), self._settings.max_lines):
                self._record(partition, found[start : start + self._settings.max_lines])

    def _record(self, partition: int, lines: list[bytes]) -> None:
        """Step the lines of one journal record and encode what follows."""
        began = time.process_time()
        messages = [decode_journal_line(line) for line in lines]
        self.decode_seconds += time.process_time() - began
        engine, states, offset = self._engines[partition], self.states[partition], self._offsets[partition]
        self._offsets[partition] += 1
        portion = self._stepped(engine, states, offset, messages)
        self.output_bytes += sum(map(len, portion.rows(states).values()))
        for outputs in portion.outputs(engine, states).values():
            for output in outputs:
                self.output_bytes += len(encode(output))

    def _stepped(
        self, engine: Engine, states: dict[str, CustomerState], offset: int, messages: list[JournalMessage]
    ) -> Portion:
        """Give messages to the core."""
        portion = Portion()
        for number, message in enumerate(messages):
            outcome = step(engine, states, message, Position(offset, number))
            self.events += bool(outcome.touched)
            self.alerts.extend(map(named, outcome.alerts))
            portion.add(outcome)
        return portion


def main(job: Job) -> None:
    """Take all events and report."""
    settings = job.settings()
    core, events, stopwatch = CoreAlone(settings), list(read_events(events_path(job))), Stopwatch()
    with profiled(job.profile):
        stopwatch.start()
        for portion in _portions(events, settings.fetch_records):
            core.take(portion)
        figures = stopwatch.stop(core.events, journal_decode_seconds=core.decode_seconds)
    states = [pair for part in core.states for pair in part.items()]
    figures.facts.update(
        customers=len(states),
        alerts=len(core.alerts),
        alerts_digest=alerts_digest(core.alerts),
        states_digest=states_digest(states),
    )
    report(figures)


def _portions(events: list[SourceEvent], size: int) -> Iterator[list[SourceEvent]]:
    """Cut events into portions."""
    waiting = iter(events)
    while portion := list(islice(waiting, size)):
        yield portion


if __name__ == "__main__":
    spare_collector()
    main(job_of(sys.argv))
