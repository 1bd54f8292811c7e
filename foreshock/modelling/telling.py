"""What a training came to, for the person who decides whether to start from it."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from foreshock.modelling.shown import heaviest
from foreshock.modelling.training import Training
from models.features import MEANINGS
from schemas.snapshots import HORIZONS, ModelWeights, Quality

FEW_COMPLAINTS = 300
"""Below, the area under the ROC curve is known to no better than about .03 either way (Hanley and McNeil, 1982)."""

_FEATURES_SHOWN = 8


def report_of(training: Training, weights: ModelWeights) -> RenderableType:
    """Draw the report of a finished training.

    Parameters
    ----------
    training
        What was counted.
    weights
        What was learned.
    """
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column()
    for title, told in _rows(training, weights):
        grid.add_row(title, told)
    return Group(grid, *(Text(f"warning: {told}", style="yellow") for told in warnings_of(training, weights)))


def warnings_of(training: Training, weights: ModelWeights) -> Iterator[str]:
    """Say what speaks against starting from this model, and what would help."""
    summary, cold = training.summary, training.params.policy.cold_positives
    if weights.positives_seen < cold:
        yield (
            f"a complaint followed only {weights.positives_seen:,} predictions; below {cold:,} (policy.cold_positives) "
            "the model opens no alert by itself and the rules carry them: give a longer history, or start cold"
        )
    elif weights.positives_seen < FEW_COMPLAINTS:
        yield (
            f"a complaint followed only {weights.positives_seen:,} predictions: the quality above is uncertain by some "
            f"hundredths; a history with {FEW_COMPLAINTS:,} or more would tell"
        )
    if not summary.facts["matured 30 d"]:
        yield "no 30-day label has matured: the history must be longer than 30 days after its first contacts"
    if summary.dead_letters:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in summary.dead_letters.most_common())
        yield f"some events were left out: {reasons}"


def _rows(training: Training, weights: ModelWeights) -> Iterator[tuple[str, str]]:
    """Yield the figures by what they are about."""
    summary = training.summary
    facts = summary.facts
    kinds = " · ".join(f"{kind} {count:,}" for kind, count in sorted(summary.events.items()))
    yield "events", f"{kinds} · of {training.customers:,} customers, until {weights.at:%Y-%m-%d %H:%M} UTC"
    yield "predictions", f"{weights.examples_seen:,} kept as examples · {facts['rated comments']:,} rated comments"
    told = f"{summary.events['complaint']:,} in the history; one followed {weights.positives_seen:,} of the predictions"
    yield "complaints", told
    for horizon in HORIZONS:
        quality = weights.quality.get(horizon)
        yield f"{horizon} days", _labels(training, horizon) + (f" · {_in_words(quality)}" if quality else "")
    if not weights.quality and 0 < facts["complaints 30 d"] < facts["matured 30 d"]:
        yield "quality", f"AUC 30 d {summary.auc.get():.3f} · log loss 30 d {summary.log_loss.get():.4f}"
    line = weights.lines[0]
    for number, (name, weight) in enumerate(heaviest(line.risk_30d, _FEATURES_SHOWN)):
        title = f"{line.name} weighs" if number == 0 else ""
        yield title, f"odds x {exp(weight):.2f} per unit of {name}: {MEANINGS[name]}"


def _labels(training: Training, horizon: int) -> str:
    """Count the labels of a horizon."""
    facts = training.summary.facts
    return (
        f"{facts[f'matured {horizon} d']:,} labels matured, {facts[f'complaints {horizon} d']:,} of them complaints · "
        f"{facts[f'censored {horizon} d']:,} censored · {facts[f'corrected {horizon} d']:,} corrected"
    )


def _in_words(quality: Quality) -> str:
    """Write the figures that are known."""
    figures = {"AUC": quality.auc, "AP": quality.average_precision, "ECE": quality.ece}
    return (
        " · ".join(f"{name} {value:.3f}" for name, value in figures.items() if value is not None) or "too few to judge"
    )
