"""What became of alerts: which came before a complaint and how long before, which came to nothing, how many people."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from foreshock.report.figures import Level, LevelFigures, ReasonFigures
from models.moments import DAY, HOUR
from schemas.alerts import LEVELS, PAGING, TAKING, Alert, BilingualText, Transition

SHOWN_LEVELS: tuple[Level, ...] = LEVELS[1:]
"""Levels of alerts, from watch to now."""

LEAST_LEAD_HOURS = 2.0
"""An alert that comes later than this before its complaint leaves no time to call."""

WINDOW_DAYS = 30.0
"""Customers alerted are counted per window of this length."""

_FALSE: frozenset[Transition] = frozenset({"expired", "dismissed"})
_ENDS: frozenset[Transition] = _FALSE | {"resolved", "complained"}


@dataclass(slots=True)
class _Open:
    """An alert that has not ended."""

    reached: dict[Level, float]
    """When it first stood at a level or above it."""
    codes: tuple[str, ...]
    """Why it opened, strongest first."""
    acted_on: bool = False
    """Whether people answered it: what would have happened without them is not known."""


@dataclass(slots=True)
class _Counts:
    """Ends of alerts of one kind."""

    true: int = 0
    false: int = 0
    unknown: int = 0


@dataclass
class AlertLedger:
    """Follows alerts from opening to end; memory grows with open alerts, days and levels, never with alerts."""

    opened_by_day: Counter[tuple[int, Level]] = field(default_factory=Counter)
    """Alerts opened, by day since 1970-01-01 UTC and level."""
    lead_hours: list[float] = field(default_factory=list)
    """Per complaint with an open alert: hours since the first of them opened."""
    _open: dict[str, _Open] = field(default_factory=dict)
    _ends: defaultdict[Level, _Counts] = field(default_factory=lambda: defaultdict(_Counts))
    _leads: defaultdict[Level, list[float]] = field(default_factory=lambda: defaultdict(list))
    _reason_ends: defaultdict[str, _Counts] = field(default_factory=lambda: defaultdict(_Counts))
    _reasons: Counter[str] = field(default_factory=Counter)
    _sentences: dict[str, BilingualText] = field(default_factory=dict)
    _alerted: defaultdict[Level, set[str]] = field(default_factory=lambda: defaultdict(set))
    _shares: defaultdict[Level, list[float]] = field(default_factory=lambda: defaultdict(list))

    def take(self, alerts: Iterable[Alert]) -> None:
        """Take the transitions that one message caused; those of a complaint belong together."""
        ended = [self._take(alert) for alert in alerts]
        if leads := [lead for lead in ended if lead]:
            for level in SHOWN_LEVELS:
                if of_level := [lead[level] for lead in leads if level in lead]:
                    self._leads[level].append(max(of_level))
            self.lead_hours.append(max(max(lead.values()) for lead in leads))

    def close_window(self, customers: int) -> None:
        """End a window of `WINDOW_DAYS`: what share of the customers known by now was alerted in it."""
        for level in SHOWN_LEVELS:
            self._shares[level].append(len(self._alerted[level]) / max(customers, 1))
        self._alerted.clear()

    def levels(self, complaints: int) -> tuple[LevelFigures, ...]:
        """Say per level what alerts at it or above it were worth."""
        return tuple(self._of_level(level, complaints) for level in SHOWN_LEVELS)

    def reasons(self) -> tuple[ReasonFigures, ...]:
        """Say which reasons alerts opened with, the most frequent first."""
        return tuple(
            ReasonFigures(
                code, count, self._reason_ends[code].true, self._reason_ends[code].false, self._sentences[code]
            )
            for code, count in sorted(self._reasons.items(), key=lambda item: (-item[1], item[0]))
        )

    def _take(self, alert: Alert) -> Mapping[Level, float]:
        """Take one transition; of a complaint, give the lead in hours by level."""
        at = alert.at.timestamp()
        if alert.transition in PAGING and alert.alert_id not in self._open:
            self._opened(alert, at)
        known = self._open.get(alert.alert_id)
        if known is None:
            return {}
        if alert.transition in PAGING:
            for level in SHOWN_LEVELS[: SHOWN_LEVELS.index(alert.level) + 1]:
                known.reached.setdefault(level, at)
                self._alerted[level].add(alert.customer_key)
        known.acted_on |= alert.transition in TAKING
        if alert.transition in _ENDS:
            del self._open[alert.alert_id]
            self._ended(known, alert.transition)
        if alert.transition == "complained":
            return {level: (at - since) / HOUR for level, since in known.reached.items()}
        return {}

    def _opened(self, alert: Alert, at: float) -> None:
        """Remember a new alert and why it opened."""
        codes = tuple(reason.code for reason in alert.reasons)
        self._open[alert.alert_id] = _Open({}, codes)
        self.opened_by_day[int(at // DAY), alert.level] += 1
        self._reasons.update(codes)
        self._sentences.update((reason.code, reason.text) for reason in alert.reasons)

    def _ended(self, known: _Open, transition: Transition) -> None:
        """Count how an alert ended, for the levels that it reached and the reasons that it had."""
        counted: Sequence[_Counts] = [
            *(self._ends[level] for level in known.reached),
            *(self._reason_ends[code] for code in known.codes),
        ]
        for counts in counted:
            if transition == "complained":
                counts.true += 1
            elif transition in _FALSE and (transition == "dismissed" or not known.acted_on):
                counts.false += 1
            else:
                counts.unknown += 1

    def _of_level(self, level: Level, complaints: int) -> LevelFigures:
        """Sum up one level."""
        ends, leads = self._ends[level], self._leads[level]
        return LevelFigures(
            level=level,
            complaints=complaints,
            foreseen=sum(lead >= LEAST_LEAD_HOURS for lead in leads),
            lead_hours=tuple(sorted(leads)),
            true=ends.true,
            false=ends.false,
            unknown=ends.unknown,
            undecided=sum(level in known.reached for known in self._open.values()),
            alerted_share=sum(self._shares[level]) / len(self._shares[level]) if self._shares[level] else 0.0,
        )
