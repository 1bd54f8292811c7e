"""The charts of alerts and customers, one Plotly figure per language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import plotly.graph_objects as go

from foreshock.report.alerting import SHOWN_LEVELS
from foreshock.report.drawing import DARK, DATES, PALE, WARM, new_figure
from foreshock.report.figures import Level, ReasonFigures
from foreshock.report.phrases import known_or, say
from foreshock.wording.language import Language
from models.moments import DAY
from schemas.alerts import Stage

LEVEL_COLOURS: dict[Level, str] = {"blue": "#4a8fd6", "yellow": "#e6b422", "orange": "#e57a2b", "red": "#c0343c"}

LEAD_EDGES = (2.0, 6.0, 24.0, 72.0, 168.0, 336.0, 720.0)
"""Hours between the bars of lead time: a shift, a day, a week and their like, as people plan."""

FEW = 5
"""Counts up to this get a tick each: Plotly would put halves between them."""

REASONS_DRAWN = 12
"""More bars than this are not read."""


def lead_times(hours: Sequence[float], language: Language) -> go.Figure:
    """Draw complaints by how long before them the first alert opened."""
    counts = Counter(sum(lead >= edge for edge in LEAD_EDGES) for lead in hours)
    places = range(len(LEAD_EDGES) + 1)
    figure = new_figure(say("lead_axis").in_(language), say("complaints_axis").in_(language))
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
    figure = new_figure("", say("alerts_axis").in_(language))
    for level in SHOWN_LEVELS:
        figure.add_bar(
            x=[f"{datetime.fromtimestamp(day * DAY, UTC):%Y-%m-%d}" for day in span],
            y=[sums[day, level] for day in span],
            name=say(level).in_(language),
            marker={"color": LEVEL_COLOURS[level]},
            hovertemplate="%{x|%Y-%m-%d}: %{y}",
        )
    figure.update_layout(barmode="stack", bargap=0.1)
    figure.update_xaxes(**DATES)
    if max(sums.values()) <= FEW:
        figure.update_yaxes(dtick=1)
    return figure


def reasons(told: Sequence[ReasonFigures], language: Language) -> go.Figure:
    """Draw the most frequent reasons, and how the alerts with them ended."""
    drawn = told[:REASONS_DRAWN][::-1]
    figure = new_figure(say("alerts_axis").in_(language), "")
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


def stages(by_stage: Sequence[tuple[Stage, int]], language: Language) -> go.Figure:
    """Draw customers by stage, the calmest on top."""
    total = sum(count for _, count in by_stage)
    drawn = by_stage[::-1]
    figure = new_figure(say("customers_axis").in_(language), "")
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


def _begin(day: int, every: int) -> int:
    """Give the first day of a bar; weeks begin on Monday (1970-01-05 was one)."""
    return day - (day - 4) % every
