"""The section for data scientists: how good the probabilities were, on labels that are final."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from foreshock.report import quality_charts as charts
from foreshock.report.blocks import Block, Chart, Heading, Note, Section, Table, TooLittle
from foreshock.report.curves import LEAST_COMPLAINTS, LEAST_EXAMPLES
from foreshock.report.figures import Figures, HorizonFigures
from foreshock.report.phrases import plain, say
from foreshock.wording.language import Text


def quality_section(figures: Figures) -> Section:
    """Show figures, curves and how ripe the labels are."""
    return Section("quality", say("quality"), say("quality_shows"), tuple(_blocks(figures)))


def _blocks(figures: Figures) -> Iterator[Block]:
    """Yield the table, what is missing, the maturity, and the two curves."""
    judged = [horizon for horizon in figures.horizons if horizon.quality]
    if judged:
        headings = ("horizon", "matured", "positives", "base_rate", "auc", "ap", "ece", "brier", "log_loss")
        rows = tuple(_row(horizon) for horizon in judged)
        yield Table(say("quality"), tuple(say(heading) for heading in headings), rows)
    for horizon in figures.horizons:
        if horizon.quality is None:
            yield TooLittle(_too_little(horizon))
    for horizon in figures.horizons:
        yield from (Note(text) for text in _maturity(figures, horizon))
    if judged:
        yield Note(say("quality_note"))
        for key, draw in (("precision_recall", charts.precision_recall), ("reliability", charts.reliability)):
            yield Heading(say(key), say(f"{key}_shows"))
            yield Chart(f"{key.replace('_', '-')}-chart", say(f"{key}_shows"), partial(draw, judged))


def _row(horizon: HorizonFigures) -> tuple[Text, ...]:
    """Put the figures of one horizon in a row."""
    quality = horizon.quality
    if quality is None:
        return ()
    return (
        say("horizon_days", days=horizon.days),
        plain(f"{horizon.matured:,}"),
        plain(f"{horizon.complaints:,}"),
        plain(f"{quality.base_rate:.2%}"),
        plain(f"{quality.auc:.3f}"),
        plain(f"{quality.average_precision:.3f}"),
        plain(f"{quality.ece:.4f}"),
        plain(f"{quality.brier:.4f}"),
        plain(f"{quality.log_loss:.4f}"),
    )


def _too_little(horizon: HorizonFigures) -> Text:
    """Say what is missing."""
    return say(
        "quality_little",
        days=horizon.days,
        matured=horizon.matured,
        complaints=horizon.complaints,
        least=LEAST_EXAMPLES,
        least_complaints=LEAST_COMPLAINTS,
    )


def _maturity(figures: Figures, horizon: HorizonFigures) -> Iterator[Text]:
    """Say how ripe the labels of one horizon are, and what the curves are drawn from."""
    if not horizon.matured or figures.ended_at is None:
        return
    yield say(
        "maturity",
        days=horizon.days,
        matured=horizon.matured,
        until=f"{figures.ended_at - timedelta(days=horizon.days):%Y-%m-%d}",
        cold=horizon.cold / horizon.matured,
    )
    if figures.predictions:
        share = horizon.matured / figures.predictions
        yield say("maturity_share", predictions=figures.predictions, share=share, days=horizon.days)
    if horizon.kept < horizon.matured:
        yield say("sampled", days=horizon.days, kept=horizon.kept)
