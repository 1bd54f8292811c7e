"""Figures as a table for people and as plain data for machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bench.quality.bootstrap import Estimate
from bench.quality.figures import Figure

COLUMNS = ("what", "product (90 % interval)", "target", "reached", "batch reference", "n", "true", "us/event")
"""What the table shows. Interval: bootstrap by dialogue, case or customer."""


def rows_of(figures: Sequence[Figure]) -> Iterator[list[str]]:
    """Write figures as rows of the table."""
    for figure in figures:
        found = figure.found
        sign = ">=" if figure.better == "higher" else "<="
        target = figure.reference if figure.target is None else figure.target
        yield [
            figure.name,
            text_of(found) if found else "-",
            f"{sign} {_number(target)}" if target is not None else "-",
            {True: "yes", False: "no", None: "-"}[figure.is_reached],
            _number(figure.reference) if figure.reference is not None else "-",
            f"{found.count:,}" if found else "-",
            f"{found.positive_count:,}" if found else "-",
            f"{figure.microseconds_per_event:.0f}" if figure.microseconds_per_event is not None else "-",
        ]


def text_of(found: Estimate) -> str:
    """Write a figure with its interval.

    Examples
    --------
    >>> text_of(Estimate(0.5, 0.4567, 0.55, 100, 10))
    '0.500 (0.457 to 0.550)'
    """
    return f"{_number(found.value)} ({_number(found.low)} to {_number(found.high)})"


def plain_of(figure: Figure) -> dict[str, Any]:
    """Give a figure as plain data."""
    found = figure.found
    return {
        "row": figure.row,
        "what": figure.what,
        "value": found.value if found else None,
        "low_90": found.low if found else None,
        "high_90": found.high if found else None,
        "count": found.count if found else 0,
        "positive_count": found.positive_count if found else 0,
        "better": figure.better,
        "target": figure.target,
        "reached": figure.is_reached,
        "reference": figure.reference,
        "microseconds_per_event": figure.microseconds_per_event,
        "note": figure.note,
    }


def _number(value: float) -> str:
    """Write a share with three decimals, and small or large numbers as they can be read."""
    if abs(value) >= 2:
        return f"{value:.1f}"
    return f"{value:.4f}" if 0 < abs(value) < 0.01 else f"{value:.3f}"
