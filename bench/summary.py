"""From runs of carriers to the figures that count: carrying costs, and how ours compares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from bench.found import Measure
from bench.report import Spread, spread

COLUMNS = ("carrier", "CPU us/event", "wall us/event", "carrying us/event", "of stock's", "lost", "twice")
"""What the table shows."""

CARRYING_TARGETS = {"stock": 1 / 10, "quix": 1 / 2}
"""Our carrying cost is to be at most so much of theirs."""

JOB_TARGETS = {"stock": 3.0, "quix": 1.3, "bytewax": 1.0, "plain": 0.7}
"""Our whole job is to take in at least so many times the events that they do, per second of CPU."""

NAMES = {
    "stock": "stock Faust",
    "quix": "Quix Streams",
    "bytewax": "Bytewax with its recovery store",
    "plain": "the plain loop",
}
"""What peers are called."""


class Costs:
    """CPU time per event of every carrier in every round.

    Parameters
    ----------
    runs
        Each with `round`, `carrier` and `cpu_microseconds_per_event`.
    """

    def __init__(self, runs: Sequence[Mapping[str, Any]]) -> None:
        self._cpu = {(run["round"], run["carrier"]): float(run["cpu_microseconds_per_event"]) for run in runs}
        self._rounds = sorted({number for number, _ in self._cpu})

    def of(self, name: str) -> list[float]:
        """Return what a carrier costs, round by round."""
        return [self._cpu[number, name] for number in self._rounds if (number, name) in self._cpu]

    def carrying(self, name: str) -> list[float] | None:
        """Return what a carrier costs beyond the core of the same round: machines have slow minutes."""
        if name == "core":
            return None
        return self._each(lambda cpu, core: cpu - core, name, "core")

    def carrying_share(self, name: str, of: str) -> list[float] | None:
        """Return a carrying cost as a share of another one of the same round."""
        ours, theirs = self.carrying(name), self.carrying(of)
        return (
            None if ours is None or theirs is None else [one / other for one, other in zip(ours, theirs, strict=True)]
        )

    def job_ratio(self, name: str, to: str) -> list[float] | None:
        """Return how many events a carrier takes in while another one takes in one, by CPU time of the same round."""
        return self._each(lambda ours, theirs: theirs / ours, name, to)

    def _each(self, combined: Callable[[float, float], float], one: str, other: str) -> list[float] | None:
        """Combine two carriers' costs, if both ran in every round."""
        pairs = list(zip(self.of(one), self.of(other), strict=False))
        return [combined(*pair) for pair in pairs] if len(pairs) == len(self._rounds) else None


def summary_of(runs: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Sum up the rounds of every carrier.

    Parameters
    ----------
    runs
        Each with `round`, `carrier`, `cpu_microseconds_per_event`, `wall_microseconds_per_event`; all but the core's
        with `lost` and `twice`.

    Returns
    -------
    dict
        Per carrier: spreads of its times, of its carrying cost and that cost's share of stock Faust's, and what was
        lost and came twice in all rounds. What cannot be said, because a carrier did not run, is `None`.
    """
    costs, summary = Costs(runs), {}
    for name in dict.fromkeys(run["carrier"] for run in runs):
        own = [run for run in runs if run["carrier"] == name]
        summary[name] = {
            "cpu_microseconds_per_event": spread(costs.of(name)),
            "wall_microseconds_per_event": spread(run["wall_microseconds_per_event"] for run in own),
            "carrying_microseconds_per_event": _spread(costs.carrying(name)),
            "share_of_stock_carrying": None if name == "stock" else _spread(costs.carrying_share(name, "stock")),
            "lost": sum(run["lost"] for run in own if "lost" in run),
            "twice": sum(run["twice"] for run in own if "twice" in run),
        }
    return summary


def rows_of(summary: Mapping[str, Mapping[str, Any]], skipped: Mapping[str, str]) -> Iterator[list[str]]:
    """Write a summary as the rows of a table, one per carrier; those that did not run follow with the reason."""
    for name, found in summary.items():
        carrying, share = found["carrying_microseconds_per_event"], found["share_of_stock_carrying"]
        counts = ["-", "-"] if name == "core" else [f"{found['lost']:,}", f"{found['twice']:,}"]
        yield [
            name,
            found["cpu_microseconds_per_event"].text(),
            found["wall_microseconds_per_event"].text(),
            carrying.text() if carrying else "-",
            share.text(3) if share else "-",
            *counts,
        ]
    for name in skipped:
        yield [name, *["not run"] * 3, "-", "-", "-"]


def measures_of(runs: Sequence[Mapping[str, Any]], skipped: Mapping[str, str]) -> list[Measure]:
    """Hold our worker against the peers."""
    costs = Costs(runs)
    ran = {run["carrier"] for run in runs}

    def measure(name: str, ratios: list[float] | None, target: float, peer: str, at_least: bool) -> Measure:
        missing = [needed for needed in ("worker", "core", peer) if needed not in ran]
        reason = skipped.get(peer) or f"{', '.join(missing)} did not run"
        reached = median(ratios) if ratios else None
        return Measure(name, reached, target, at_least=at_least, reason="" if ratios else reason)

    carrying = [
        measure(f"carrying cost / {NAMES[peer]}", costs.carrying_share("worker", peer), target, peer, False)
        for peer, target in CARRYING_TARGETS.items()
    ]
    whole = [
        measure(f"whole job per core / {NAMES[peer]}", costs.job_ratio("worker", peer), target, peer, True)
        for peer, target in JOB_TARGETS.items()
    ]
    return carrying + whole


def _spread(values: Sequence[float] | None) -> Spread | None:
    """Sum up rounds, if there are any."""
    return spread(values) if values else None
