"""Simulated insurers, whose truth is known: which complaints are announced in time, and what that costs in calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from bench.quality.bootstrap import Estimate, Judged, estimate
from bench.quality.figures import Better, Figure, Run, cost
from bench.quality.metrics import Metric, auc, average_precision, calibration_error, share
from bench.quality.running import Learning
from bench.quality.simulated import CUSTOMERS, DAYS, LONG, SEEDS, SHORT, START_AT, Told, told
from foreshock.simulate.judgement import Judgement, judge
from models.params import Params, PolicyParams

_SINCE = START_AT + timedelta(days=60)
"""The first third is for learning from nothing, and for the threshold to settle; the rest is judged."""
_UNTIL = START_AT + timedelta(days=DAYS)
_MONTH = timedelta(days=30)
_RANKING: tuple[tuple[str, Metric, float | None, Better], ...] = (
    ("ECE", calibration_error(10), 0.05, "lower"),
    ("AUC", auc, None, "higher"),
    ("AP", average_precision, None, "higher"),
)


def measure(run: Run) -> list[Figure]:
    """Live through each insurer three times: from nothing, after the history of another insurer, by rules alone."""
    alone = Params(policy=PolicyParams(model=False))
    learnings = {seed: Learning(Params()) for seed in SEEDS}
    cold = [told(seed, learning, f"simulator, seed {seed}, cold") for seed, learning in learnings.items()]
    # The history of the next insurer: never of the one that is judged.
    histories = [learnings[SEEDS[(place + 1) % len(SEEDS)]].started_again() for place in range(len(SEEDS))]
    whole = [
        told(seed, history, f"simulator, seed {seed}, warm") for seed, history in zip(SEEDS, histories, strict=True)
    ]
    rules = [told(seed, Learning(alone), f"simulator, seed {seed}, rules alone") for seed in SEEDS]
    ripe = {horizon: [one.judged(_SINCE, _UNTIL - horizon, horizon) for one in whole] for horizon in (SHORT, LONG)}
    us = cost([one.clock for one in whole])
    return [
        *_figures("simulator, cold", cold, rules),
        *_figures("simulator", whole, rules),
        *_figures("simulator, rules alone", rules, None),
        *(
            Figure("simulator", f"{what}, {horizon.days} days", estimate(metric, parts), target, None, better, us)
            for horizon, parts in ripe.items()
            for what, metric, target, better in _RANKING
        ),
    ]


def _figures(row: str, runs: Sequence[Told], beside: Sequence[Told] | None) -> Iterator[Figure]:
    """Judge the warnings, with what the rules alone reach as the reference."""
    us = cost([one.clock for one in runs])
    figure = partial(Figure, row, microseconds_per_event=us)
    targets = (0.7, 24.0, 0.05) if beside else (None, None, None)
    for (what, better, found), (_, _, other), target in zip(
        _judged(runs), _judged(beside or runs), targets, strict=True
    ):
        reference = other.value if beside and other else None
        yield figure(what=what, found=found, target=target, reference=reference, better=better)


def _judged(runs: Sequence[Told]) -> Iterator[tuple[str, Better, Estimate | None]]:
    """Measure what warnings were worth and how many they were."""
    judgements = [judge(one.truth, one.warnings, customers=CUSTOMERS, since=_SINCE, until=_UNTIL) for one in runs]
    yield "complaints alerted >= 2 h ahead", "higher", estimate(share, map(_foreseen, judgements))
    yield "median lead, hours", "higher", _over_seeds([each.median_lead_hours for each in judgements])
    windows = [_alerted(one, begin) for one in runs for begin in _windows()]
    yield "customers alerted per 30 days", "lower", estimate(share, windows)


def _foreseen(judgement: Judgement) -> Judged:
    """Make one entry per complaint: whether it was foreseen."""
    judged = Judged()
    hits = round((judgement.foreseen_share or 0.0) * judgement.complaints)
    for number in range(judgement.complaints):
        judged.add(number < hits, True, str(number))
    return judged


def _windows() -> Iterator[datetime]:
    """Yield the beginnings of the months that are judged."""
    begin = _SINCE
    while begin + _MONTH <= _UNTIL:
        yield begin
        begin += _MONTH


def _alerted(one: Told, begin: datetime) -> Judged:
    """Make one entry per customer: whether somebody was asked to call them in a month."""
    called = {customer for customer, at in one.warnings if begin <= at < begin + _MONTH}
    judged = Judged()
    for number in range(CUSTOMERS):
        judged.add(number < len(called), False, str(number))
    return judged


def _over_seeds(values: Sequence[float | None]) -> Estimate | None:
    """Average over worlds; their range stands for an interval, as a median has no parts to draw again."""
    found = [value for value in values if value is not None]
    return Estimate(sum(found) / len(found), min(found), max(found), len(found), len(found)) if found else None
