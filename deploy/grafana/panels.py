"""What a panel says, in two languages, and how Grafana's own SDK writes it down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from grafana_foundation_sdk.builders import dashboard as dashboards
from grafana_foundation_sdk.builders import prometheus, stat, timeseries
from grafana_foundation_sdk.models import dashboard as kinds

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")

REPOSITORY_DOCS = "docs/how-to/"
"""Where links of panels lead, below the address of the documentation."""

_DATASOURCE = "${datasource}"
_WIDTH = 24
"""Columns of Grafana's grid."""


@dataclass(frozen=True)
class Words:
    """One text in the languages of the people who watch."""

    zh: str
    en: str

    def of(self, language: Language) -> str:
        """Return it in one of them."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Query:
    """What is asked of Prometheus, and what each line is called."""

    expr: str
    """PromQL."""
    legend: str = ""
    """With `{{label}}` for the value of a label."""


@dataclass(frozen=True)
class PanelPlan:
    """One panel."""

    title: Words
    """What it shows."""
    description: Words
    """What a change of it means, and what to do."""
    queries: tuple[Query, ...]
    """What it asks."""
    unit: str = "short"
    """Grafana's name of the unit."""
    warn_at: float | None = None
    """From where it is yellow; without it nothing is."""
    bad_at: float | None = None
    """From where it is red."""
    is_one_number: bool = False
    """Whether the newest value says all."""
    width: int = 8
    """Columns, of 24."""
    runbook: str = ""
    """Heading of `answer-an-alarm.md` that says what to do; empty where no alarm belongs to it."""


@dataclass(frozen=True)
class RowPlan:
    """Panels that belong together."""

    title: Words
    panels: tuple[PanelPlan, ...]


@dataclass(frozen=True)
class DashboardPlan:
    """One dashboard."""

    uid: str
    """Its lasting name in addresses, without the language."""
    title: Words
    description: Words
    rows: tuple[RowPlan, ...]
    tags: tuple[str, ...] = field(default=("foreshock",))


def panels_of(plan: DashboardPlan) -> Sequence[PanelPlan]:
    """Return every panel, in the order of the page."""
    return [panel for row in plan.rows for panel in row.panels]


def written(plan: DashboardPlan, language: Language) -> kinds.Dashboard:
    """Write a dashboard down in one language.

    Returns
    -------
    Dashboard
        The SDK's model of it; Grafana provisions its JSON.
    """
    builder = (
        dashboards.Dashboard(plan.title.of(language))
        .uid(f"{plan.uid}-{language}")
        .description(plan.description.of(language))
        .tags([*plan.tags, language])
        .timezone("browser")
        .refresh("30s")
        .time("now-6h", "now")
        .readonly()
        .with_variable(dashboards.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    )
    for row in plan.rows:
        builder = builder.with_row(dashboards.Row(row.title.of(language)))
        for panel in row.panels:
            builder = builder.with_panel(_panel(panel, language))
    return builder.build()


def _panel(plan: PanelPlan, language: Language) -> stat.Panel | timeseries.Panel:
    """Write one panel."""
    kind = stat.Panel if plan.is_one_number else timeseries.Panel
    panel = (
        kind()
        .title(plan.title.of(language))
        .description(plan.description.of(language))
        .unit(plan.unit)
        .span(plan.width)
        .height(5 if plan.is_one_number else 8)
        .datasource(kinds.DataSourceRef(type_val="prometheus", uid=_DATASOURCE))
        .thresholds(_thresholds(plan))
    )
    if plan.runbook:
        panel = panel.links([_runbook(plan.runbook, language)])
    for number, query in enumerate(plan.queries):
        panel = panel.with_target(_target(query, chr(ord("A") + number)))
    if isinstance(panel, timeseries.Panel):
        panel = panel.min(0).fill_opacity(8)
    return panel


def _target(query: Query, ref: str) -> prometheus.Dataquery:
    """Write one query."""
    return prometheus.Dataquery().expr(query.expr).legend_format(query.legend or "__auto").ref_id(ref)


def _thresholds(plan: PanelPlan) -> dashboards.ThresholdsConfig:
    """Write where a value turns yellow and red; green from the bottom."""
    steps = [kinds.Threshold(value=None, color="green")]
    if plan.warn_at is not None:
        steps.append(kinds.Threshold(value=plan.warn_at, color="yellow"))
    if plan.bad_at is not None:
        steps.append(kinds.Threshold(value=plan.bad_at, color="red"))
    return dashboards.ThresholdsConfig().mode(kinds.ThresholdsMode.ABSOLUTE).steps(steps)


def _runbook(heading: str, language: Language) -> dashboards.DashboardLink:
    """Write the link to what the runbook says."""
    page = "answer-an-alarm.zh-CN.md" if language == "zh" else "answer-an-alarm.md"
    title = "处理方法" if language == "zh" else "What to do"
    return dashboards.DashboardLink(title).url(f"{REPOSITORY_DOCS}{page}#{heading.lower()}").target_blank(True)
