"""What `foreshock replay` costs per event, against validation and core alone."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

from bench.events import SourceEvent
from bench.found import Asked, Found, Measure, Table
from bench.history import History, history_of
from bench.report import spread
from foreshock.replay import replay
from models.replaying import EventReplay
from schemas.codec import decode_event
from streams.memory import spare_collector

TARGET = 1.3
"""A replay may cost so many times validation and core."""

_NAMES = ("replay", "validation and core", "validation")


def measure(asked: Asked) -> Found:
    """Run the command on a file of the events, and beside it what it cannot do without, round by round."""
    with asked.console.status("replay: learning a model"):
        history = history_of(asked.file)
    rounds = []
    with tempfile.TemporaryDirectory(prefix="foreshock-bench-") as folder:
        file = Path(folder) / "events.jsonl"
        file.write_bytes(b"".join(event.raw + b"\n" for event in history.events))
        for number in range(1, asked.rounds + 1):
            with asked.console.status(f"replay: round {number} of {asked.rounds}"):
                spare_collector()
                rounds.append(_round(history, file))
    ratios = [found["replay"] / found["validation and core"] for found in rounds]
    rows = [[name, spread(found[name] for found in rounds).text()] for name in _NAMES]
    return Found(
        {"rounds": rounds, "ratio": spread(ratios)},
        [Measure("replay / validation and core", median(ratios), TARGET)],
        [Table("replay without Kafka", ("", "CPU us/event"), rows)],
        [
            "Replay is the command `foreshock replay FILE --alerts FILE`: reading, counting and writing included. Core "
            "is everything of `models` that a replay goes through: redaction, step, timers and learning."
        ],
    )


def _round(history: History, file: Path) -> dict[str, float]:
    """Run each way once over all events; return microseconds of CPU time per event."""
    count = len(history.events)
    spent = {
        "replay": _replay(file),
        "validation and core": _core(history),
        "validation": _validation(history.events),
    }
    return {name: seconds / count * 1e6 for name, seconds in spent.items()}


def _replay(file: Path) -> float:
    """Run the command in this process."""
    began = time.process_time()
    replay.main([str(file), "--quiet", "--alerts", str(file.with_suffix(".alerts"))], standalone_mode=False)
    return time.process_time() - began


def _core(history: History) -> float:
    """Take the same events through the same core, and nothing else."""
    core = EventReplay(history.intake, history.params)
    began = time.process_time()
    for event in history.events:
        core.take(event.raw)
    core.finish()
    return time.process_time() - began


def _validation(events: list[SourceEvent]) -> float:
    """Let pydantic read the events."""
    began = time.process_time()
    for event in events:
        decode_event(event.raw)
    return time.process_time() - began
