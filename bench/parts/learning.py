"""How fast the learner takes examples that the core has made, at the default model."""

from __future__ import annotations

import time

from bench.found import Asked, Found, Measure, Table
from bench.history import History, history_of
from bench.report import spread
from models.learner import Learner
from streams.memory import spare_collector

TARGET = 10_000.0
"""Examples per second and core."""

_COLUMNS = ("examples", "per second and core", "CPU us/example", "snapshots", "ms/snapshot")

_NOTE = "Examples per second are without snapshots, whose number grows with the logarithm of the examples."


def measure(asked: Asked) -> Found:
    """Give all examples of the events to a new learner, round by round, with a snapshot whenever one is due."""
    with asked.console.status("learner: making examples"):
        history = history_of(asked.file)
    rounds = []
    for number in range(1, asked.rounds + 1):
        with asked.console.status(f"learner: round {number} of {asked.rounds}"):
            rounds.append(_round(history))
    count, snapshots = len(history.examples), rounds[0][2]
    rates = spread(count / learning for learning, _, _ in rounds)
    each = spread(learning / count * 1e6 for learning, _, _ in rounds)
    snapshot = spread(telling / max(1, snapshots) * 1e3 for _, telling, _ in rounds)
    return Found(
        {
            "examples": count,
            "examples_per_cpu_second": rates,
            "snapshots": snapshots,
            "snapshot_milliseconds": snapshot,
        },
        [Measure("learner", rates.median, TARGET, at_least=True, unit="examples/s")],
        [
            Table(
                "learner, at the default model",
                _COLUMNS,
                [[f"{count:,}", rates.text(0), each.text(), str(snapshots), snapshot.text()]],
            )
        ],
        [_NOTE],
    )


def _round(history: History) -> tuple[float, float, int]:
    """Learn everything; return the CPU time for that and for snapshots, in seconds, and how many became due."""
    learner, telling, snapshots = Learner(history.params), 0.0, 0
    spare_collector()
    began = time.process_time()
    for example in history.examples:
        learner.learn(example)
        if learner.is_due():
            due_at = time.process_time()
            learner.snapshot()
            telling += time.process_time() - due_at
            snapshots += 1
    return time.process_time() - began - telling, telling, snapshots
