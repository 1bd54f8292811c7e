"""Metrics of how good the model is: on labels that are final, as of the newest snapshot."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol, get_args

from prometheus_client import CollectorRegistry, Gauge, Histogram

from schemas.examples import Phase, RiskExample, TextExample
from schemas.snapshots import Contest, HorizonKey, Interval
from schemas.types import ChannelName

ALL = "all"
"""Cohort of everybody."""

LANGUAGES = ("zh", "en", "other", "unknown")
"""Languages that are told apart by a label."""

COHORTS = (
    ALL,
    *(f"channel_{name}" for name in get_args(ChannelName)),
    "elder_true",
    "elder_false",
    *(f"language_{name}" for name in LANGUAGES),
)
"""Groups of customers, by channel, age and language."""

MONITORS = ("input", "score.7d", "score.30d", "label.7d", "label.30d", "loss.7d", "loss.30d")
"""What drift is looked for in; which input has moved, the log says."""

FIGURES = ("auc", "average_precision", "log_loss")
"""What a challenger is compared in."""

BOUNDS = ("difference", "low", "high")
"""A difference and the ends of its 90 % interval."""

_HOUR = 3_600.0
_LEAD_BUCKETS = tuple(hours * _HOUR for hours in (2, 6, 12, 24, 48, 96, 168, 336, 720))
_ALERT_LEVEL = 2


class Figures(Protocol):
    """How good a set of predictions was; what too few labels cannot say is None."""

    @property
    def examples(self) -> int:
        """How many are judged."""

    @property
    def positives(self) -> int:
        """Complaints among them."""

    @property
    def auc(self) -> float | None:
        """Area under the ROC curve."""

    @property
    def average_precision(self) -> float | None:
        """Average precision."""

    @property
    def ece(self) -> float | None:
        """Expected calibration error."""

    @property
    def precision(self) -> float | None:
        """Share of complaints among those alerted on."""

    @property
    def recall(self) -> float | None:
        """Share of complaints that were alerted on."""


class Maturity(Protocol):
    """What became of predictions."""

    @property
    def phases(self) -> Mapping[str, int]:
        """Examples by phase, since the beginning."""

    @property
    def share(self) -> float | None:
        """Final labels among the predictions of the last two horizons."""


class Report(Protocol):
    """How good the predictions of one horizon are."""

    @property
    def horizon_days(self) -> int:
        """Days within which a complaint counts."""

    @property
    def figures(self) -> Figures:
        """Over all."""

    @property
    def by_cohort(self) -> Mapping[str, Mapping[str, Figures]]:
        """By channel, elder and language."""

    @property
    def maturity(self) -> Maturity:
        """How much is judged at all."""


class Drift(Protocol):
    """A change of the stream that lasts."""

    @property
    def monitor(self) -> str:
        """What has moved."""

    @property
    def since(self) -> datetime:
        """First day of the new normal."""

    @property
    def before(self) -> float:
        """Mean before."""

    @property
    def after(self) -> float:
        """Mean since."""

    @property
    def at(self) -> datetime:
        """Day whose end showed it."""


class QualityMetrics:
    """Shows what the learner says of its own predictions.

    Parameters
    ----------
    registry
        Where the metrics are registered.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        def by_cohort(name: str, told: str) -> Gauge:
            return Gauge(f"foreshock_quality_{name}", told, ["horizon_days", "cohort"], registry=registry)

        self.auc = by_cohort(
            "auc_ratio",
            "Area under the ROC curve of the newest predictions with a final label; missing where they are too few. A "
            "fall: the model no longer tells who complains.",
        )
        self.average_precision = by_cohort(
            "average_precision_ratio",
            "Average precision of the same; compare with the complaint rate. A fall: more calls for each complaint.",
        )
        self.calibration_error = by_cohort(
            "calibration_error_ratio",
            "Expected calibration error of the same. A rise: probabilities no longer mean what they say.",
        )
        self.alert_precision = by_cohort(
            "alert_precision_ratio",
            "Share of complaints among predictions from the alert threshold on. A fall: more calls for nothing.",
        )
        self.alert_recall = by_cohort(
            "alert_recall_ratio",
            "Share of complaints that were from the alert threshold on. A fall: complaints come unforeseen.",
        )
        self.judged_labels = by_cohort(
            "judged_labels",
            "Final labels behind these figures. A fall: fewer predictions, or their labels do not mature.",
        )
        self.positive_labels = by_cohort(
            "positive_labels", "Complaints among them. A move: the complaint rate, or the complaints topic, changed."
        )
        self.maturity = Gauge(
            "foreshock_quality_maturity_ratio",
            "Final labels among the predictions of the last two horizons; about one half is healthy. A fall: no time "
            "passes, or labels are censored.",
            ["horizon_days"],
            registry=registry,
        )
        self.phases = Gauge(
            "foreshock_quality_phase_labels",
            "What became of predictions, since the learner's beginning. A rise of corrected: complaints arrive after "
            "their horizon; of censored: customers leave, or are all called.",
            ["horizon_days", "phase"],
            registry=registry,
        )
        self.lead_seconds = Histogram(
            "foreshock_lead_seconds",
            "From a prediction to the complaint within 30 days, by whether an alert (yellow or above) stood then. A "
            "move to shorter times: warnings come later.",
            ["alerted"],
            buckets=_LEAD_BUCKETS,
            registry=registry,
        )
        self.drift = Gauge(
            "foreshock_drift_alert_timestamp_seconds",
            "Data time of the newest change that lasts, per monitor; missing where there was none. A rise: input, "
            "scores or labels have moved; the log says what, since when, from what to what.",
            ["monitor"],
            registry=registry,
        )
        self.contest = Gauge(
            "foreshock_challenger_difference_ratio",
            "Challenger minus champion on the same final labels, with its 90 % interval. More than zero at both ends "
            "(less, for log_loss): think of `foreshock models promote`.",
            ["horizon_days", "figure", "bound"],
            registry=registry,
        )
        for alerted in ("yes", "no"):
            self.lead_seconds.labels(alerted)

    def foreseen(self, example: RiskExample | TextExample) -> None:
        """The learner took a new example; of a complaint, the time from prediction to complaint is counted."""
        if not isinstance(example, RiskExample) or example.phase != "complained" or 30 not in example.horizons:
            return
        if example.lead_seconds is not None:
            alerted = "yes" if example.level >= _ALERT_LEVEL else "no"
            self.lead_seconds.labels(alerted).observe(example.lead_seconds)

    def judged(self, reports: Collection[Report], drifts: Collection[Drift]) -> None:
        """The learner judged its predictions.

        Parameters
        ----------
        reports
            One per horizon.
        drifts
            The newest changes of the stream, oldest first.
        """
        for gauge in (
            self.auc,
            self.average_precision,
            self.calibration_error,
            self.alert_precision,
            self.alert_recall,
            self.judged_labels,
            self.positive_labels,
            self.maturity,
            self.drift,
        ):
            gauge.clear()
        for report in reports:
            self._show_report(report)
        for drift in drifts:
            group = "input" if drift.monitor.startswith("input.") else drift.monitor
            self.drift.labels(group).set(drift.at.timestamp())

    def contested(self, contests: Mapping[HorizonKey, Contest]) -> None:
        """A challenger was compared with the champion, per horizon."""
        self.contest.clear()
        for horizon, contest in contests.items():
            for figure in FIGURES:
                interval: Interval | None = getattr(contest, figure)
                if interval is not None:
                    for bound in BOUNDS:
                        self.contest.labels(str(horizon), figure, bound).set(getattr(interval, bound))

    def _show_report(self, report: Report) -> None:
        """Show one horizon."""
        horizon = str(report.horizon_days)
        for phase in get_args(Phase):
            self.phases.labels(horizon, phase).set(report.maturity.phases.get(phase, 0))
        _set(self.maturity, report.maturity.share, horizon)
        for cohort, figures in _cohorts(report).items():
            self.judged_labels.labels(horizon, cohort).set(figures.examples)
            self.positive_labels.labels(horizon, cohort).set(figures.positives)
            _set(self.auc, figures.auc, horizon, cohort)
            _set(self.average_precision, figures.average_precision, horizon, cohort)
            _set(self.calibration_error, figures.ece, horizon, cohort)
            _set(self.alert_precision, figures.precision, horizon, cohort)
            _set(self.alert_recall, figures.recall, horizon, cohort)


def _cohorts(report: Report) -> dict[str, Figures]:
    """Name the cohorts from the closed set; of those that share a name, the largest is shown."""
    found: dict[str, Figures] = {ALL: report.figures}
    for dimension, groups in report.by_cohort.items():
        for value, figures in groups.items():
            name = f"{dimension}_{value}"
            if name not in COHORTS:
                name = f"{dimension}_other"
            if name in COHORTS and (name not in found or found[name].examples < figures.examples):
                found[name] = figures
    return found


def _set(gauge: Gauge, value: float | None, *labels: str) -> None:
    """Show a figure, if there is one."""
    if value is not None:
        gauge.labels(*labels).set(value)
