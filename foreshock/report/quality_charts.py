"""The charts of what the model is worth: curves on final labels, and week by week."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from foreshock.report.drawing import DARK, DATES, WARM, new_figure, percent_format
from foreshock.report.figures import HorizonFigures, Moved, Week
from foreshock.report.phrases import say
from foreshock.wording.language import Language

HORIZON_COLOURS = {7: WARM, 30: DARK}


def precision_recall(horizons: Sequence[HorizonFigures], language: Language) -> go.Figure:
    """Draw precision over recall, with chance beside it."""
    figure = new_figure(say("recall_axis").in_(language), say("precision_axis").in_(language))
    threshold = say("threshold").in_(language)
    highest = 0.0
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
        highest = max(highest, *(point.precision for point in points))
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    figure.update_yaxes(range=[0, min(1.02, highest * 1.15)], tickformat=percent_format(highest))
    return figure


def reliability(horizons: Sequence[HorizonFigures], language: Language) -> go.Figure:
    """Draw what was observed over what was predicted."""
    figure = new_figure(say("predicted_axis").in_(language), say("observed_axis").in_(language))
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
    figure.update_xaxes(range=[0, edge], tickformat=percent_format(edge))
    figure.update_yaxes(range=[0, edge], tickformat=percent_format(edge))
    return figure


def weeks(by_week: Sequence[Week], moved: Sequence[Moved], language: Language) -> go.Figure:
    """Draw what was predicted and what came true, by week, and where monitors raised drift."""
    figure = new_figure("", say("share_axis").in_(language))
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
    figure.update_xaxes(**DATES)
    figure.update_yaxes(rangemode="tozero", tickformat=".1%")
    return figure
