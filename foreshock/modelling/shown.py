"""Snapshots for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.table import Table

from foreshock.modelling.shelf import Kept, Shelf
from models.features import NAMES
from schemas.snapshots import HORIZONS, Contest, Quality, RiskLine, RiskWeights

_HEAVIEST = 10
"""Numeric features of a model that are shown, by weight."""

_NOTHING = "-"


def table_of(shelf: Shelf, params_hash: str) -> Table:
    """Draw all snapshots, oldest first.

    Parameters
    ----------
    shelf
        What is kept.
    params_hash
        Hash of the parameters here; another one is marked with `*`.
    """
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for title, justify in (("no.", "right"), ("data until", "left"), ("examples", "right"), ("complaints", "right")):
        table.add_column(title, justify=justify, no_wrap=True)  # type: ignore[arg-type]  # both words are right
    table.add_column("learners")
    for horizon in HORIZONS:
        table.add_column(f"{horizon} d: n AUC AP ECE", no_wrap=True)
    table.add_column("challenger: AUC 30 d", no_wrap=True)
    for title in ("parameters", "size", "signature"):
        table.add_column(title, no_wrap=True)
    for number, kept in shelf.kept.items():
        table.add_row(str(number), *_cells(kept, params_hash))
    for number, why in shelf.unreadable.items():
        table.add_row(str(number), "cannot be read", *[""] * (len(table.columns) - 3), why)
    return table


def summary_of(kept: Kept, params_hash: str) -> dict[str, Any]:
    """Describe a snapshot in a line for a program."""
    weights = kept.weights
    return {
        "number": weights.number,
        "at": weights.at.isoformat(),
        "examples_seen": weights.examples_seen,
        "positives_seen": weights.positives_seen,
        "learners": [line.name for line in weights.lines],
        "quality": {str(horizon): quality.model_dump() for horizon, quality in weights.quality.items()},
        "contest": {str(horizon): contest.model_dump() for horizon, contest in kept.contest.items()},
        "params_hash": weights.params_hash,
        "params_are_ours": weights.params_hash == params_hash,
        "size_bytes": kept.size_bytes,
        "signature": "ours" if kept.is_authentic else "not ours",
    }


def details_of(kept: Kept, params_hash: str) -> dict[str, Any]:
    """Describe all of a snapshot that a person can read."""
    return {
        **summary_of(kept, params_hash),
        "examples_offset": kept.examples_offset,
        "learned": [learned.model_dump() for learned in kept.learned],
        "models": {line.name: _model(line) for line in kept.weights.lines},
        "text_models": {
            name: {"examples_seen": head.examples_seen, "weights": len(head.hashed.buckets)}
            for name, head in (("mood", kept.weights.text.mood), ("handover", kept.weights.text.handover))
        },
    }


def heaviest(risk: RiskWeights, count: int = _HEAVIEST) -> Iterator[tuple[str, float]]:
    """Yield the numeric features that move scores most on average, with their calibrated log-odds per unit."""
    weighed = zip(NAMES, risk.dense, risk.means, strict=False)  # an earlier version had fewer, the first of them
    ordered = sorted(((abs(weight * mean), name, weight) for name, weight, mean in weighed if weight), reverse=True)
    for _, name, weight in ordered[:count]:
        yield name, round(risk.slope * weight, 4)


def _cells(kept: Kept, params_hash: str) -> Iterator[str]:
    """Write the cells of a row, after the number."""
    weights = kept.weights
    yield f"{weights.at:%Y-%m-%d %H:%M}"
    yield f"{weights.examples_seen:,}"
    yield f"{weights.positives_seen:,}"
    yield " + ".join(line.name for line in weights.lines)
    for horizon in HORIZONS:
        yield _in_figures(weights.quality.get(horizon))
    yield _contested(kept.contest.get(30))
    yield weights.params_hash + ("" if weights.params_hash == params_hash else " *")
    yield f"{kept.size_bytes / 1024:,.0f} KiB"
    yield "ours" if kept.is_authentic else "NOT OURS"


def _in_figures(quality: Quality | None) -> str:
    """Write what is known of the quality of one horizon."""
    if quality is None:
        return _NOTHING
    figures = (quality.auc, quality.average_precision, quality.ece)
    return f"{quality.matured:,} " + " ".join(_NOTHING if value is None else f"{value:.3f}" for value in figures)


def _contested(contest: Contest | None) -> str:
    """Write how much a challenger is better, with the 90 % interval."""
    if contest is None or contest.auc is None:
        return _NOTHING
    return f"{contest.auc.difference:+.3f} ({contest.auc.low:+.3f} to {contest.auc.high:+.3f})"


def _model(line: RiskLine) -> dict[str, Any]:
    """Describe both horizons of a line."""
    return {
        f"{horizon}d": _weights(risk) for horizon, risk in zip(HORIZONS, (line.risk_7d, line.risk_30d), strict=True)
    }


def _weights(risk: RiskWeights) -> dict[str, Any]:
    """Describe a frozen model by what matters most in it."""
    return {
        "intercept": risk.intercept,
        "slope": risk.slope,
        "offset": risk.offset,
        "heaviest": dict(heaviest(risk)),
        "hashed_weights": len(risk.hashed.buckets),
    }
