"""Follows a replay for the report, in memory that does not grow with the length of the run."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from foreshock.report.alerting import WINDOW_DAYS, AlertLedger
from foreshock.report.curves import Scored, quality_of
from foreshock.report.figures import Cohort, Figures, HorizonFigures, Moved, Week
from foreshock.report.reading import Judged, judged_in
from models.drift import HealthAlert
from models.moments import DAY
from models.outcome import Outcome
from schemas.alerts import STAGES
from schemas.codec import JournalMessage, PartitionMessage
from schemas.examples import RiskExample
from schemas.labels import Complaint
from schemas.snapshots import HORIZONS

KEPT = 100_000
"""Matured predictions kept per horizon: some tens of MB, and an AUC exact to the third digit."""

LONG = HORIZONS[-1]
"""Drift and cohorts are judged on the long horizon: it has the most complaints."""

LEAST_IN_WEEK = 30
"""Predictions below which the mean of a week is noise."""

MONDAY = 4 * DAY
"""1970-01-05, where weeks are counted from, in seconds since 1970."""


class Collector:
    """Takes what a replay reads and causes, and gives the figures of the report.

    Parameters
    ----------
    params_hash
        Hash of the parameters in force.
    files
        Names of the files that are read, without folders.
    """

    def __init__(self, params_hash: str, files: Sequence[str]) -> None:
        self._params_hash, self._files = params_hash, tuple(files)
        self._events: Counter[str] = Counter()
        self._dead_letters: Counter[str] = Counter()
        self._facts: Counter[str] = Counter()
        self._phases: Counter[str] = Counter()
        self._alerts = AlertLedger()
        self._moved: list[Moved] = []
        self._complaints = self._customers = self._snapshot = self._windows = 0
        self._first = self._last = self._window_began = 0.0
        self._samples = {days: _Sample() for days in HORIZONS}
        self._weeks: defaultdict[int, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0, 0.0])

    def take(self, message: JournalMessage, outcomes: Iterable[Outcome]) -> None:
        """Take one message that was read, and what it caused."""
        outcomes = tuple(outcomes)
        if not isinstance(message, PartitionMessage):
            self._events[message.kind] += 1
            self._move_to(message.occurred_at.timestamp())
            is_new = not any(outcome.duplicate or outcome.seen for outcome in outcomes)
            self._complaints += isinstance(message, Complaint) and not message.withdrawn and is_new
        self.take_outcomes(outcomes)

    def take_outcomes(self, outcomes: Iterable[Outcome]) -> None:
        """Take what time alone caused."""
        for outcome in outcomes:
            self._facts["duplicates"] += outcome.duplicate
            self._facts["late"] += outcome.late
            self._facts["out_of_order"] += outcome.out_of_order
            self._customers += sum(before < 0 for before, _ in outcome.stage_moves)
            if outcome.switched_to is not None:
                self._facts["snapshots"] += 1
                self._snapshot = outcome.switched_to
            self._alerts.take(outcome.alerts)
            for example in outcome.examples:
                if isinstance(example, RiskExample):
                    self._judge(example)

    def take_dead_letter(self, reason: str) -> None:
        """Count a line that could not be read."""
        self._dead_letters[reason] += 1

    def take_drift(self, alerts: Iterable[HealthAlert]) -> None:
        """Keep what drift monitors raised: a few a year, or nobody would read them."""
        self._moved += [Moved(alert.monitor, alert.since, alert.before, alert.after) for alert in alerts]

    def figures(self, customers_by_stage: Sequence[int]) -> Figures:
        """Give the figures, once, after the last message."""
        if not self._windows:
            self._alerts.close_window(self._customers)
        cohorts, small = self._samples[LONG].cohorts()
        return Figures(
            files=self._files,
            events=dict(sorted(self._events.items())),
            dead_letters=dict(sorted(self._dead_letters.items())),
            facts=dict(+self._facts) | {phase: self._phases[phase] for phase in ("censored", "corrected")},
            began_at=_moment(self._first) if self._first else None,
            ended_at=_moment(self._last) if self._first else None,
            customers=sum(customers_by_stage),
            windows=self._windows,
            params_hash=self._params_hash,
            snapshot=self._snapshot,
            predictions=self._phases["predicted"],
            horizons=tuple(self._samples[days].figures(days) for days in HORIZONS),
            levels=self._alerts.levels(self._complaints),
            lead_hours=tuple(sorted(self._alerts.lead_hours)),
            opened_by_day=dict(sorted(self._alerts.opened_by_day.items())),
            reasons=self._alerts.reasons(),
            weeks=tuple(self._by_week()),
            moved=tuple(self._moved),
            cohorts=cohorts,
            small_cohorts=small,
            stages=tuple(zip(STAGES, customers_by_stage, strict=True)),
        )

    def _move_to(self, at: float) -> None:
        """Widen the period; end windows that have passed."""
        if not self._first:
            self._first = self._last = self._window_began = at
        self._first, self._last = min(self._first, at), max(self._last, at)
        while self._last - self._window_began >= WINDOW_DAYS * DAY:
            self._alerts.close_window(self._customers)
            self._window_began += WINDOW_DAYS * DAY
            self._windows += 1

    def _judge(self, example: RiskExample) -> None:
        """Take in what an example settles."""
        self._phases[example.phase] += 1
        for judged in judged_in(example):
            self._samples[judged.horizon_days].take(judged)
            if judged.horizon_days == LONG:
                week = self._weeks[judged.week]
                week[0] += 1
                week[1] += judged.weight
                week[2] += judged.weight * judged.probability
                week[3] += judged.weight * judged.label

    def _by_week(self) -> Iterator[Week]:
        """Yield the weeks that have enough predictions, in order."""
        for week, (count, weight, predicted, observed) in sorted(self._weeks.items()):
            if count >= LEAST_IN_WEEK:
                begins_at = _moment(MONDAY + week * 7 * DAY)
                yield Week(begins_at, int(count), predicted / weight, observed / weight)


class _Sample:
    """Matured predictions of one horizon: all of them counted, and a fair sample of `KEPT` kept."""

    def __init__(self) -> None:
        self._count = self._complaints = self._cold = 0
        self._kept: list[Judged] = []
        # Seeded, so that the same files give the same page.
        self._random = random.Random(0)

    def take(self, judged: Judged) -> None:
        """Count one, and keep it or leave it (reservoir sampling)."""
        self._count += 1
        self._complaints += judged.label
        self._cold += judged.cold
        if len(self._kept) < KEPT:
            self._kept.append(judged)
        elif (place := self._random.randrange(self._count)) < KEPT:
            self._kept[place] = judged

    def figures(self, days: int) -> HorizonFigures:
        """Sum up."""
        quality = quality_of(_scored(self._kept))
        return HorizonFigures(days, self._count, self._complaints, len(self._kept), self._cold, quality)

    def cohorts(self) -> tuple[tuple[Cohort, ...], int]:
        """Judge every group that is large enough, and count those that are not."""
        groups: defaultdict[tuple[str, str], list[Judged]] = defaultdict(list)
        for judged in self._kept:
            for cohort in judged.cohorts:
                groups[cohort].append(judged)
        found = []
        for (name, value), members in sorted(groups.items()):
            if quality := quality_of(_scored(members)):
                weight = sum(each.weight for each in members)
                predicted = sum(each.weight * each.probability for each in members) / weight
                found.append(Cohort(name, value, quality, predicted))
        return tuple(found), len(groups) - len(found)


def _scored(judged: Iterable[Judged]) -> list[Scored]:
    """Leave only what quality is made of."""
    return [Scored(each.probability, each.label, each.weight) for each in judged]


def _moment(at: float) -> datetime:
    """Turn seconds since 1970 into a time."""
    return datetime.fromtimestamp(at, UTC)
