"""The core alone: what any carrier must do, with nothing that carries. Run as `python -m bench.carriers.core JOB`.

Each event is checked, redacted and written down; stepped; and what follows is encoded: the row and the risk of every
touched customer once per portion of 2,000 events, every alert and every example. What a journal adds, reading the
lines back, is measured apart.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from bench.carriers.job import Job, Stopwatch, job_of, report
from bench.carriers.left import write_states
from bench.carriers.outputs import Named, Portion, named
from bench.events import SourceEvent, read_events
from bench.profiling import profiled
from models.engine import Engine, step
from models.intake import Intake
from models.params import load_params
from models.state import CustomerState
from schemas.codec import CustomerEvent, decode_journal_line, encode
from streams.memory import spare_collector
from streams.settings import Settings
from streams.wiring import intake_of

_READ_BACK_EVENTS = 20_000


class CoreAlone:
    """Every partition's engine and states, in plain dictionaries."""

    def __init__(self, settings: Settings) -> None:
        self._intake: Intake = intake_of(settings)
        params = load_params(settings.params_file)
        self._engines = [Engine(params, partition) for partition in range(settings.partitions)]
        self.states: list[dict[str, CustomerState]] = [{} for _ in self._engines]
        self.events = 0
        self.alerts: list[Named] = []
        self.rows = 0
        """Rows that were encoded."""
        self.output_bytes = 0
        """Size of everything that was encoded."""

    def take(self, events: Sequence[SourceEvent]) -> None:
        """Do everything for a portion of events, as large as ingest takes them."""
        prepared: list[list[CustomerEvent]] = [[] for _ in self._engines]
        for event in events:
            ready = self._intake.prepare(event.raw, event.kind)
            prepared[ready.partition].append(ready.event)
        for partition, found in enumerate(prepared):
            self._carry_out(self._engines[partition], self.states[partition], found)

    def _carry_out(self, engine: Engine, states: dict[str, CustomerState], events: list[CustomerEvent]) -> None:
        """Step the events of one partition and encode what follows."""
        portion = Portion()
        for event in events:
            outcome = step(engine, states, event)
            self.events += bool(outcome.touched)
            self.alerts.extend(map(named, outcome.alerts))
            portion.add(outcome)
        rows = portion.rows(states)
        self.rows += len(rows)
        self.output_bytes += sum(map(len, rows.values()))
        for outputs in portion.outputs(engine, states).values():
            self.output_bytes += sum([len(encode(output)) for output in outputs])


def main(job: Job) -> None:
    """Take all events and report."""
    settings = job.settings()
    core, events, stopwatch = CoreAlone(settings), list(read_events(Path(job.events_file))), Stopwatch()
    # Only now: the waiting events are none of the core's objects.
    spare_collector()
    with profiled(job.profile):
        stopwatch.start()
        for portion in _portions(events, settings.fetch_records):
            core.take(portion)
        figures = stopwatch.stop(core.events)
    states = [pair for part in core.states for pair in part.items()]
    write_states(job.folder, states)
    figures.facts.update(
        read_back_microseconds_per_event=_read_back_microseconds(settings, events[:_READ_BACK_EVENTS]),
        rows=core.rows,
        output_bytes=core.output_bytes,
        customers=len(states),
        alerts=core.alerts,
    )
    report(figures)


def _read_back_microseconds(settings: Settings, events: Sequence[SourceEvent]) -> float:
    """Measure the CPU time per event for reading journal lines back."""
    intake = intake_of(settings)
    lines = [intake.prepare(event.raw, event.kind).line for event in events]
    began = time.process_time()
    for line in lines:
        decode_journal_line(line)
    return (time.process_time() - began) / len(lines) * 1e6


def _portions(events: Sequence[SourceEvent], size: int) -> Iterator[list[SourceEvent]]:
    """Cut events into portions."""
    waiting = iter(events)
    while portion := list(islice(waiting, size)):
        yield portion


if __name__ == "__main__":
    main(job_of(sys.argv))
