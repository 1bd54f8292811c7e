"""The look that all charts of the report share."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

FONTS = (
    'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "PingFang SC", "Hiragino Sans GB", '
    '"Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Zen Hei", sans-serif'
)
"""Latin letters in the system's own face, Chinese in the best that macOS, Windows and Linux have."""

INK, GRID, DARK, WARM, PALE = "#22303c", "#e3e8ec", "#0b6477", "#c4541c", "#c9d3da"

DATES: dict[str, Any] = {"type": "date", "tickformat": "%Y-%m-%d", "nticks": 8, "showgrid": False}
"""An axis of days, which reads the same in both languages."""


def new_figure(across: str, up: str) -> go.Figure:
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


def percent_format(most: float) -> str:
    """Choose how shares up to `most` are written: small ones need a digit more."""
    return ".0%" if most > 0.1 else ".1%"
