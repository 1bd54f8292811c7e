"""What a run did, counted from outcomes, and how well the model did on labels that had matured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from river.metrics import LogLoss, RollingROCAUC

from foreshock.aggregating.figures import ManyCustomers
from foreshock.demonstration.words import Language
from foreshock.handling.following import Handling
from foreshock.handling.telling import table, told
from foreshock.summary_words import called, said
from models.outcome import Outcome
from schemas.alerts import LEVELS, PAGING, STAGES, Alert
from schemas.examples import RiskExample

HOURS = 3_600.0

RANKED = 50_000
"""Newest matured predictions whose order is judged, exactly: on rare labels fixed thresholds see no difference."""

SHOWN, REASONS_SHOWN = 3, 2
"""Alerts, and reasons of each, that fit a screen above the figures; all are in the file of `--alerts`."""


@dataclass
class Summary:
    """Counts of one run."""

    events: Counter[str] = field(default_factory=Counter)
    """Events by kind."""
    dead_letters: Counter[str] = field(default_factory=Counter)
    """Dead letters by reason."""
    facts: Counter[str] = field(default_factory=Counter)
    """Duplicates, late and out-of-order events, timers fired, examples by label, snapshots."""
    opened: Counter[str] = field(default_factory=Counter)
    """Alerts opened, by cause."""
    transitions: Counter[str] = field(default_factory=Counter)
    """Transitions of alerts."""
    urgent: list[Alert] = field(default_factory=list)
    """The most urgent alerts as they opened or rose, one per customer: first those that came true, then by level."""
    leads: dict[str, float] = field(default_factory=dict)
    """Hours from alert to complaint, by alert id."""
    handling: Handling = field(default_factory=Handling)
    """How many alerts each owner got a day, who took them, what was held back."""
    staff: dict[int, Mapping[str, int]] = field(default_factory=dict)
    """Seed of made-up staff to what they did, by name of the action; empty where there were none."""
    many: ManyCustomers = field(default_factory=ManyCustomers)
    """Alerts about what many customers have in common."""
    auc: RollingROCAUC = field(default_factory=lambda: RollingROCAUC(window_size=RANKED))
    """Area under the ROC curve of matured 30-day predictions."""
    log_loss: LogLoss = field(default_factory=LogLoss)
    """Log loss of the same."""

    def count(self, outcomes: Iterable[Outcome]) -> None:
        """Take in what a message caused."""
        for outcome in outcomes:
            self.facts["duplicates"] += outcome.duplicate
            self.facts["late"] += outcome.late
            self.facts["out of order"] += outcome.out_of_order
            self.facts["timers fired"] += outcome.fired
            self.facts["snapshots"] += outcome.switched_to is not None
            for alert in outcome.alerts:
                self.count_alert(alert)
            for held_back in outcome.suppressions:
                self.handling.take_suppression(held_back)
            for example in outcome.examples:
                if isinstance(example, RiskExample):
                    self._count_example(example)
                else:
                    self.facts["rated comments"] += 1

    def count_alert(self, alert: Alert) -> None:
        """Take in one transition of an alert."""
        self.transitions[alert.transition] += 1
        self.handling.take(alert)
        if alert.transition == "opened":
            self.opened[alert.cause] += 1
        if alert.transition in PAGING:
            of_customer: dict[str, Alert] = {}
            for known in sorted([*self.urgent, alert], key=self._urgency, reverse=True):
                of_customer.setdefault(known.customer_key, known)
            self.urgent = list(of_customer.values())[:SHOWN]
        if alert.lead_seconds is not None:
            self.leads[alert.alert_id] = alert.lead_seconds / HOURS

    def _urgency(self, alert: Alert) -> tuple[bool, int, int, float]:
        """Order alerts by whether they came true, by level, by how much they say, and by age."""
        return alert.alert_id in self.leads, LEVELS.index(alert.level), len(alert.reasons), -alert.at.timestamp()

    def _count_example(self, example: RiskExample) -> None:
        """Take in what became known of a prediction; quality is judged on matured labels of the long horizon."""
        self.facts["predictions kept"] += example.phase == "predicted"
        for horizon in example.horizons:
            self.facts[f"{example.phase} {horizon} d"] += example.phase in ("matured", "censored", "corrected")
            self.facts[f"complaints {horizon} d"] += example.phase == "matured" and example.label
        if example.phase == "matured" and 30 in example.horizons:
            believed = {True: example.probability_30d, False: 1 - example.probability_30d}
            self.auc.update(example.label, believed)
            self.log_loss.update(example.label, believed)

    def render(self, customers_by_stage: Sequence[int], language: Language = "both") -> RenderableType:
        """Draw the summary: the most urgent alerts with their reasons, then one line per group of figures.

        Parameters
        ----------
        customers_by_stage
            How many are in each stage, in the order of `STAGES`.
        language
            In which language.
        """
        is_chinese = language == "zh"
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="bold", no_wrap=True)
        grid.add_column()
        for title, figures, group in (
            ("events", self.events, "kind"),
            ("facts", +self.facts, "fact"),
            ("dead letters", self.dead_letters, "reason"),
            ("customers", dict[str, int](zip(STAGES, customers_by_stage, strict=True)), "stage"),
            ("alerts opened", self.opened, "cause"),
            ("transitions", self.transitions, "transition"),
            ("quality", self._quality(), "figure"),
        ):
            grid.add_row(called(title, is_chinese=is_chinese), _figures(figures, group, is_chinese=is_chinese))
        for seed, counts in self.staff.items():
            done = _figures(counts, "transition", is_chinese=is_chinese)
            grid.add_row(
                said("staff", is_chinese=is_chinese, seed=seed), said("not reacting", is_chinese=is_chinese, done=done)
            )
        for line in (*told(self.handling, is_chinese=is_chinese), *self.many.told(is_chinese=is_chinese)):
            grid.add_row(*line)
        per_owner = table(self.handling, is_chinese=is_chinese)
        return Group(*self._alerts(language), grid, *((Text(), per_owner) if per_owner else ()))

    def _alerts(self, language: Language) -> Iterator[Text]:
        """Say who should have been called first, and why."""
        is_chinese = language == "zh"
        for alert in self.urgent:
            case = alert.claim_ref or alert.policy_ref or alert.customer_key
            level, cause = (
                called(name, group, is_chinese=is_chinese)
                for name, group in ((alert.level, "level"), (alert.cause, "cause"))
            )
            told = f"{alert.at:%m-%d %H:%M}  {level}  {cause}  {alert.org_path}  {case}"
            if alert.alert_id in self.leads:
                since_opened = (alert.at - alert.opened_at).total_seconds() / HOURS
                later = self.leads[alert.alert_id] - since_opened
                told += "  " + said("complained", is_chinese=is_chinese, hours=later)
            yield Text(told, style="bold")
            for reason in alert.reasons[:REASONS_SHOWN]:
                if language != "en":
                    yield Text(f"    {reason.text.zh}")
                if language != "zh":
                    yield Text(f"    {reason.text.en}")
        if self.urgent:
            yield Text()

    def _quality(self) -> dict[str, int | str]:
        """Say how early alerts came, and how good the probabilities were on labels that had matured."""
        told: dict[str, int | str] = {"alerts before a complaint": len(self.leads)}
        if self.leads:
            told["median lead hours"] = f"{median(self.leads.values()):.1f}"
        if 0 < self.facts["complaints 30 d"] < self.facts["matured 30 d"]:
            told["AUC 30 d"] = f"{self.auc.get():.3f}"
            told["log loss 30 d"] = f"{self.log_loss.get():.4f}"
        return told


def _figures(figures: Mapping[str, int | str], group: str, *, is_chinese: bool) -> str:
    """Write names and figures in one line; say plainly where there are none."""
    told = (
        f"{called(name, group, is_chinese=is_chinese)} {f'{value:,}' if isinstance(value, int) else value}"
        for name, value in figures.items()
    )
    return " · ".join(told) or called("none", is_chinese=is_chinese)
