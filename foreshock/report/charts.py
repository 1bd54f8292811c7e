"""The charts of the report, one Plotly figure per language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import plotly.graph_objects as go

from foreshock.report.alerting import SHOWN_LEVELS
from foreshock.report.figures import HorizonFigures, Level, Moved, ReasonFigures, Week
from foreshock.report.phrases import Language, known_or, say
from models.params import DAY
from schemas.alerts import Stage

FONTS = (
    'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "PingFang SC", "Hiragino Sans GB", '
    '"Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Zen Hei", sans-serif'
)
"""Latin letters in the system's own face, Chinese in the best that macOS, Windows and Linux have."""

INK, GRID, DARK, WARM, PALE = "#22303c", "#e3e8ec", "#0b6477", "#c4541c", "#c9d3da"
LEVEL_COLOURS: dict[Level, str] = {"blue": "#4a8fd6", "yellow": "#e6b422", "orange": "#e57a2b", "red": "#c0343c"}
HORIZON_COLOURS = {7: WARM, 30: DARK}

LEAD_EDGES = (2.0, 6.0, 24.0, 72.0, 168.0, 336.0, 720.0)
"""Hours between the bars of lead time: a shift, a day, a week and their like, as people plan."""

FEW = 5
"""Counts up to this get a tick each: Plotly would put halves between them."""

REASONS_DRAWN = 12
"""More bars than this are not read."""


def precision_recall(horizons: Sequence[HorizonFigures], language: Language) -> go.Figure:
    """Draw precision over recall, with chance beside it."""
    figure = _figure(say("recall_axis").in_(language), say("precision_axis").in_(language))
    threshold = say("threshold").in_(language)
    for horizon in horizons:
        if horizon.quality is None:
            continue
        points, colour = horizon.quality.precision_recall, HORIZON_COLOURS[horizon.days]
        figure.add_scatter(
            x=[point.recall for point in points],
            y=[point.precision for point in points],
            customdata=[point.threshold for point in points],
            name=say("horizon_days", days=horizon.days).in_(language),
            mode="lines",
            line={"color": colour, "width": 2.5},
            hovertemplate=f"%{{y:.1%}} @ %{{x:.1%}}<br>{threshold} %{{customdata:.2%}}",
        )
        figure.add_scatter(
            x=[0, 1],
            y=[horizon.quality.base_rate] * 2,
            name=say("chance", days=horizon.days).in_(language),
            mode="lines",
            line={"color": colour, "width": 1.2, "dash": "dot"},
            hoverinfo="skip",
        )
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    return figure


def reliability(horizons: Sequence[HorizonFigures], language: Language) -> go.Figure:
    """Draw what was observed over what was predicted."""
    figure = _figure(say("predicted_axis").in_(language), say("observed_axis").in_(language))
    predictions = say("predictions").in_(language)
    most = 0.01
    for horizon in horizons:
        if horizon.quality is None:
            continue
        bins = horizon.quality.reliability
        most = max(most, *(max(each.predicted, each.observed.high) for each in bins))
        figure.add_scatter(
            x=[each.predicted for each in bins],
            y=[each.observed.share for each in bins],
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [each.observed.high - each.observed.share for each in bins],
                "arrayminus": [each.observed.share - each.observed.low for each in bins],
                "thickness": 1.2,
                "width": 3,
            },
            customdata=[each.examples for each in bins],
            name=say("horizon_days", days=horizon.days).in_(language),
            mode="lines+markers",
            line={"color": HORIZON_COLOURS[horizon.days], "width": 1.5},
            marker={"size": 8},
            hovertemplate=f"%{{x:.2%}} → %{{y:.2%}}<br>%{{customdata:,}} {predictions}",
        )
    edge = min(1.0, most * 1.08)
    figure.add_scatter(
        x=[0, edge],
        y=[0, edge],
        name=say("perfect").in_(language),
        mode="lines",
        line={"color": "#8a97a1", "width": 1.2, "dash": "dot"},
        hoverinfo="skip",
    )
    percent = ".0%" if edge > 0.1 else ".1%"
    figure.update_xaxes(range=[0, edge], tickformat=percent)
    figure.update_yaxes(range=[0, edge], tickformat=percent)
    return figure


def lead_times(hours: Sequence[float], language: Language) -> go.Figure:
    """Draw complaints by how long before them the first alert opened."""
    counts = Counter(sum(lead >= edge for edge in LEAD_EDGES) for lead in hours)
    places = range(len(LEAD_EDGES) + 1)
    figure = _figure(say("lead_axis").in_(language), say("complaints_axis").in_(language))
    figure.add_bar(
        x=[say(f"bin_{place}").in_(language) for place in places],
        y=[counts[place] for place in places],
        text=[counts[place] or "" for place in places],
        textposition="outside",
        cliponaxis=False,
        marker={"color": [PALE, *[DARK] * len(LEAD_EDGES)]},
        hovertemplate="%{x}: %{y}<extra></extra>",
        showlegend=False,
    )
    figure.update_layout(bargap=0.25)
    figure.update_xaxes(showgrid=False)
    return figure


def alerts_over_time(opened: Mapping[tuple[int, Level], int], every: int, language: Language) -> go.Figure:
    """Draw alerts opened per so many days, stacked by level."""
    sums: Counter[tuple[int, Level]] = Counter()
    for (day, level), count in opened.items():
        sums[_begin(day, every), level] += count
    days = [day for day, _ in sums]
    span = range(min(days), max(days) + 1, every)
    figure = _figure("", say("alerts_axis").in_(language))
    for level in SHOWN_LEVELS:
        figure.add_bar(
            x=[f"{datetime.fromtimestamp(day * DAY, UTC):%Y-%m-%d}" for day in span],
            y=[sums[day, level] for day in span],
            name=say(level).in_(language),
            marker={"color": LEVEL_COLOURS[level]},
            hovertemplate="%{x|%Y-%m-%d}: %{y}",
        )
    figure.update_layout(barmode="stack", bargap=0.1)
    figure.update_xaxes(**_DATES)
    if max(sums.values()) <= FEW:
        figure.update_yaxes(dtick=1)
    return figure


def reasons(told: Sequence[ReasonFigures], language: Language) -> go.Figure:
    """Draw the most frequent reasons, and how the alerts with them ended."""
    drawn = told[:REASONS_DRAWN][::-1]
    figure = _figure(say("alerts_axis").in_(language), "")
    for key, colour, counts in (
        ("true", DARK, [each.true for each in drawn]),
        ("false", PALE, [each.false for each in drawn]),
        ("open_or_answered", "#eef2f4", [each.count - each.true - each.false for each in drawn]),
    ):
        figure.add_bar(
            y=[known_or(f"reason_{each.code}", each.code).in_(language) for each in drawn],
            x=counts,
            name=say(key).in_(language),
            orientation="h",
            marker={"color": colour, "line": {"color": PALE, "width": 0.5}},
            hovertemplate="%{y}: %{x:,}",
        )
    figure.update_layout(barmode="stack", bargap=0.3, height=110 + 30 * len(drawn), hovermode="closest")
    figure.update_yaxes(automargin=True, showgrid=False, ticksuffix="  ")
    return figure


def weeks(by_week: Sequence[Week], moved: Sequence[Moved], language: Language) -> go.Figure:
    """Draw what was predicted and what came true, by week, and where monitors raised drift."""
    figure = _figure("", say("share_axis").in_(language))
    for key, colour, shares in (
        ("mean_predicted", DARK, [week.predicted for week in by_week]),
        ("mean_observed", WARM, [week.observed for week in by_week]),
    ):
        figure.add_scatter(
            x=[f"{week.begins_at:%Y-%m-%d}" for week in by_week],
            y=shares,
            customdata=[week.count for week in by_week],
            name=say(key).in_(language),
            mode="lines+markers",
            line={"color": colour, "width": 2.2},
            hovertemplate=f"%{{y:.2%}} (%{{customdata:,}} {say('predictions').in_(language)})",
        )
    for each in moved:
        figure.add_vline(x=f"{each.since:%Y-%m-%d}", line={"color": "#7a4fa3", "width": 1.5, "dash": "dash"})
    figure.update_layout(hovermode="x unified")
    figure.update_xaxes(**_DATES)
    figure.update_yaxes(rangemode="tozero", tickformat=".1%")
    return figure


def stages(by_stage: Sequence[tuple[Stage, int]], language: Language) -> go.Figure:
    """Draw customers by stage, the calmest on top."""
    total = sum(count for _, count in by_stage)
    drawn = by_stage[::-1]
    figure = _figure(say("customers_axis").in_(language), "")
    figure.add_bar(
        y=[say(stage).in_(language) for stage, _ in drawn],
        x=[count for _, count in drawn],
        text=[f"{count:,} ({count / total:.1%})" for _, count in drawn],
        textposition="outside",
        cliponaxis=False,
        orientation="h",
        marker={"color": ["#8f2029", WARM, "#e0a13a", "#e8cf8f", "#9cc4b2"]},
        hovertemplate="%{y}: %{x:,}<extra></extra>",
        showlegend=False,
    )
    figure.update_layout(height=290, bargap=0.3)
    figure.update_xaxes(range=[0, max(count for _, count in drawn) * 1.18])
    figure.update_yaxes(automargin=True, showgrid=False, ticksuffix="  ")
    return figure


def days_per_bar(opened: Mapping[tuple[int, Level], int]) -> int:
    """Choose how many days one bar stands for: 1, 7 or 30, so that bars can be told apart."""
    days = [day for day, _ in opened]
    span = max(days) - min(days) if days else 0
    return next((every for every in (1, 7) if span <= 200 * every), 30)


_DATES: dict[str, Any] = {"type": "date", "tickformat": "%Y-%m-%d", "nticks": 8, "showgrid": False}


def _begin(day: int, every: int) -> int:
    """Give the first day of a bar; weeks begin on Monday (1970-01-05 was one)."""
    return day - (day - 4) % every


def _figure(across: str, up: str) -> go.Figure:
    """Begin a chart in the page's own look."""
    figure = go.Figure()
    axis = {
        "gridcolor": GRID,
        "zeroline": False,
        "linecolor": "#aab6bf",
        "title": {"standoff": 10, "font": {"size": 13}},
    }
    figure.update_layout(
        template="none",
        font={"family": FONTS, "size": 13, "color": INK},
        margin={"l": 64, "r": 20, "t": 40, "b": 56},
        height=380,
        legend={"orientation": "h", "x": 0, "y": 1, "yref": "container", "yanchor": "top", "traceorder": "normal"},
        hoverlabel={"font": {"family": FONTS}},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        separators=".,",
    )
    figure.update_xaxes(**axis, title_text=across)
    figure.update_yaxes(**axis, title_text=up)
    return figure
