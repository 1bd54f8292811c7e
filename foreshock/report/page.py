"""One self-contained file: texts, style, script, Plotly and the charts' data, and nothing from a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from foreshock.report.blocks import Chart, Section
from foreshock.report.drawing import FONTS
from foreshock.report.figures import Figures
from foreshock.report.phrases import say
from foreshock.report.sections import sections_of
from foreshock.wording.language import Language, Text

Languages = Literal["zh", "en", "both"]

TAGS: dict[Language, str] = {"zh": "zh-CN", "en": "en"}
"""BCP 47 tags, which choose fonts and voices."""


def render(figures: Figures, languages: Languages = "both") -> str:
    """Make the page.

    Parameters
    ----------
    figures
        What the run came to.
    languages
        One language, or both with a switch and Chinese first.

    Returns
    -------
    str
        An HTML document; the same figures give the same bytes.
    """
    chosen: tuple[Language, ...] = ("zh", "en") if languages == "both" else (languages,)
    sections = sections_of(figures)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["say"] = lambda text: _spans(text, chosen)
    return environment.get_template("page.html").render(
        title=" · ".join(say("title").in_(language) for language in chosen),
        text=say,
        sections=sections,
        languages=chosen,
        tags=TAGS,
        fonts=Markup(FONTS),  # noqa: S704 - ours, and style sheets know no entities
        plotly=Markup(get_plotlyjs()),  # noqa: S704 - the library itself
        charts=_drawn(sections, chosen),
    )


def _spans(text: Text, languages: tuple[Language, ...]) -> Markup:
    """Write a text in every language of the page, each marked with its own."""
    spans = (
        Markup('<span class="{}" lang="{}">{}</span>').format(language, TAGS[language], text.in_(language))
        for language in languages
    )
    return Markup("").join(spans) if text.zh != text.en else Markup("{}").format(text.en)


def _drawn(sections: tuple[Section, ...], languages: tuple[Language, ...]) -> dict[str, dict[Language, Any]]:
    """Draw every chart in every language, as Plotly's own JSON, with its label."""
    charts = (block for section in sections for block in section.blocks if isinstance(block, Chart))
    return {
        chart.key: {
            language: json.loads(chart.draw(language).to_json()) | {"label": chart.label.in_(language)}
            for language in languages
        }
        for chart in charts
    }
