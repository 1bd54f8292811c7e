"""From runs to the figures that count: carrying costs and how ours compares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.report import Spread, spread

COLUMNS = ("carrier", "events/s", "CPU us/event", "carrying us/event", "of stock's carrying")
"""What the table shows."""

TARGET_SHARE = 1 / 8
"""Our carrying cost is to be at most so much of stock Faust's."""


def summary_of(runs: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Sum up the rounds of every carrier.

    The carrying cost is taken round by round, against the core of the same round: machines have slow minutes.

    Parameters
    ----------
    runs
        Each with `round`, `carrier`, `events_per_second` and `cpu_microseconds_per_event`.

    Returns
    -------
    dict
        Per carrier: spreads of throughput, CPU per event and carrying cost, and the share of stock Faust's carrying
        cost. What cannot be said, because a carrier did not run, is `None`.
    """
    cpu = {(run["round"], run["carrier"]): float(run["cpu_microseconds_per_event"]) for run in runs}
    rounds = sorted({number for number, _ in cpu})
    summary: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys(run["carrier"] for run in runs):
        costs = [_carrying(cpu, number, name) for number in rounds]
        summary[name] = {
            "events_per_second": spread(run["events_per_second"] for run in runs if run["carrier"] == name),
            "cpu_microseconds_per_event": spread(cpu[number, name] for number in rounds),
            "carrying_microseconds_per_event": _spread_or_none(costs),
            "share_of_stock_carrying": _spread_or_none([_share(cpu, number, name) for number in rounds]),
        }
    read_back = [run["read_back_microseconds_per_event"] for run in runs if run["carrier"] == "core"]
    if read_back:
        summary["core"]["read_back_microseconds_per_event"] = spread(read_back)
    return summary


def rows_of(summary: Mapping[str, Mapping[str, Any]]) -> Iterator[list[str]]:
    """Write a summary as the rows of a table, one per carrier."""
    for name, found in summary.items():
        carrying, share = found["carrying_microseconds_per_event"], found["share_of_stock_carrying"]
        yield [
            name,
            found["events_per_second"].text(0),
            found["cpu_microseconds_per_event"].text(),
            carrying.text() if carrying else "-",
            share.text(3) if share else "-",
        ]


def verdict(summary: Mapping[str, Mapping[str, Any]]) -> str:
    """Say in words how our worker compares with stock Faust."""
    if not {"worker", "core", "stock"} <= summary.keys():
        return "worker, core and stock are needed to compare carrying costs"
    ours, stock, core = summary["worker"], summary["stock"], summary["core"]
    share = ours["share_of_stock_carrying"].median
    faster = ours["events_per_second"].median / stock["events_per_second"].median
    met = "met" if share <= TARGET_SHARE else "missed"
    return (
        f"Our carrying cost is {share:.3f} of stock Faust's (target: at most {TARGET_SHARE:.3f}, {met}). In it are "
        f"{core['read_back_microseconds_per_event'].median:.1f} us for reading journal lines back, which only a "
        f"carrier with a journal does. Our throughput is {faster:.1f} times stock Faust's."
    )


def _carrying(cpu: Mapping[tuple[int, str], float], number: int, name: str) -> float | None:
    """Return what a carrier costs beyond the core, in one round."""
    core = cpu.get((number, "core"))
    return None if core is None or name == "core" else cpu[number, name] - core


def _share(cpu: Mapping[tuple[int, str], float], number: int, name: str) -> float | None:
    """Return a carrying cost as a share of stock Faust's in the same round."""
    if (number, "stock") not in cpu or name == "stock":
        return None
    ours, stock = _carrying(cpu, number, name), _carrying(cpu, number, "stock")
    return None if ours is None or stock is None else ours / stock


def _spread_or_none(values: Sequence[float | None]) -> Spread | None:
    """Sum up rounds, if they all have a value."""
    found = [value for value in values if value is not None]
    return spread(found) if found and len(found) == len(values) else None
