"""Simulated insurers, whose truth is known: which complaints are announced in time, and what that costs in calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from bench.quality.bootstrap import Estimate, Judged, estimate
from bench.quality.figures import Better, Figure, Run, cost
from bench.quality.metrics import Metric, auc, average_precision, calibration_error, share
from bench.quality.running import Learning
from bench.quality.simulated import (
    DAYS,
    FEW_CUSTOMERS,
    LONG,
    SEEDS,
    SETTLED_DAY,
    SHORT,
    START_AT,
    Told,
    told,
    told_warm,
)
from foreshock.simulate.judgement import Judgement, judge
from models.parameters.policy import PolicyParams
from models.params import Params

_COLD_SINCE = START_AT + timedelta(days=60)
"""The first third is for learning from nothing, and for the threshold to settle; the rest is judged."""
_WARM_SINCE = START_AT + timedelta(days=SETTLED_DAY)
_UNTIL = START_AT + timedelta(days=DAYS)
_MONTH = timedelta(days=30)
_RANKING: tuple[tuple[str, Metric, float | None, Better], ...] = (
    ("ECE", calibration_error(10), 0.05, "lower"),
    ("AUC", auc, None, "higher"),
    ("AP", average_precision, None, "higher"),
)


def measure(run: Run) -> list[Figure]:
    """Live through insurers after the history of another one; through smaller ones from nothing, and by rules alone."""
    return [*_from_nothing(), *warm_figures([told_warm(seed) for seed in SEEDS])]


def warm_figures(whole: Sequence[Told]) -> list[Figure]:
    """Judge what was said by a product that had learned from the history of another insurer."""
    ripe = {horizon: [one.judged(_WARM_SINCE, _UNTIL - horizon, horizon) for one in whole] for horizon in (SHORT, LONG)}
    us = cost([one.clock for one in whole])
    return [
        *_figures("simulator", whole, _WARM_SINCE),
        *(
            Figure("simulator", f"{what}, {horizon.days} days", estimate(metric, parts), target, None, better, us)
            for horizon, parts in ripe.items()
            for what, metric, target, better in _RANKING
        ),
    ]


def _from_nothing() -> Iterator[Figure]:
    """Judge smaller insurers, at which the product learns from nothing or the rules are alone."""
    alone = Params(policy=PolicyParams(model=False))
    cold, rules = (
        [told(seed, Learning(params), f"simulator, seed {seed}, {name}", FEW_CUSTOMERS) for seed in SEEDS]
        for name, params in (("cold", Params()), ("rules alone", alone))
    )
    yield from _figures("simulator, cold", cold, _COLD_SINCE, rules)
    yield from _figures("simulator, rules alone", rules, _COLD_SINCE, is_asked=False)


def _figures(
    row: str, runs: Sequence[Told], since: datetime, beside: Sequence[Told] | None = None, *, is_asked: bool = True
) -> Iterator[Figure]:
    """Judge the warnings, with what the rules alone reach as the reference."""
    us = cost([one.clock for one in runs])
    figure = partial(Figure, row, microseconds_per_event=us)
    targets = (0.7, 24.0, 0.05) if is_asked else (None, None, None)
    for (what, better, found), (_, _, other), target in zip(
        _judged(runs, since), _judged(beside or runs, since), targets, strict=True
    ):
        reference = other.value if beside and other else None
        yield figure(what=what, found=found, target=target, reference=reference, better=better)


def _judged(runs: Sequence[Told], since: datetime) -> Iterator[tuple[str, Better, Estimate | None]]:
    """Measure what warnings were worth and how many they were."""
    judgements = [judge(one.truth, one.warnings, customers=one.customers, since=since, until=_UNTIL) for one in runs]
    yield "complaints alerted >= 2 h ahead", "higher", estimate(share, map(_foreseen, judgements))
    yield "median lead, hours", "higher", _over_seeds([each.median_lead_hours for each in judgements])
    windows = [_alerted(one, begin) for one in runs for begin in _windows(since)]
    yield "customers alerted per 30 days", "lower", estimate(share, windows)


def _foreseen(judgement: Judgement) -> Judged:
    """Make one entry per complaint: whether it was foreseen."""
    judged = Judged()
    hits = round((judgement.foreseen_share or 0.0) * judgement.complaints)
    for number in range(judgement.complaints):
        judged.add(number < hits, True, str(number))
    return judged


def _windows(begin: datetime) -> Iterator[datetime]:
    """Yield the beginnings of the months that are judged."""
    while begin + _MONTH <= _UNTIL:
        yield begin
        begin += _MONTH


def _alerted(one: Told, begin: datetime) -> Judged:
    """Make one entry per customer: whether somebody was asked to call them in a month."""
    called = {customer for customer, at in one.warnings if begin <= at < begin + _MONTH}
    judged = Judged()
    for number in range(one.customers):
        judged.add(number < len(called), False, str(number))
    return judged


def _over_seeds(values: Sequence[float | None]) -> Estimate | None:
    """Average over worlds; their range stands for an interval, as a median has no parts to draw again."""
    found = [value for value in values if value is not None]
    return Estimate(sum(found) / len(found), min(found), max(found), len(found), len(found)) if found else None
