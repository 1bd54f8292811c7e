"""Clocks that run: when each warns and ends, how urgent the most pressing one is, and how much is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from models.clocks.jurisdiction import ClockRule, Jurisdiction

_DAY_SECONDS = 86_400.0
SPEAKS_DAYS = 90.0
"""How long a clock that has run out goes on speaking: by then it is a case for the regulator, not for an alert."""

_NONE, _YELLOW, _RED = 0, 2, 4
"""Indices into `schemas.alerts.LEVELS`."""


class RunningClock(NamedTuple):
    """One clock of an open complaint; it needs no pack any more, but for what people call it."""

    began_at: float
    """When the complaint was lodged, seconds since 1970."""
    yellow_at: float
    """From when somebody should call this week."""
    orange_at: float
    """From when somebody should call today."""
    red_at: float
    """From when it is for now."""
    due_at: float
    """When the time is over."""
    name: str = ""
    """Name of its rule; empty where a row of before did not say."""

    @property
    def moments(self) -> tuple[float, float, float, float]:
        """When it becomes more urgent, and when it stops speaking."""
        return self.yellow_at, self.orange_at, self.red_at, self.due_at + SPEAKS_DAYS * _DAY_SECONDS


def started(jurisdiction: Jurisdiction, source: str, at: float) -> list[RunningClock]:
    """Start the clocks of a complaint that was lodged at a time; none where its source does not count."""
    if source not in jurisdiction.counts_as_complaint:
        return []
    return [_running(rule, jurisdiction, at) for rule in jurisdiction.clocks]


def level_of(clocks: Sequence[RunningClock], at: float) -> int:
    """Return how urgent the most pressing clock is, as an index into `LEVELS`."""
    return max((_level_of(clock, at) for clock in clocks), default=_NONE)


def is_speaking(clock: RunningClock, at: float) -> bool:
    """Say whether a clock runs, or ran out so lately that it still matters."""
    return clock.began_at <= at < clock.moments[-1]


def passed_at(clocks: Sequence[RunningClock], at: float) -> float:
    """Return when a clock last became more urgent; 0 where none has."""
    return max((m for clock in clocks for m in clock.moments[:3] if m <= at), default=0.0)


def next_moment(clocks: Sequence[RunningClock], at: float) -> float | None:
    """Return when a clock next becomes more urgent, or stops speaking; None where none will."""
    return min((m for clock in clocks for m in clock.moments if m > at), default=None)


def pressing(clocks: Sequence[RunningClock], at: float) -> RunningClock:
    """Return the clock that ends next, or the last one where all are over."""
    return next((clock for clock in sorted(clocks, key=lambda c: c.due_at) if clock.due_at > at), clocks[-1])


def speaking(clocks: Sequence[RunningClock], at: float) -> RunningClock:
    """Return the clock that an alert is about: of the most urgent ones, the one that ends next."""
    most = level_of(clocks, at)
    return pressing([clock for clock in clocks if _level_of(clock, at) == most], at)


def _level_of(clock: RunningClock, at: float) -> int:
    """Return how urgent one clock is."""
    *warnings, silent_at = clock.moments
    if at < clock.yellow_at or at >= silent_at:
        return _NONE
    return _YELLOW - 1 + sum(moment <= at for moment in warnings)


def _running(rule: ClockRule, jurisdiction: Jurisdiction, at: float) -> RunningClock:
    """Start one clock."""
    due_at = _due_at(rule, jurisdiction, at)
    span = due_at - at
    return RunningClock(at, at + rule.yellow * span, at + rule.orange * span, at + rule.red * span, due_at, rule.name)


def _due_at(rule: ClockRule, jurisdiction: Jurisdiction, at: float) -> float:
    """Return when a time limit is over: at the close of its last day, by local time."""
    offset = timedelta(hours=jurisdiction.utc_offset_hours)
    received = (datetime.fromtimestamp(at, UTC) + offset).date()
    if rule.kind == "calendar":
        last, hour = received + timedelta(days=rule.days), 24
    else:
        last, hour = _business_day(received, rule.days, jurisdiction), jurisdiction.closes_at_hour
    midnight = datetime(last.year, last.month, last.day, tzinfo=UTC)
    return (midnight + timedelta(hours=hour) - offset).timestamp()


def _business_day(received: date, number: int, jurisdiction: Jurisdiction) -> date:
    """Return the business day of that number after a day."""
    working = (day for day in _days_after(received) if jurisdiction.works_on(day))
    return next(day for count, day in enumerate(working, 1) if count == number)


def _days_after(day: date) -> Iterator[date]:
    """Yield the days that follow, for ever."""
    while True:
        day += timedelta(days=1)
        yield day
