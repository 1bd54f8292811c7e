"""What a panel says, in two languages, and how Grafana's own SDK writes it down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from grafana_foundation_sdk.builders import common, prometheus, stat, text, timeseries
from grafana_foundation_sdk.builders import dashboard as dashboards
from grafana_foundation_sdk.models import common as styles
from grafana_foundation_sdk.models import dashboard as kinds
from grafana_foundation_sdk.models.text import TextMode

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


EXPLAINED = Words(
    "未结预警：`foreshock alerts list` · 某条预警的依据：`foreshock explain ALERT_ID` · "
    "被压下的：`foreshock suppressed`",
    "Open alerts: `foreshock alerts list` · why there is one: `foreshock explain ALERT_ID` · "
    "what was held back: `foreshock suppressed`",
)
"""From a figure to the alerts behind it, and from an alert to its reasons."""


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
    is_high_good: bool = False
    """Whether the two are floors: it is yellow below `warn_at`, and red below `bad_at`."""
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
class VariablePlan:
    """What the reader chooses at the top of a dashboard."""

    name: str
    """What queries call it, after a `$`."""
    title: Words
    """What the reader sees."""
    metric: str
    """Whose series have the values."""
    label: str
    """Which of their labels."""


@dataclass(frozen=True)
class DashboardPlan:
    """One dashboard."""

    uid: str
    """Its lasting name in addresses, without the language."""
    title: Words
    description: Words
    rows: tuple[RowPlan, ...]
    note: Words
    """What to type to see what is behind a figure, in Markdown."""
    variables: tuple[VariablePlan, ...] = ()
    """What the reader chooses."""
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
    for variable in plan.variables:
        builder = builder.with_variable(_variable(variable, language))
    builder = builder.with_panel(_note(plan.note, language))
    for row in plan.rows:
        builder = builder.with_row(dashboards.Row(row.title.of(language)))
        for panel in row.panels:
            builder = builder.with_panel(_panel(panel, language))
    return builder.build()


def _variable(plan: VariablePlan, language: Language) -> dashboards.QueryVariable:
    """Write a choice; whoever chooses nothing sees all."""
    return (
        dashboards.QueryVariable(plan.name)
        .label(plan.title.of(language))
        .datasource(kinds.DataSourceRef(type_val="prometheus", uid=_DATASOURCE))
        .query(f"label_values({plan.metric}, {plan.label})")
        .refresh(kinds.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(kinds.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(kinds.VariableOption(text="All", value="$__all", selected=True))
    )


def _note(words: Words, language: Language) -> text.Panel:
    """Write what to type to see more."""
    title = "查看依据" if language == "zh" else "What is behind a figure"
    return text.Panel().title(title).mode(TextMode.MARKDOWN).content(words.of(language)).span(_WIDTH).height(4)


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
        if plan.warn_at is not None or plan.bad_at is not None:
            dashed = styles.GraphTresholdsStyleMode.DASHED
            panel = panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(dashed))
    return panel


def _target(query: Query, ref: str) -> prometheus.Dataquery:
    """Write one query."""
    return prometheus.Dataquery().expr(query.expr).legend_format(query.legend or "__auto").ref_id(ref)


def _thresholds(plan: PanelPlan) -> dashboards.ThresholdsConfig:
    """Write where a value turns yellow and red; green from the bottom, or from the top where high is good."""
    if plan.is_high_good:
        steps = [(None, "red"), (plan.bad_at, "yellow"), (plan.warn_at, "green")]
    else:
        steps = [(None, "green"), (plan.warn_at, "yellow"), (plan.bad_at, "red")]
    first, *others = steps
    told = [first, *((value, color) for value, color in others if value is not None)]
    return (
        dashboards.ThresholdsConfig()
        .mode(kinds.ThresholdsMode.ABSOLUTE)
        .steps([kinds.Threshold(value=value, color=color) for value, color in told])
    )


def _runbook(heading: str, language: Language) -> dashboards.DashboardLink:
    """Write the link to what the runbook says."""
    page = "answer-an-alarm.zh-CN.md" if language == "zh" else "answer-an-alarm.md"
    title = "处理方法" if language == "zh" else "What to do"
    return dashboards.DashboardLink(title).url(f"{REPOSITORY_DOCS}{page}#{heading.lower()}").target_blank(True)
