"""The plain figures of a run: what the collector gives and the page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from foreshock.report.curves import Quality
from schemas.alerts import BilingualText, Level, Stage

__all__ = ["Cohort", "Figures", "HorizonFigures", "Level", "LevelFigures", "Moved", "ReasonFigures", "Week"]


@dataclass(frozen=True, slots=True)
class LevelFigures:
    """What alerts at one level or above were worth."""

    level: Level
    """The least level counted."""
    complaints: int
    """All complaints of the run."""
    foreseen: int
    """Complaints that met an open alert which had stood at the level for `LEAST_LEAD_HOURS`."""
    lead_hours: tuple[float, ...]
    """Per complaint that met such an alert: hours since the level was reached, rising."""
    true: int
    """Alerts that ended with a complaint."""
    false: int
    """Alerts that expired, or that people dismissed."""
    unknown: int
    """Alerts that people answered: without them a complaint might have come, or not."""
    undecided: int
    """Alerts still open at the end."""
    alerted_share: float
    """Share of customers alerted within 30 days, mean over the windows of the run."""


@dataclass(frozen=True, slots=True)
class ReasonFigures:
    """One reason that alerts opened with."""

    code: str
    """From `models.reasons.CODES`."""
    count: int
    """Alerts that opened with it."""
    true: int
    """Of those, alerts that ended with a complaint."""
    false: int
    """Of those, alerts that expired or were dismissed."""
    sentence: BilingualText
    """The last sentence said, as an example."""


@dataclass(frozen=True, slots=True)
class HorizonFigures:
    """Matured predictions of one horizon."""

    days: int
    """7 or 30."""
    matured: int
    """Final labels seen."""
    complaints: int
    """Of those, complaints."""
    kept: int
    """Of those, how many the curves are drawn from: all, or a fair sample."""
    cold: int
    """Of those, predictions made before the first snapshot."""
    quality: Quality | None
    """None where there is too little."""


@dataclass(frozen=True, slots=True)
class Week:
    """Predictions made in one week, those for 30 days whose label is final."""

    begins_at: datetime
    """Its Monday."""
    count: int
    """Matured predictions."""
    predicted: float
    """Mean probability."""
    observed: float
    """Share that complained."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One claim of the drift monitors that something has moved for good."""

    monitor: str
    """What has moved: `input.<feature>`, `score.<horizon>d`, `label.<horizon>d` and their like."""
    since: datetime
    """First day of the new normal."""
    before: float
    """Mean before, in the monitor's own unit."""
    after: float
    """Mean since."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """One group of customers, judged on 30 days."""

    name: str
    """channel, elder or language."""
    value: str
    """Which one."""
    quality: Quality
    """Of its matured predictions."""
    predicted: float
    """Mean probability."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of one run."""

    files: tuple[str, ...]
    """Names of the files read, without folders."""
    events: Mapping[str, int]
    """Events by kind."""
    dead_letters: Mapping[str, int]
    """Lines that could not be read, by reason."""
    facts: Mapping[str, int]
    """Duplicates, late events, snapshots, censored and corrected examples."""
    began_at: datetime | None
    """Time of the first event."""
    ended_at: datetime | None
    """Time of the last event."""
    customers: int
    """Customers met."""
    windows: int
    """Whole windows of 30 days; 0 where the run was shorter and all of it is one window."""
    params_hash: str
    """Hash of the parameters in force."""
    snapshot: int
    """Number of the snapshot that scored last; 0 for none."""
    predictions: int
    """Sampled predictions, matured or not."""
    horizons: tuple[HorizonFigures, ...]
    """Shortest first."""
    levels: tuple[LevelFigures, ...]
    """Calmest first."""
    lead_hours: tuple[float, ...]
    """Per complaint that met an open alert: hours since the first one opened."""
    opened_by_day: Mapping[tuple[int, Level], int]
    """Alerts opened, by day since 1970-01-01 UTC and level."""
    reasons: tuple[ReasonFigures, ...]
    """Most frequent first."""
    weeks: tuple[Week, ...]
    """In order; only weeks with enough predictions."""
    moved: tuple[Moved, ...]
    """Drift that monitors raised, in order."""
    cohorts: tuple[Cohort, ...]
    """Groups that are large enough."""
    small_cohorts: int
    """Groups that are not."""
    stages: tuple[tuple[Stage, int], ...]
    """Customers by stage at the end, calmest first."""
