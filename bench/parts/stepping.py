"""What the core's step costs against pydantic's validation of the same event, in one process, in turns."""

from __future__ import annotations

from collections.abc import Sequence

from bench.events import SourceEvent
from bench.found import Asked, Found, Measure, Table
from bench.history import History, history_of
from bench.interleaved import take_turns
from bench.report import spread
from models.engine import Engine, step
from models.state import States
from schemas.codec import CustomerEvent, decode_event
from schemas.snapshots import ModelWeights
from schemas.ticks import SnapshotNotice
from streams.memory import spare_collector

TARGET = 10.0
"""A step may cost so many validations."""

_Pair = tuple[SourceEvent, CustomerEvent]


def measure(asked: Asked) -> Found:
    """Validate and step every event, with an untrained model and with one that has learned from the same events."""
    with asked.console.status("step: learning a model"):
        history = history_of(asked.file)
    rounds = []
    for number in range(1, asked.rounds + 1):
        with asked.console.status(f"step: round {number} of {asked.rounds}"):
            rounds.append(_round(history))
    figures = {f"{name}_microseconds": spread(found[name] for found in rounds) for name in rounds[0]}
    ratios = {name: spread(found[name] / found["validation"] for found in rounds) for name in ("untrained", "trained")}
    rows = [
        [name, figures[f"{name}_microseconds"].text(), ratios[name].text(2) if name in ratios else "1"]
        for name in rounds[0]
    ]
    return Found(
        {**figures, "ratios": ratios},
        [Measure("step with a trained model / validation", ratios["trained"].median, TARGET)],
        [Table("step, against pydantic's validation of the same events", ("", "CPU us/event", "ratio"), rows)],
    )


def _round(history: History) -> dict[str, float]:
    """Take all events once, each way."""
    untrained, trained = _Stepping(history, None), _Stepping(history, history.weights)
    pairs = [(event, history.intake.prepare(event.raw, event.kind).event) for event in history.events]
    spare_collector()
    return take_turns({"validation": _validate, "untrained": untrained.take, "trained": trained.take}, pairs)


def _validate(pairs: Sequence[_Pair]) -> None:
    """Let pydantic read the events as they came."""
    for source, _ in pairs:
        decode_event(source.raw, source.kind)


class _Stepping:
    """One engine with its customers.

    Parameters
    ----------
    history
        Where parameters come from.
    weights
        What to score with; `None` for an untrained model.
    """

    def __init__(self, history: History, weights: ModelWeights | None) -> None:
        self._engine = Engine(history.params)
        self._states: States = {}
        if weights is not None:
            step(self._engine, self._states, SnapshotNotice(partition=0, weights=weights))

    def take(self, pairs: Sequence[_Pair]) -> None:
        """Step the events."""
        for _, event in pairs:
            step(self._engine, self._states, event)
